"""Cells of spots without nuclei: said, lent, or estimated where there is no image at all."""

from __future__ import annotations

import json
from dataclasses import replace

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import tifffile

from spotscope.model import (
    CellKey,
    Edit,
    EditKind,
    EditLog,
    Lattice,
    Membership,
    MethodError,
    ReadError,
    Sample,
    Session,
    SpotKey,
    Spots,
    TypeSource,
    is_estimated,
    run,
)
from spotscope.pipeline import (
    StepCache,
    borrow_counts,
    count_cells,
    edit_step,
    estimate_counts,
    estimate_step,
    import_nuclei,
    is_label_image,
    nuclei_numbers,
    open_session,
    read_cell_counts,
    read_sample,
    save_session,
)
from spotscope.pipeline.cli import main


def some_spots(counts: list[list[int]], diameter_um: float = 60.0) -> Spots:
    """Spots in a row, 100 µm apart, named s0, s1 and so on."""
    matrix = sp.csr_matrix(np.array(counts, np.int32))
    names = pd.Index([f"s{i}" for i in range(len(counts))])
    table = ad.AnnData(matrix, pd.DataFrame(index=names))
    yx = np.stack([np.full(len(counts), 50.0), 50.0 + 100 * np.arange(len(counts))], axis=1)
    return Spots(table, yx, Lattice("square", 100.0, diameter_um))


@pytest.fixture
def without_nuclei(typed):
    """The typed demo with the nuclei of three spots deleted; and the rows of these spots."""
    session = typed.session
    owner = Membership.from_discs(session.nuclei, session.sample.spots).owner
    held = np.bincount(owner[owner >= 0], minlength=session.sample.spots.n)
    flagged = session.sample.spots.flagged(SpotKey.LOW_COUNTS)
    flagged |= session.sample.spots.flagged(SpotKey.OFF_TISSUE)
    order = np.argsort(held, kind="stable")
    rows = np.sort(order[(held[order] >= 3) & ~flagged[order]][:3])
    gone = session.nuclei.yx_um[np.isin(owner, rows)]
    edits = EditLog((Edit.of(EditKind.DELETE, gone),))
    return run(edit_step(session, edits, typed.fitted)), rows, typed.fitted


def held_by(session) -> np.ndarray:
    return Membership.from_discs(session.nuclei, session.sample.spots).cells_per_spot


def test_spots_without_nuclei_borrow_cells_that_are_typed_and_marked(without_nuclei):
    corrected, rows, fitted = without_nuclei
    before = corrected.session
    assert held_by(before)[rows].tolist() == [0, 0, 0]
    lent = borrow_counts(before)
    assert lent.spots >= 3
    assert lent.sentence.startswith(f"{lent.spots:,} spots without nuclei get")
    after = run(edit_step(before, before.edits.add(lent.edit), fitted)).session
    held = held_by(after)
    assert (held[rows] >= 1).all()
    cells = after.cells.table.obs
    borrowed = is_estimated(after.nuclei)
    assert borrowed.sum() == sum(lent.edit.counts)
    assert cells[CellKey.CELL_TYPE][borrowed].notna().all()
    assert np.isnan(cells[CellKey.AREA].to_numpy()[borrowed]).all()
    spots = after.sample.spots
    assert spots.flagged(SpotKey.NO_NUCLEI)[rows].all()  # cells on loan are no nuclei
    assert spots.table.obs[SpotKey.N_CELLS].to_numpy()[rows].tolist() == held[rows].tolist()
    # nuclei of spots that have some keep their labels
    assert after.nuclei.n - borrowed.sum() == before.nuclei.n
    was = before.cells.table.obs
    own = (was[CellKey.SOURCE] == TypeSource.SPOT).to_numpy()
    same = cells[CellKey.CELL_TYPE][~borrowed].astype(str).to_numpy()[own]
    assert same.tolist() == was[CellKey.CELL_TYPE].astype(str).to_numpy()[own].tolist()
    numbers = nuclei_numbers(after)
    assert (numbers.count, numbers.estimated) == (before.nuclei.n, borrowed.sum())
    # asked again, the same spots borrow the same
    assert borrow_counts(after).edit == lent.edit


def test_spots_off_the_tissue_or_in_excluded_regions_borrow_nothing(without_nuclei):
    corrected, rows, fitted = without_nuclei
    session = corrected.session
    y, x = session.sample.spots.yx_um[rows[0]]
    fold = [[y - 5, x - 5], [y - 5, x + 5], [y + 5, x + 5], [y + 5, x - 5]]
    edits = session.edits.add(Edit.of(EditKind.EXCLUDE, path_um=fold, note="fold"))
    excluded = run(edit_step(session, edits, fitted)).session
    here = np.round(session.sample.spots.yx_um[rows], 3)
    lent = {tuple(at) for at in borrow_counts(excluded).edit.at_um}
    assert tuple(here[0]) not in lent
    assert tuple(here[1]) in lent
    spots = session.sample.spots
    session = session.with_spots(spots.told({SpotKey.OFF_TISSUE: np.arange(spots.n) == rows[1]}))
    assert tuple(here[1]) not in {tuple(at) for at in borrow_counts(session).edit.at_um}


def test_numbers_that_are_said_hold_and_are_undone(typed):
    session = typed.session
    held = held_by(session)
    rows = np.argsort(-held)[:2]
    names = session.sample.spots.table.obs_names[rows]
    said = {names[0]: int(held[rows[0]]) - 2, names[1]: int(held[rows[1]]) + 3}
    edit = count_cells(session.sample.spots, said, "counted by hand")
    after = run(edit_step(session, session.edits.add(edit), typed.fitted)).session
    assert held_by(after)[rows].tolist() == list(said.values())
    untouched = np.delete(np.arange(len(held)), rows)
    assert (held_by(after)[untouched] == held[untouched]).all()
    back = run(edit_step(after, after.edits.undo(), typed.fitted)).session
    assert np.array_equal(back.nuclei.yx_um, session.nuclei.yx_um)
    assert back.cells.type_codes.tolist() == session.cells.type_codes.tolist()


def test_a_count_survives_saving(typed, tmp_path):
    session = typed.session
    more = int(held_by(session)[0]) + 3
    edit = count_cells(session.sample.spots, {session.sample.spots.table.obs_names[0]: more})
    after = run(edit_step(session, session.edits.add(edit), typed.fitted)).session
    run(save_session(after, tmp_path))
    again = run(open_session(tmp_path))
    assert again.edits == after.edits
    assert is_estimated(again.nuclei).tolist() == is_estimated(after.nuclei).tolist()
    features = json.loads((tmp_path / "nuclei.geojson").read_text())["features"]
    assert len(features) == after.nuclei.n
    table = ad.read_h5ad(tmp_path / "cells.h5ad")
    assert (table.obs["edited"] == "estimated").sum() == is_estimated(after.nuclei).sum() == 3


def test_the_counts_are_guessed_by_area_and_counts():
    # a disc of 60 µm has room for π 30² / 600 = 4.71 cells at the middling 16 counts
    rich = [[8, 8, 8, 8], [8, 8, 0, 0], [2, 2, 0, 0], [0, 0, 0, 0]]
    found, said = estimate_counts(some_spots(rich))
    assert found.tolist() == [9, 5, 1, 0]
    assert "guessed from its area" in said


def test_a_bead_holds_one_cell_if_it_counted_anything():
    found, said = estimate_counts(some_spots([[3, 0], [0, 0], [90, 40]], diameter_um=10.0))
    assert found.tolist() == [1, 0, 1]
    assert "one cell in each bead" in said


def test_without_an_image_cells_are_put_into_their_spots(tmp_path):
    session = Session(Sample("none", None, some_spots([[4, 4], [4, 4], [0, 0]])))
    done = run(estimate_step(session, n_cells={"s1": 3}, cache=StepCache(tmp_path)))
    assert is_estimated(done.nuclei).all()
    assert held_by(done).tolist() == [5, 3, 0]
    drawn = np.asarray(done.labels.levels[0])
    assert set(np.unique(drawn)) == set(range(9))
    spots = done.sample.spots
    here = np.array([np.argwhere(drawn == 6).mean(axis=0)]) * done.labels.mpp
    assert np.linalg.norm(here - spots.yx_um[1]) < 30
    assert "the number of cells of 1 spots is as given" in done.records["segment"].notes[0]


def test_numbers_for_every_spot_leave_nothing_to_guess(tmp_path):
    session = Session(Sample("none", None, some_spots([[4, 4], [8, 1]])))
    done = run(estimate_step(session, n_cells={"s0": 2, "s1": 0}, cache=StepCache(tmp_path)))
    assert held_by(done).tolist() == [2, 0]
    assert "guessed" not in done.records["segment"].notes[0]


def test_a_slide_alone_and_spots_without_any_cell_are_refused(demo, tmp_path):
    slide = Session(Sample("slide", demo.slide))
    with pytest.raises(MethodError, match="Expected spots to put cells into"):
        run(estimate_step(slide, cache=StepCache(tmp_path)))
    empty = Session(Sample("empty", None, some_spots([[0, 0]])))
    with pytest.raises(MethodError, match="found none in any"):
        run(estimate_step(empty, cache=StepCache(tmp_path)))
    with pytest.raises(MethodError, match="Expected spots and nuclei"):
        borrow_counts(empty)


def test_numbers_are_read_from_a_column_or_a_table(tmp_path):
    spots = some_spots([[1], [2], [3]])
    spots.table.obs["counted"] = [2.0, np.nan, 0.0]
    assert read_cell_counts("counted", spots) == {"s0": 2, "s2": 0}
    table = tmp_path / "cells.csv"
    table.write_text("spot,n_cells,why\ns2,7,seen\ns0,,\n")
    assert read_cell_counts(str(table), spots) == {"s2": 7}
    table.write_text("spot;n_cells\ns1;4\ns2;1\n")
    assert read_cell_counts(str(table), spots) == {"s1": 4, "s2": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("spot,cells\ns0,3\n", "Expected a column 'n_cells'"),
        ("spot,n_cells\ns0,some\n", "found 'some'"),
        ("spot,n_cells\ns0,-1\n", "found '-1'"),
        ("spot,n_cells\ns0,1.5\n", "found '1.5'"),
        ("spot,n_cells\ns0,\n", "found none"),
        ("spot,n_cells\ns0,10001\n", "0 to 10,000, .* found '10001'"),
        ("spot,n_cells\ns0,3\ns0,4\n", "every spot once in cells.csv, found 's0' again"),
    ],
)
def test_tables_that_hold_no_numbers_are_refused(tmp_path, text, said):
    table = tmp_path / "cells.csv"
    table.write_text(text)
    with pytest.raises(ReadError, match=said):
        read_cell_counts(str(table), some_spots([[1]]))


def test_unknown_columns_files_and_spots_are_refused(tmp_path):
    spots = some_spots([[1]])
    with pytest.raises(ReadError, match="found 'nothing'"):
        read_cell_counts("nothing", spots)
    with pytest.raises(ReadError, match="Expected a table of spots"):
        read_cell_counts(str(tmp_path / "absent.csv"), spots)
    with pytest.raises(ReadError, match="such as 'elsewhere'"):
        count_cells(spots, {"elsewhere": 2})


def test_positions_below_nothing_are_moved_onto_the_frame(demo_files, tmp_path):
    table = ad.read_h5ad(demo_files["spots"])
    at = np.asarray(table.obsm["spatial"], float)
    table.obsm["spatial"] = at - at.mean(axis=0)
    table.write_h5ad(tmp_path / "centred.h5ad")
    sample, plain = (
        run(read_sample(tmp_path / "centred.h5ad")),
        run(read_sample(demo_files["spots"])),
    )
    radius = sample.spots.lattice.diameter_um / 2
    assert sample.spots.yx_um.min() == pytest.approx(radius)
    moved = np.ptp(sample.spots.yx_um - plain.spots.yx_um, axis=0)
    assert moved == pytest.approx([0, 0], abs=1e-6)
    assert any("Positions were moved" in note for note in sample.notes)
    assert not any("Positions were moved" in note for note in plain.notes)


def test_a_run_without_an_image_types_estimated_cells_and_opens_again(demo_files, tmp_path, capsys):
    out = tmp_path / "out"
    command = ["run", str(demo_files["spots"]), "--reference", str(demo_files["reference"])]
    assert main([*command, "--out", str(out), "--nu", "1", "--looks", "off"]) == 0
    said = capsys.readouterr().out
    assert "cells estimated" in said
    session = run(open_session(out))
    assert is_estimated(session.nuclei).all()
    assert session.cells.outlines is not None
    assert (held_by(session) == session.sample.spots.table.obs[SpotKey.N_CELLS]).all()
    first = session.sample.spots.table.obs_names[0]
    (tmp_path / "n.csv").write_text(f"spot,n_cells\n{first},2\n")
    assert main(["edit", str(out), "--n-cells", str(tmp_path / "n.csv")]) == 0
    assert held_by(run(open_session(out)))[0] == 2


def test_numbers_given_without_an_image_are_remembered(demo_files, tmp_path):
    table = ad.read_h5ad(demo_files["spots"])
    table.obs["counted"] = np.arange(table.n_obs) % 3
    table.write_h5ad(tmp_path / "spots.h5ad")
    command = ["run", str(tmp_path / "spots.h5ad"), "--steps", "segment", "--n-cells", "counted"]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    session = run(open_session(tmp_path / "out"))
    assert held_by(session).tolist() == (np.arange(table.n_obs) % 3).tolist()
    assert session.sample.opened["n_cells"] == "counted"


def test_borrowing_without_an_image_is_refused_in_one_sentence(demo_files, tmp_path, capsys):
    command = ["run", str(demo_files["spots"]), "--steps", "segment", "--borrow"]
    assert main([*command, "--out", str(tmp_path)]) == 2
    assert "found no image" in capsys.readouterr().err


def test_edit_lends_cells_and_says_what_that_is_worth(without_nuclei, tmp_path, capsys):
    corrected, rows, _ = without_nuclei
    untyped = replace(corrected.session, cells=None, records={})
    run(save_session(untyped, tmp_path))
    assert main(["edit", str(tmp_path), "--borrow"]) == 0
    said = "".join(capsys.readouterr())
    assert "spots without nuclei get" in said
    assert "on spots not learned from" in said
    assert (held_by(run(open_session(tmp_path)))[rows] >= 1).all()


def test_areas_that_are_no_nuclei_are_refused(typed, tmp_path):
    """Regions are drawn by the millimetre."""
    ring = [[0, 0], [0, 900], [900, 900], [900, 0], [0, 0]]
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (tmp_path / "regions.geojson").write_text(json.dumps(feature))
    with pytest.raises(ReadError, match="regions, or of another pixel size"):
        run(import_nuclei(tmp_path / "regions.geojson", typed.session.sample.slide))


def test_a_label_image_of_the_slide_is_told_from_everything_else(typed, demo_files, tmp_path):
    slide = typed.session.sample.slide
    height, width = slide.shape
    tifffile.imwrite(tmp_path / "labels.tif", np.ones((height // 4, width // 4), np.uint32))
    tifffile.imwrite(tmp_path / "dapi.tif", np.ones((height // 4, width // 4), np.uint16))
    tifffile.imwrite(tmp_path / "other_labels.tif", np.ones((40, 90), np.uint32))
    names = ("labels.tif", "dapi.tif", "other_labels.tif")
    told = [is_label_image(tmp_path / name, slide) for name in names]
    assert told == [True, False, False]
    assert not is_label_image(demo_files["image"], slide)
    assert not is_label_image(demo_files["spots"], slide)
