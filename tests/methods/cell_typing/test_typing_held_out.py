"""Labels against the baseline on counts that neither has seen: hand-worked, planted, and fair."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.methods.cell_typing import CellTypingParams, HeldOut, held_out
from spotscope.methods.cell_typing._held_out import _halves, _neighbourhood, _sum_up, gains
from spotscope.model import run


def pure_world():
    """Two spots of one cell each, two types that share no gene.

    spot 0, type 0: 100 counts of gene 0;   spot 1, type 1: 100 counts of gene 1.
    """
    counts = sp.csr_matrix(np.array([[100, 0], [0, 100]], np.int32))
    return np.arange(2, dtype=np.int32), np.eye(2), counts


def test_right_labels_of_a_pure_world_tell_almost_a_bit_a_count():
    owner, profiles, counts = pure_world()
    told = gains(np.array([0, 1]), owner, profiles, counts, counts)
    # p = 0.98 + 0.02 / 2 of a half: log2(0.99 / 0.5) bits for each of 100 counts
    np.testing.assert_allclose(told, 100 * np.log2(0.99 / 0.5), rtol=2e-3)


def test_swapped_labels_tell_less_than_none():
    owner, profiles, counts = pure_world()
    told = gains(np.array([1, 0]), owner, profiles, counts, counts)
    np.testing.assert_allclose(told, 100 * np.log2(0.01 / 0.5), rtol=2e-2)


def test_a_spot_without_labelled_cells_is_not_judged():
    owner, profiles, counts = pure_world()
    told = gains(np.array([0, -1]), owner, profiles, counts, counts)
    assert np.isfinite(told).tolist() == [True, False]


def test_the_rna_of_a_cell_is_fitted_and_not_held_against_the_labels():
    """Cells of type 1 have ten times the RNA: right labels are still better than equal shares."""
    rng = np.random.default_rng(0)
    profiles = rng.dirichlet(np.ones(40), 2)
    mix = np.array([[9, 1], [5, 5], [1, 9], [7, 3], [3, 7], [2, 8]])
    mean = (mix * [1.0, 10.0]) @ profiles
    seen, unseen = (sp.csr_matrix(rng.poisson(200 * mean).astype(np.int32)) for _ in "ab")
    owner = np.repeat(np.arange(6, dtype=np.int32), 10)
    right = np.concatenate([np.repeat([0, 1], n) for n in mix])
    by_counts = np.round(mix * [1.0, 10.0] / (mix @ [1.0, 10.0])[:, None] * 10).astype(int)
    rounded = np.concatenate([np.repeat([0, 1], n) for n in by_counts])
    told = [gains(codes, owner, profiles, seen, unseen).sum() for codes in (right, rounded)]
    assert told[0] > told[1]


def test_halves_sum_to_the_counts_and_are_alike(tissue):
    first, second = _halves(tissue.spots, np.random.default_rng(0))
    assert ((first + second) != tissue.spots.counts).nnz == 0
    assert first.sum() == pytest.approx(second.sum(), rel=0.05)


def test_the_error_is_that_of_a_ratio_over_spots():
    rng = np.random.default_rng(0)
    counts = rng.integers(500, 1500, 200).astype(float)
    plain = np.zeros(200)
    labels = counts * rng.normal(0.01, 0.05, 200)
    summed = _sum_up(labels, plain, counts)
    again = [
        1000 * labels[pick].sum() / counts[pick].sum() for pick in rng.integers(0, 200, (2000, 200))
    ]
    assert summed.labels - summed.baseline == pytest.approx(1000 * labels.sum() / counts.sum())
    assert summed.error == pytest.approx(np.std(again), rel=0.1)


def test_good_labels_tell_more_than_blurred_ones(tissue):
    world = tissue.spots, tissue.reference, tissue.membership, tissue.yx_um, CellTypingParams()
    sharp = run(held_out(*world, nu=2.0, rng=0))
    blurred = run(held_out(*world, nu=1000.0, rng=0))
    assert sharp.baseline == blurred.baseline > 0
    assert sharp.labels > blurred.labels + 3 * blurred.error


def test_a_large_section_is_judged_by_its_middle(tissue, monkeypatch):
    from spotscope.methods.cell_typing import _held_out

    monkeypatch.setattr(_held_out, "_CELLS", 30)
    spots, membership, yx_um = _neighbourhood(tissue.spots, tissue.membership, tissue.yx_um)
    assert membership.cells_per_spot.sum() <= 30
    assert membership.overlap.shape == (spots.n, len(yx_um)) == (spots.n, len(membership.owner))
    for spot in range(spots.n):
        name = spots.table.obs_names[spot]
        before = tissue.spots.table.obs_names.get_loc(name)
        theirs = tissue.yx_um[tissue.membership.owner == before]
        np.testing.assert_array_equal(yx_um[membership.owner == spot], theirs)


@pytest.mark.parametrize(
    ("labels", "words"),
    [(52.0, "2.0 ± 0.5 more"), (50.5, "no difference"), (47.0, "3.0 ± 0.5 less than the baseline")],
)
def test_the_sentence_says_who_wins(labels, words):
    assert words in HeldOut(labels, 50.0, 0.5, 10).sentence
