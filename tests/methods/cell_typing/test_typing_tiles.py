"""Tiles: what they cover, that one tile is the whole, and that it is no matter where they run."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import dask
import numpy as np
import pytest

from spotscope.methods.cell_typing import CellTypingParams, Tiling, fit, fit_tiled
from spotscope.methods.cell_typing._tiles import cut_tiles, evenly
from spotscope.model import run

#: Two rows of four spots, 10 µm apart.
ROWS = np.array([[y, x] for y in (0.0, 10.0) for x in (0.0, 10.0, 20.0, 30.0)])


def test_tiles_by_hand():
    left, right = cut_tiles(ROWS, 4, 10.0)
    assert left.spots[left.heart].tolist() == [0, 1, 4, 5]
    assert left.spots.tolist() == [0, 1, 2, 4, 5, 6]  # x = 20 is 10 away, x = 30 is not
    assert right.spots[right.heart].tolist() == [2, 3, 6, 7]
    assert evenly([left, right], 4).tolist() == [0, 1, 4, 5]
    assert evenly([left, right], 8).tolist() == list(range(8))


def test_every_spot_is_in_one_heart_and_halos_reach_far_enough():
    yx = np.random.default_rng(0).uniform(0, 1000, (500, 2)) * [1.0, 0.3]
    tiles = cut_tiles(yx, 60, 40.0)
    hearts = np.concatenate([tile.spots[tile.heart] for tile in tiles])
    assert sorted(hearts) == list(range(500))
    for tile in tiles:
        heart = yx[tile.spots[tile.heart]]
        assert len(heart) <= 60
        away = np.linalg.norm(yx[:, None] - heart[None], axis=2).min(axis=1)
        assert set(np.flatnonzero(away <= 40.0)) <= set(tile.spots)


@pytest.mark.parametrize("side", [3, 7, 30])
def test_corners_of_a_lattice_are_in_their_tile_without_a_halo(side):
    yx = 16.0 * np.stack(np.divmod(np.arange(side * side), side), axis=1)
    (tile,) = cut_tiles(yx, side * side, 0.0)
    assert tile.heart.all()
    assert tile.spots.tolist() == list(range(side * side))


def inputs(tissue):
    """The tissue without its cells between spots, which tiles do not type."""
    inside = tissue.membership.owner >= 0
    assert inside[: inside.sum()].all()
    n = int(inside.sum())
    members = type(tissue.membership)(tissue.membership.overlap[:, :n], tissue.membership.owner[:n])
    return tissue.spots, tissue.reference, members, tissue.yx_um[:n]


def tiled(tissue, spots, executor, **params):
    chosen = CellTypingParams(**params)
    return run(fit_tiled(*inputs(tissue), chosen, Tiling(spots=spots), executor, rng=0))


@pytest.mark.parametrize("evidence", ["moments", "counts"])
def test_one_tile_is_the_whole_section(tissue, evidence):
    params = CellTypingParams(evidence=evidence)
    fitted = run(fit(*inputs(tissue), params, rng=0))
    whole = fitted.solve(fitted.auto_nu)
    with ThreadPoolExecutor(1) as pool:
        found = tiled(tissue, 1000, pool, evidence=evidence)
    assert found.nu == whole.nu
    assert found.codes.tolist() == whole.codes.tolist()
    assert found.source.tolist() == whole.source.tolist()
    for name in ("margin", "support", "weights", "proportions", "misfit"):
        assert np.allclose(getattr(found, name), getattr(whole, name), atol=1e-5), name
    assert found.energy == pytest.approx(whole.energy)
    assert found.share_flipped == pytest.approx(whole.share_flipped)


def test_many_tiles_say_nearly_the_same(tissue):
    params = CellTypingParams(evidence="moments")
    fitted = run(fit(*inputs(tissue), params, rng=0))
    whole = fitted.solve(1.0)
    with ThreadPoolExecutor(1) as pool:
        found = tiled(tissue, 30, pool, evidence="moments", nu=1.0)
    assert (found.codes == whole.codes).mean() > 0.95
    assert (found.codes >= 0).all()
    assert "in 4 tiles" in found.notes[-1]


def test_it_is_no_matter_how_many_tiles_run_at_once(tissue):
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(3) as three:
        alone, abreast = (tiled(tissue, 30, pool, evidence="moments") for pool in (one, three))
    assert alone.codes.tolist() == abreast.codes.tolist()
    assert np.array_equal(alone.support, abreast.support)


def test_stopping_leaves_no_tile_waiting(tissue):
    class Held(ThreadPoolExecutor):
        jobs: list = []  # noqa: RUF012

        def submit(self, *args, **rest):
            self.jobs.append(super().submit(*args, **rest))
            return self.jobs[-1]

    with Held(1) as pool:
        task = fit_tiled(*inputs(tissue), CellTypingParams(nu=1.0), Tiling(spots=30), pool, rng=0)
        for progress in task:
            if progress.stage == "typing tiles" and progress.done == 1:
                break
        task.close()
    assert len(pool.jobs) == 4
    assert any(job.cancelled() for job in pool.jobs)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # distributed's own, on shutting a cluster down
def test_a_cluster_gives_the_same_labels(tissue):
    distributed = pytest.importorskip("distributed")
    with ThreadPoolExecutor(1) as pool:
        here = tiled(tissue, 30, pool, evidence="moments")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    )
    with (
        dask.config.set(scheduler="threads"),
        cluster,
        distributed.Client(cluster.scheduler_address, set_as_default=False) as client,
        client.get_executor() as executor,
    ):
        afar = tiled(tissue, 30, executor, evidence="moments")
    assert afar.codes.tolist() == here.codes.tolist()
    assert np.array_equal(afar.support, here.support)
    assert np.array_equal(afar.proportions, here.proportions)


def test_what_was_learned_can_be_sent(tissue):
    from spotscope.methods.cell_typing._tile import Learned

    fitted = run(fit(*inputs(tissue), CellTypingParams(nu=1.0), rng=0))
    sent = pickle.loads(pickle.dumps(Learned.of(fitted, 1.0)))
    assert sent.genes == fitted.state.genes
    assert len(pickle.dumps(sent)) < 2**20  # nothing of its spots
