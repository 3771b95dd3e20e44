"""Labels against the baseline on the section built again: hand-worked, planted, and fair."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from typing_toys import make_tissue

from spotscope.methods.cell_typing import (
    AgainstBaseline,
    CellTypingParams,
    against_baseline,
    baseline,
    fit,
    predict,
)
from spotscope.methods.cell_typing._against_baseline import (
    _draw,
    _judge,
    _neighbourhood,
    _on_platform,
    _parted,
)
from spotscope.methods.cell_typing._genes import share_genes
from spotscope.model import MethodError, run

PARAMS = CellTypingParams()


def test_shares_are_judged_by_hand():
    """Spot 0: cells a, a of true a, b; spot 1: right. Off by ½ in both of two types, and by 0."""
    owner = np.array([0, 0, 1, 1, -1], np.int32)
    truth = np.array([0, 1, 1, 1, -1])
    told = _judge(truth, np.array([0, 0, 1, 1, 0]), truth, owner, 2)
    assert told.labels == pytest.approx(np.sqrt((0.25 + 0.0) / 2))
    assert told.baseline == 0
    assert told.spots == 2


def test_a_cell_without_truth_is_not_judged():
    owner = np.array([0, 0, 3], np.int32)
    truth = np.array([0, -1, 1])
    told = _judge(truth, np.array([0, 1, 1]), np.array([1, 1, 1]), owner, 2)
    assert (told.labels, told.baseline, told.spots) == (0, pytest.approx(np.sqrt(0.5)), 2)


def test_the_error_is_that_of_a_difference_over_spots():
    rng = np.random.default_rng(0)
    owner = np.repeat(np.arange(300, dtype=np.int32), 6)
    truth = rng.integers(0, 3, len(owner))
    codes, rounded = (
        np.where(rng.uniform(size=len(owner)) < wrong, rng.integers(0, 3, len(owner)), truth)
        for wrong in (0.2, 0.3)
    )
    told = _judge(truth, codes, rounded, owner, 3)
    cells = np.arange(len(owner)).reshape(300, 6)
    again = []
    for _ in range(400):
        rows = cells[rng.integers(0, 300, 300)].ravel()
        one = _judge(truth[rows], codes[rows], rounded[rows], owner, 3)
        again.append(one.labels - one.baseline)
    assert told.error == pytest.approx(np.std(again), rel=0.15)
    assert not told.loses


def test_cells_are_drawn_as_the_shares_say_out_of_those_held_back(tissue):
    genes = share_genes(tissue.spots, tissue.reference)
    learned, held = _parted(tissue.reference, np.random.default_rng(0))
    assert not np.isin(np.concatenate(held), learned).any()
    wanted = np.zeros((tissue.spots.n, tissue.reference.n_types))
    wanted[:, 1] = 3.0  # a share need not sum to 1
    wanted[0] = 0.0
    truth, drawn = _draw(
        wanted, tissue.membership, tissue.reference, genes, held, np.random.default_rng(1)
    )
    owner = tissue.membership.owner
    assert set(truth[owner > 0].tolist()) == {1}
    assert (truth[owner <= 0] == -1).all()
    assert drawn[0].sum() == 0
    totals = tissue.reference.table.X[held[1]].sum(axis=1).A1
    n_cells = np.bincount(owner[owner > 0], minlength=tissue.spots.n)
    assert (n_cells * totals.max() >= drawn.sum(axis=1).A1).all()


def test_a_gene_the_platform_misses_is_missed_and_no_spot_is_deeper_than_it_was(tissue):
    genes = share_genes(tissue.spots, tissue.reference)
    blind = genes.counts.copy().tolil()
    worst = int(np.argmax(genes.counts.sum(axis=0).A1))
    blind[:, worst] = 0
    genes = type(genes)(
        genes.names, blind.tocsr(), genes.profiles, genes.seen, genes.note, genes.right
    )
    drawn = sp.csr_matrix(np.full(genes.counts.shape, 2000, np.int32))
    seen = _on_platform(drawn, genes, np.random.default_rng(0))
    others = np.delete(seen.sum(axis=0).A1, worst)
    assert seen.sum(axis=0).A1[worst] < 0.2 * np.median(others)
    depth = genes.counts.sum(axis=1).A1
    # a binomial of mean depth: five standard deviations at most
    assert (np.abs(seen.sum(axis=1).A1 - depth) < 5 * np.sqrt(depth)).all()


def test_genes_are_seen_as_in_the_section_whatever_was_drawn(tissue):
    """Not as the baseline explains them: its own mistakes would then be the truth."""
    genes = share_genes(tissue.spots, tissue.reference)
    rng = np.random.default_rng(0)
    drawn = sp.csr_matrix(rng.integers(500, 5000, genes.counts.shape[1]).astype(np.int32))
    drawn = sp.vstack([drawn] * genes.counts.shape[0]).tocsr()
    seen = _on_platform(drawn, genes, rng).sum(axis=0).A1
    there = genes.counts.sum(axis=0).A1
    assert np.corrcoef(np.log(seen + 1), np.log(there + 1))[0, 1] > 0.95


def test_a_shallow_reference_tells_nothing_of_deep_spots(tissue, fitted):
    """Cells of a count or two cannot be made into spots of hundreds."""
    counts = tissue.reference.table.X.copy()
    counts.data = np.random.default_rng(0).binomial(counts.data, 0.02).astype(counts.dtype)
    thin = tissue.reference.table.copy()
    thin.X = counts
    shallow = type(tissue.reference)(thin, tissue.reference.types, tissue.reference.codes)
    world = tissue.spots, shallow, tissue.membership, tissue.yx_um, PARAMS
    with pytest.raises(MethodError, match=r"found \d+ counts for the \d+ of a spot; a deeper"):
        run(against_baseline(*world, fitted, rng=0))


def test_the_verdict_is_that_of_the_truth(tissue, fitted):
    """On a section whose truth is known: who is nearer to it is nearer on the one built again."""
    plain = baseline(tissue.spots, tissue.reference, tissue.membership).codes
    codes = predict(fitted, PARAMS).codes
    truth = np.full(len(codes), -1)
    truth[tissue.membership.owner >= 0] = tissue.codes
    truly = _judge(truth, codes, plain, tissue.membership.owner, tissue.reference.n_types)
    world = tissue.spots, tissue.reference, tissue.membership, tissue.yx_um, PARAMS
    told = run(against_baseline(*world, fitted, rng=0))
    assert np.sign(told.labels - told.baseline) == np.sign(truly.labels - truly.baseline)
    assert told.labels == pytest.approx(truly.labels, abs=0.05)


def test_labels_that_are_blurred_lose(tissue, fitted):
    world = tissue.spots, tissue.reference, tissue.membership, tissue.yx_um
    blurred = run(against_baseline(*world, CellTypingParams(nu=100.0), fitted, rng=0))
    assert blurred.loses
    assert "worse than the baseline" in blurred.sentence


def test_a_type_of_one_cell_is_learned_from_and_drawn():
    world = make_tissue()
    reference = world.reference
    rows = np.flatnonzero(reference.codes == 0)
    kept = np.sort(np.append(np.flatnonzero(reference.codes != 0), rows[:1]))
    few = type(reference)(reference.table[kept].copy(), reference.types, reference.codes[kept])
    learned, held = _parted(few, np.random.default_rng(0))
    assert held[0].tolist() == np.flatnonzero(few.codes == 0).tolist()
    assert held[0][0] in learned


def test_a_large_section_is_judged_by_its_middle(tissue, monkeypatch):
    from spotscope.methods.cell_typing import _against_baseline

    monkeypatch.setattr(_against_baseline, "_CELLS", 30)
    monkeypatch.setattr(_against_baseline, "_SPOTS", 1)
    kept, membership, yx_um = _neighbourhood(tissue.spots, tissue.membership, tissue.yx_um)
    assert membership.cells_per_spot.sum() <= 30
    assert membership.overlap.shape == (len(kept), len(yx_um)) == (len(kept), len(membership.owner))
    for spot, before in enumerate(kept):
        theirs = tissue.yx_um[tissue.membership.owner == before]
        np.testing.assert_array_equal(yx_um[membership.owner == spot], theirs)
    world = tissue.spots, tissue.reference, tissue.membership, tissue.yx_um, PARAMS
    whole = run(fit(*world, rng=0))
    assert run(against_baseline(*world, whole, rng=0)).spots == len(kept)


def test_spots_of_many_cells_are_not_judged_by_a_handful_of_them(tissue, monkeypatch):
    from spotscope.methods.cell_typing import _against_baseline

    monkeypatch.setattr(_against_baseline, "_CELLS", 30)
    monkeypatch.setattr(_against_baseline, "_SPOTS", 60)
    kept, membership, _ = _neighbourhood(tissue.spots, tissue.membership, tissue.yx_um)
    assert len(kept) == 60
    assert (membership.cells_per_spot > 0).all()


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (0.03, "2.0 ± 0.5 better"),
        (0.045, "no difference"),
        (0.08, "3.0 ± 0.5 worse than the baseline"),
    ],
)
def test_the_sentence_says_who_wins(labels, words):
    assert words in AgainstBaseline(labels, 0.05, 0.005, 10).sentence
