"""The benchmark of expression's speed, on a small drawn section."""

from __future__ import annotations

import re

import numpy as np

from spotscope.model import Membership, run
from spotscope.pipeline.bench._expression_speed import SpeedSizes, bench_expression_speed
from spotscope.pipeline.bench._expression_world import CellMaker, draw_reference, draw_section


def test_four_in_five_nuclei_lie_whole_in_the_spots_that_count_them():
    maker = CellMaker(3, 40)
    section = draw_section(maker, 200, 4, 0)
    spots, cells = section.sample.spots, section.cells
    found = Membership.from_discs(section.nuclei, spots)
    names = np.append(spots.table.obs_names.to_numpy(str), "")[found.owner]
    assert (names == cells.table.obs["spot_id"].astype(str)).all()
    assert (found.owner >= 0).sum() == 160
    whole = found.overlap.sum(axis=0)
    assert np.allclose(np.asarray(whole).ravel()[:160], 1)
    empty = found.cells_per_spot == 0
    assert spots.counts[np.flatnonzero(empty)].sum() == 0
    assert spots.counts[np.flatnonzero(~empty)].getnnz(axis=1).min() > 0


def test_cells_of_a_type_are_of_its_profile_and_differ_together():
    maker = CellMaker(2, 60)
    reference = draw_reference(maker, 3000, 0)
    counts = reference.table.X.toarray().astype(float)
    shares = counts / counts.sum(axis=1, keepdims=True)
    for k in range(2):
        own = shares[reference.codes == k].mean(axis=0)
        assert np.corrcoef(own, maker.profiles[k])[0, 1] > 0.8
    high = np.argsort(-counts.mean(axis=0))[:20]
    logged = np.log1p(counts[reference.codes == 0][:, high])
    found = np.corrcoef(logged.T) - np.eye(20)
    assert np.abs(found).max() > 0.2


def test_every_tier_is_timed_beside_its_floor():
    sizes = SpeedSizes(300, 50, 3, 60, 4, 3, 1, 10)
    said = run(bench_expression_speed(("split", "gaussian"), sizes))
    learned, asked = said.split("60 nuclei")
    assert "300 reference cells × 50 genes × 3 types" in learned
    assert re.search(r"takes \d+ ms more: all spots are compared", asked)
    rows = [re.split(r"\s*\|\s*", row.strip("| ")) for row in asked.splitlines() if "|" in row][2:]
    by_name = {row[0]: row[1:] for row in rows}
    assert set(by_name) == {
        "split",
        "gaussian",
        "floor: y μ / Σ μ, one spot at a time",
        "floor: algebra over all nuclei, one spot at a time",
    }
    for tier in ("split", "gaussian"):
        first, settled, _ = (float(text) for text in by_name[tier][:3])
        assert 0 < first <= settled
