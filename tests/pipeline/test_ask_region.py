"""What a region holds: worked out by hand on a toy section, with intervals that cover."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import spotscope
from spotscope import io
from spotscope.model import Lattice, MethodError, Region, Sample, Session, Spots, run
from spotscope.pipeline import (
    StepCache,
    _region_genes,
    ask_region,
    ask_region_step,
    estimate_step,
    save_regions,
    section_sums_step,
)
from spotscope.pipeline._ask_region import MORE, _interval
from spotscope.pipeline.cli import main
from spotscope.pipeline.cli._region import card


def square(name, y, x, side, kind=None):
    corners = np.array([[y, x], [y, x + side], [y + side, x + side], [y + side, x]], float)
    return Region(name, corners, kind)


def section(counts):
    """Spots 100 µm apart in two rows; the upper one (y = 0) is the region of the tests."""
    n = len(counts) // 2
    yx = np.array([[100.0 * row, 100.0 * i] for row in (0, 1) for i in range(n)])
    table = ad.AnnData(
        sp.csr_matrix(np.asarray(counts, np.int32)),
        obs=pd.DataFrame(index=[f"s{i}" for i in range(2 * n)]),
        var=pd.DataFrame(index=["UP", "SAME", "RARE"]),
    )
    return Session(Sample("toy", spots=Spots(table, yx, Lattice("square", 100.0, 50.0))))


def upper_row():
    corners = np.array([[-50, -50], [-50, 1e5], [50, 1e5], [50, -50]], float)
    return Region("upper", corners)


def test_a_gene_that_is_up_inside_is_found_with_its_ratio():
    rng = np.random.default_rng(0)
    counts = np.vstack([rng.poisson([30, 70, 0], (40, 3)), rng.poisson([10, 90, 0], (40, 3))])
    counts[0, 2] = 15  # 15 counts in a single spot mark nothing
    counts[:, 2] += np.arange(80) % 8 == 0
    answer = ask_region(section(counts), upper_row())
    assert (answer.spots, answer.nuclei, answer.against) == (40, None, "the rest")
    assert [gene.name for gene in answer.genes] == ["UP"]
    (gene,) = answer.genes
    depth = counts.sum(axis=1)
    inside = (counts[:40, 0].sum() + 0.5) / depth[:40].sum()
    elsewhere = (counts[40:, 0].sum() + 0.5) / depth[40:].sum()
    assert gene.inside == pytest.approx(1e4 * inside)
    assert gene.ratio == pytest.approx(inside / elsewhere)
    assert gene.low < 3.0 < gene.high


def test_the_interval_of_a_ratio_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(200):
        level = np.repeat([40.0, 10.0], 30) * rng.gamma(8, 1 / 8, 60)  # spots differ
        counts = np.column_stack([rng.poisson(level), rng.poisson(2000, 60), np.zeros(60, int)])
        (gene,) = ask_region(section(counts), upper_row()).genes
        truth = (40 / 2040) / (10 / 2010)
        covered.append(gene.low <= truth <= gene.high)
    assert 0.90 <= np.mean(covered) <= 0.99


def test_the_rest_is_what_is_left_of_the_section_whatever_is_summed_at_a_stretch(monkeypatch):
    """Asked against the rest, and against a region that is all the rest: the same to the bit."""
    rng = np.random.default_rng(2)
    counts = np.vstack([rng.poisson([30, 70, 9], (40, 3)), rng.poisson([10, 90, 9], (40, 3))])
    lower = Region("lower", upper_row().polygon_yx_um + np.array([100, 0]))
    whole = ask_region(section(counts), upper_row()).genes
    monkeypatch.setattr(_region_genes, "_AT_ONCE", 7)  # a few spots at a stretch
    apart = ask_region(section(counts), upper_row(), lower).genes
    assert [gene.name for gene in whole] == ["UP"]
    assert whole == apart


def test_the_sums_of_a_section_are_worked_out_once():
    session = section(np.full((8, 3), 50))
    first = run(section_sums_step(session.sample.spots))
    assert (first.n, first.depth, first.squares.tolist()) == (8, 1200, [20000] * 3)
    told = session.sample.spots.told()
    assert run(section_sums_step(told)) is first  # the same counts, with other columns


def test_what_is_there_at_once_comes_before_the_rest(typed):
    slide = typed.session.sample.slide
    height, width = slide.extent_um
    left = Region("left", np.array([[0, 0], [0, width / 2], [height, width / 2], [height, 0]]))
    steps = ask_region_step(typed.session, left)
    shown, end = [], None
    while end is None:
        try:
            shown.append(next(steps).preview)
        except StopIteration as stop:
            end = stop.value
    parts = [part for part in shown if part is not None]
    assert [bool(part.types) for part in parts] == [False, True, True]
    assert [bool(part.medians) for part in parts] == [False, False, True]
    assert all(part.nuclei == end.nuclei and part.notes == (MORE,) for part in parts)
    assert end.genes
    assert parts[1].types == end.types
    assert MORE not in end.notes


def test_few_spots_say_nothing_of_genes_and_the_note_says_so():
    answer = ask_region(section(np.full((8, 3), 50)), square("one", -50, -50, 60))
    assert answer.spots == 1
    assert answer.genes == ()
    assert "genes need 3" in answer.notes[0]


def test_an_empty_region_is_one_sentence():
    with pytest.raises(MethodError, match="Expected nuclei or spots in the region 'far'"):
        ask_region(section(np.full((8, 3), 50)), square("far", 1e6, 1e6, 10))


def test_shares_of_groups_have_the_interval_of_groups():
    """100 groups of ten cells, all of one type in a group: as uncertain as 100 coins."""
    table = np.zeros((100, 2))
    table[:30, 0], table[30:, 1] = 10, 10
    low, high = _interval(table, 0)
    half = 1.96 * np.sqrt(0.3 * 0.7 / 100)
    assert low[0] == pytest.approx(0.3 - half, abs=0.02)
    assert high[0] == pytest.approx(0.3 + half, abs=0.02)
    assert _interval(table[:1], 0)[1].tolist() == [1.0, 1.0]


def test_types_and_density_are_those_counted_by_hand(typed):
    session = typed.session
    height, width = session.sample.slide.extent_um
    left = Region("left", np.array([[0, 0], [0, width / 2], [height, width / 2], [height, 0]]))
    right = Region("right", left.polygon_yx_um + np.array([0, width / 2]))
    answer = ask_region(session, left)
    inside = session.nuclei.yx_um[:, 1] < width / 2
    assert answer.nuclei == inside.sum()
    assert answer.per_mm2 == pytest.approx(inside.sum() / (height * width / 2e6))
    codes = session.cells.type_codes
    for row in answer.types:
        k = session.cells.types.index(row.name)
        assert row.count == (codes[inside] == k).sum()
        assert row.low <= row.share <= row.high
        assert row.elsewhere == pytest.approx(
            (codes[~inside] == k).sum() / (codes[~inside] >= 0).sum()
        )
    assert sum(row.share for row in answer.types) == pytest.approx(1)
    beside = ask_region(session, left, right)
    assert beside.against == "right"
    shares = {row.name: row.elsewhere for row in beside.types}
    assert shares == pytest.approx({row.name: row.elsewhere for row in answer.types})


def test_of_guessed_nuclei_nobody_says_which_touch(demo_files, steps_cache):
    session = spotscope.read(demo_files["spots"])
    spots, cache = session.sample.spots, StepCache(steps_cache)
    session = run(
        estimate_step(session, n_cells=dict.fromkeys(spots.table.obs_names, 8), cache=cache)
    )
    session = spotscope.type_cells(
        session, demo_files["reference"], cache=steps_cache, nu=0.0
    ).session
    middle = spots.yx_um.mean(axis=0)
    answer = ask_region(session, square("middle", *(middle - 300), 600))
    assert answer.nuclei > 40
    assert answer.types
    assert answer.touching == ()
    said = f"{answer.nuclei:,} of its cells are guessed from the counts"
    assert answer.notes[0].startswith(said)


def test_without_an_image_types_are_those_of_the_spots_cells(typed):
    session = typed.session
    bare = replace(
        session, sample=replace(session.sample, slide=None), nuclei=None, labels=None, measures={}
    )
    region = square("nest", 200, 200, 300)
    answer, seen = ask_region(bare, region), ask_region(session, region)
    assert answer.nuclei is None
    assert answer.spots == seen.spots
    assert [(row.name, row.count, row.share) for row in answer.types] == [
        (row.name, row.count, row.share) for row in seen.types
    ]
    assert f"{'cells':>8} {'share':>7}" in "\n".join(card(answer))
    assert f"{'nuclei':>8} {'share':>7}" in "\n".join(card(seen))


def test_files_for_qupath_and_tables_come_back(typed, tmp_path):
    slide = typed.session.sample.slide
    regions = [square("nest", 200, 200, 300, "Tumour"), square("rim, left", 50, 50, 200)]
    answers = [ask_region(typed.session, region) for region in regions]
    save_regions(tmp_path / "out", regions, answers, mpp=slide.mpp)
    again = io.read_geojson(tmp_path / "out" / "regions.geojson", mpp=slide.mpp)
    for one, other in zip(regions, again, strict=True):
        assert (one.name, one.classification) == (other.name, other.classification)
        np.testing.assert_allclose(one.polygon_yx_um, other.polygon_yx_um, atol=0.01)
    features = json.loads((tmp_path / "out" / "regions.geojson").read_text())["features"]
    assert features[0]["properties"]["measurements"]["nuclei"] == answers[0].nuclei
    with (tmp_path / "out" / "region_types.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == sum(len(answer.types) for answer in answers)
    assert rows[-1]["region"] == "rim, left"


def test_the_command_prints_a_card_and_compares_two(typed, tmp_path, capsys):
    from spotscope.model import run
    from spotscope.pipeline import save_session

    run(save_session(typed.session, tmp_path / "out"))
    slide = typed.session.sample.slide
    high, wide = slide.extent_um
    upper = np.array([[0, 0], [0, wide], [high / 2, wide], [high / 2, 0]])
    regions = [Region("a", upper), Region("b", upper + np.array([high / 2, 0]))]
    io.write_regions_geojson(tmp_path / "r.geojson", regions, mpp=slide.mpp)
    args = ["region", str(tmp_path / "out"), str(tmp_path / "r.geojson")]
    assert main([*args, "--against", "b", "--to", str(tmp_path / "tables")]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"a: {high * wide / 2e6:.3g} mm², ")
    assert "genes against b" in said
    assert (tmp_path / "tables" / "region_genes.csv").exists()
    assert main([*args, "--against", "c"]) == 2
    assert "Expected one region 'c'" in capsys.readouterr().err
