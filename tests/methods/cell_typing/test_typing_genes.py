"""Markers, platform effects, the baseline and cell numbers, by hand."""

import numpy as np
import pytest
from typing_toys import profiles_of, reference_of, table

from spotscope.methods.cell_typing import CellTypingParams, baseline, estimate_cell_counts
from spotscope.methods.cell_typing._baseline import rounded_codes
from spotscope.methods.cell_typing._genes import choose_markers, is_mitochondrial, share_genes
from spotscope.methods.cell_typing._platform import gene_effects, section_mix, with_background
from spotscope.model import Lattice, MethodError, Reference, Spots

PARAMS = CellTypingParams()


def spots_of(counts, genes):
    yx = np.stack([np.arange(len(counts)), np.zeros(len(counts))], axis=1) * 100.0
    rows = [f"s{i}" for i in range(len(counts))]
    return Spots(table(counts, rows, genes), yx, Lattice("square", 100.0, 55.0))


def test_mitochondrial_genes_are_known_in_any_spelling():
    names = ("MT-CO1", "mt-Co1", "Mt.nd2", "MTOR", "Mta1", "ACTB")
    assert is_mitochondrial(names).tolist() == [True, True, True, False, False, False]


def test_markers_are_those_that_stand_out():
    rng = np.random.default_rng(0)
    mu = profiles_of(rng, 3, 400, markers=30)
    spots = spots_of(rng.poisson(mu.mean(axis=0) * 50_000, (4, 400)), [f"G{g}" for g in range(400)])
    genes = share_genes(spots, reference_of(rng, mu, cells=60, depth=20_000))
    markers, wider, notes = choose_markers(genes, PARAMS)
    assert 50 <= markers.sum() <= 90
    assert not markers[90:].any()
    assert (wider | ~markers).all()
    assert notes == []


def test_a_small_panel_uses_every_gene_and_says_so():
    rng = np.random.default_rng(0)
    mu = profiles_of(rng, 3, 40, markers=5)
    spots = spots_of(rng.poisson(mu.mean(axis=0) * 5000, (4, 40)), [f"G{g}" for g in range(40)])
    genes = share_genes(spots, reference_of(rng, mu))
    markers, _, notes = choose_markers(genes, PARAMS)
    assert markers.all()
    assert "all 40 with counts are used" in notes[0]


def test_shared_genes_without_counts_are_an_error():
    rng = np.random.default_rng(0)
    mu = profiles_of(rng, 2, 20, markers=5)
    silent = np.zeros((3, 21), int)
    silent[:, 20] = 5
    spots = spots_of(silent, [*(f"G{g}" for g in range(20)), "ELSE"])
    with pytest.raises(MethodError, match="same tissue and species"):
        choose_markers(share_genes(spots, reference_of(rng, mu)), PARAMS)


def test_the_section_mix_is_found():
    rng = np.random.default_rng(2)
    mu = profiles_of(rng, 4, 200)
    truth = np.array([0.5, 0.3, 0.15, 0.05])
    totals = rng.poisson(1e6 * truth @ mu).astype(float)
    assert section_mix(totals, mu) == pytest.approx(truth, abs=0.01)


def test_gene_effects_are_ratios_where_much_was_seen_and_common_where_little():
    rng = np.random.default_rng(3)
    mu = rng.dirichlet(np.ones(300), 2)
    mix = np.array([0.5, 0.5])
    effect = np.exp(rng.normal(0, 0.5, 300))
    n = 1e7
    expected = n * (mix @ mu) * effect
    seen = np.full(300, 1e6)
    seen[0], expected[0] = 1.0, 4.0  # hardly seen: its ratio is mostly chance
    mu[:, 0] = 0.5 / n
    found = gene_effects(expected, n, mix, mu, seen)
    assert found[1:] == pytest.approx(effect[1:], rel=0.05)
    raw, middle = 4.5 / 1.0, np.median(effect)
    assert abs(np.log(found[0] / middle)) < 0.5 * abs(np.log(raw / middle))


def test_background_is_mixed_in_and_keeps_the_totals():
    profiles = np.array([[0.4, 0.0], [0.1, 0.1]])
    mixed = with_background(profiles, np.array([30.0, 10.0]), 0.2)
    # type 0: 0.8 × (0.4, 0) + 0.2 × 0.4 × (¾, ¼)
    assert mixed == pytest.approx(np.array([[0.38, 0.02], [0.11, 0.09]]))


def test_rounding_keeps_every_spots_number_of_cells():
    proportions = np.array([[0.5, 0.3, 0.2], [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    owner = np.array([0, 2, 0, -1, 0, 2, 1], np.int32)
    codes = rounded_codes(proportions, owner)
    # 3 cells of spot 0: 1.5, 0.9, 0.6 → one each, by largest remainder
    assert sorted(codes[owner == 0]) == [0, 1, 2]
    assert codes[owner == 2].tolist() == [1, 1]
    assert codes[3] == -1
    assert codes[6] >= 0


def test_the_baseline_finds_clean_mixtures(tissue):
    answer = baseline(tissue.spots, tissue.reference, tissue.membership)
    assert answer.proportions.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert np.abs(answer.proportions - tissue.proportions).mean() < 0.1
    assert (answer.codes[tissue.membership.owner < 0] == -1).all()


def test_cell_numbers_follow_area_and_counts():
    rng = np.random.default_rng(4)
    mu = profiles_of(rng, 3, 300)
    deep = np.array([1, 2, 4, 8, 60, 0])
    counts = rng.poisson(deep[:, None] * mu.mean(axis=0) * 500)
    spots = spots_of(counts, [f"G{g}" for g in range(300)])

    def found(kind, pitch, width):
        there = Spots(spots.table, spots.yx_um, Lattice(kind, pitch, width))
        return estimate_cell_counts(there).tolist()

    # a disc of 55 µm has room for 2,376 / 600 = 3.96 cells: those of the median, 4
    assert found("hex", 100.0, 55.0) == [1, 2, 4, 8, 40, 0]
    # a square bin of 50 µm for 4.2, one of 24 µm for 0.96; one of 16 µm holds one cell
    assert found("square", 50.0, 50.0) == [1, 2, 4, 8, 40, 0]
    assert found("square", 24.0, 24.0) == [1, 1, 1, 2, 14, 0]
    assert found("square", 16.0, 16.0) == [1, 1, 1, 1, 1, 0]
    # discs on a square lattice are discs: 100 µm wide, room for 13.1
    assert found("square", 200.0, 100.0)[2] == 13


def test_a_reference_in_another_order_gives_the_same_markers():
    rng = np.random.default_rng(5)
    mu = profiles_of(rng, 3, 200, markers=25)
    reference = reference_of(rng, mu)
    turned = Reference.from_table(reference.table[:, ::-1].copy())
    spots = spots_of(rng.poisson(mu.mean(axis=0) * 9000, (4, 200)), [f"G{g}" for g in range(200)])
    one, _, _ = choose_markers(share_genes(spots, reference), PARAMS)
    two, _, _ = choose_markers(share_genes(spots, turned), PARAMS)
    assert (one == two).all()
