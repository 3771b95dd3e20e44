"""The ν that counts held back ask for."""

import dataclasses

import numpy as np
import pytest
import scipy.sparse as sp
from typing_toys import membership_of

from spotscope.methods.cell_typing import CellTypingParams, fit
from spotscope.methods.cell_typing._icm import evidence_only, spot_energies
from spotscope.methods.cell_typing._likelihood import floors
from spotscope.methods.cell_typing._nu import choose_nu, neighbourhood, within_one_error
from spotscope.methods.cell_typing._state import (
    argmax_start,
    build_field,
    candidates_of,
    rounded_start,
)
from spotscope.methods.cell_typing._tosses import heads
from spotscope.model import Reference, Spots, run


def test_the_smoothest_within_one_error_is_taken():
    """Best is row 1; row 2 is worse by less than its error, row 3 by far more."""
    best = np.zeros(100)
    wavering = np.where(np.arange(100) % 2 == 0, 1.0, -0.9)
    scores = np.stack([best + 0.5, best, best + wavering, best + 3.0])
    assert within_one_error(scores) == 2
    assert within_one_error(scores[:2]) == 1


def turned(tissue, turn=((0.0, 1.0), (-1.0, 0.0))):
    """Spots, genes and the reference in another order, moved by a millimetre, a quarter round."""
    rng, turn = np.random.default_rng(3), np.asarray(turn)
    rows, genes = rng.permutation(tissue.spots.n), rng.permutation(tissue.spots.table.n_vars)
    spots = Spots(
        tissue.spots.table[rows, genes].copy(),
        tissue.spots.yx_um[rows] @ turn + 1000,
        tissue.spots.lattice,
    )
    cells, theirs = (rng.permutation(n) for n in tissue.reference.table.shape)
    reference = Reference.from_table(tissue.reference.table[cells, theirs].copy())
    renamed = np.argsort(rows)
    owner = np.where(tissue.membership.owner < 0, -1, renamed[tissue.membership.owner])
    return dataclasses.replace(
        tissue,
        spots=spots,
        reference=reference,
        membership=membership_of(owner, spots.n),
        yx_um=tissue.yx_um @ turn + 1000,
    )


@pytest.mark.parametrize("evidence", ["counts", "moments"])
def test_nothing_hangs_on_an_order_or_on_the_frame(tissue, evidence):
    params = CellTypingParams(evidence=evidence)
    found = [
        run(fit(one.spots, one.reference, one.membership, one.yx_um, params, rng=0))
        for one in (tissue, turned(tissue))
    ]
    assert found[1].auto_nu == found[0].auto_nu
    assert found[1].nu_scores == pytest.approx(found[0].nu_scores, rel=1e-9)
    assert (found[1].state.owner != found[0].state.owner).any()
    for nu in (0.0, 0.5, 4.0):
        one, other = (fitted.solve(nu) for fitted in found)
        assert np.array_equal(other.codes, one.codes)
        assert other.support == pytest.approx(one.support, abs=1e-6)
    searched = [
        run(fitted.under(params.model_copy(update={"search": "long"})).settle(2.0))
        for fitted in found
    ]
    assert np.array_equal(searched[0].codes, searched[1].codes)
    kept = [
        neighbourhood(one.state, two.spots.yx_um, 200)
        for one, two in zip(found, (tissue, turned(tissue)), strict=True)
    ]
    assert 0 < len(kept[0].weights) < tissue.spots.n
    assert np.array_equal(kept[0].mixtures.umis, kept[1].mixtures.umis)  # in one order


def test_each_half_is_judged_by_the_labels_of_the_other(fitted, tissue):
    """At ν = 0, where each spot's likeliest types stand by themselves, worked out here."""
    state = neighbourhood(fitted.state, tissue.spots.yx_um, 10_000)
    candidates = candidates_of(state)
    starts = [rounded_start(state, candidates), argmax_start(state, candidates)]
    counts, scores = state.mixtures.counts, []
    for seed in np.random.default_rng(5).integers(2**64, size=4, dtype=np.uint64):
        half = heads(counts, state.genes, seed)
        fields = []
        for data in (half, counts.data - half):
            seen = sp.csr_matrix((data, counts.indices, counts.indptr), counts.shape)
            umis = state.mixtures.umis / 2
            mixtures = dataclasses.replace(
                state.mixtures, counts=seen, umis=umis, floor=floors(umis)
            )
            fields.append(build_field(dataclasses.replace(state, mixtures=mixtures), candidates))
        for learn, judge in (fields, fields[::-1]):
            scores.append(spot_energies(judge, evidence_only(learn, starts)).mean())
    _, grid, found = run(choose_nu(fitted.state, tissue.spots.yx_um, rng=5))
    assert grid[0] == 0
    assert np.ptp(scores) > 0.1
    assert found[0] == pytest.approx(np.mean(scores))


def test_spots_equally_far_from_the_middle_are_looked_at_together_or_not(fitted, tissue):
    """Of the 10 × 10 lattice four lie nearest to the middle, then eight, then four, then eight."""
    state, places = fitted.state, tissue.spots.yx_um
    busy = state.n_cells
    away = np.rint(np.linalg.norm(places - np.median(places, axis=0), axis=1))
    shells = [away == far for far in np.unique(away)[:3]]
    assert [shell.sum() for shell in shells] == [4, 8, 4]
    inner, two = busy[shells[0]].sum(), busy[shells[0] | shells[1]].sum()
    assert len(neighbourhood(state, places, two).weights) == 12
    assert len(neighbourhood(state, places, two - 1).weights) == 4
    assert len(neighbourhood(state, places, inner - 1).weights) == 4  # not none
    assert len(neighbourhood(state, places, busy.sum()).owner) == busy.sum()
