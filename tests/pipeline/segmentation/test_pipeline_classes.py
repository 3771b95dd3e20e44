"""Classes of QuPath from its file to ours: through corrections, a save and a crash."""

from __future__ import annotations

import json

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import spotscope
from spotscope import io
from spotscope.model import Edit, EditKind, EditLog, GivenKey, OutFile, ReadError, Session, run
from spotscope.pipeline import Autosaver, edit_step, open_session, restore_work, save_session
from spotscope.pipeline._cache import StepCache
from spotscope.pipeline.cli import main

COLOURS = {"Tumour": (200, 0, 0), "Stroma": (150, 200, 150)}


@pytest.fixture(scope="module")
def words(typed) -> list[str | None]:
    """Every third nucleus is tumour, every third stroma, every third nothing."""
    return [("Tumour", "Stroma", None)[i % 3] for i in range(typed.session.nuclei.n)]


@pytest.fixture(scope="module")
def qupath(typed, words, tmp_path_factory):
    """The nuclei of the demo as a file of QuPath."""
    path = tmp_path_factory.mktemp("qupath") / "nuclei.geojson"
    nuclei, mpp = typed.session.nuclei, typed.session.sample.slide.mpp
    run(io.write_nuclei_geojson(path, nuclei, mpp=mpp, cell_type=words, colours=COLOURS))
    return path


@pytest.fixture(scope="module")
def taken(demo_files, qupath, steps_cache) -> Session:
    """The demo with these nuclei."""
    session = spotscope.read(demo_files["spots"], image=demo_files["image"])
    return spotscope.take_nuclei(session, qupath, cache=steps_cache)


def of_labels(session: Session) -> dict[int, str | None]:
    nuclei = session.nuclei
    return dict(zip(nuclei.label_id.tolist(), nuclei.classes.words(), strict=True))


def test_a_class_travels_with_its_nucleus(taken, words):
    assert taken.nuclei.classes.words() == words
    known = taken.nuclei.classes
    assert dict(zip(known.names, known.colours, strict=True)) == COLOURS
    third = len(words) // 3
    notes = " ".join(taken.records["segment"].notes)
    assert f"Tumour {third + (len(words) % 3 > 0):,}" in notes
    assert f"Stroma {third + (len(words) % 3 > 1):,}" in notes


def drawn_at(path, *corners: tuple[float, float]):
    """Squares of 10 px at these corners (x, y) as detections, each of a class of its own."""
    features = []
    for i, (x, y) in enumerate(corners):
        ring = [[x, y], [x + 10, y], [x + 10, y + 10], [x, y + 10], [x, y]]
        about = {"objectType": "detection", "classification": {"name": f"class {i}"}}
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "geometry": geometry, "properties": about})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_nuclei_beyond_the_slide_are_left_out_and_said(taken, steps_cache, tmp_path):
    height, width = taken.sample.slide.shape
    path = drawn_at(tmp_path / "n.geojson", (20, 20), (width + 9, 20), (20, -200), (40, -6))
    done = spotscope.take_nuclei(taken, path, cache=steps_cache)
    # the last is cut by the rim, and stays
    assert done.nuclei.classes.words() == ["class 0", "class 3"]
    assert "2 beyond the slide were left out." in done.records["segment"].notes
    away = drawn_at(tmp_path / "away.geojson", (width + 50, height + 50))
    with pytest.raises(ReadError, match="found all of away.geojson beyond it"):
        spotscope.take_nuclei(taken, away, cache=steps_cache)


def test_of_many_classes_the_largest_are_named(taken, steps_cache, tmp_path):
    path = drawn_at(tmp_path / "n.geojson", *((20 + 20 * i, 20) for i in range(7)))
    notes = spotscope.take_nuclei(taken, path, cache=steps_cache).records["segment"].notes
    assert notes[1].startswith("Marked there as class 0 1, class 1 1, ")
    assert notes[1].endswith("class 4 1 and 2 classes more.")


def corrected(session: Session) -> Session:
    """The first nucleus gone, the second cut in two."""
    first, second = session.nuclei.yx_um[:2]
    across = second + np.array([[-30, 0], [30, 0]])
    edits = Edit.of(EditKind.DELETE, first), Edit.of(EditKind.SPLIT, second, across)
    log = EditLog().add(*edits)
    return run(edit_step(session, log)).session


def test_corrections_and_undo_keep_classes_on_disk_too(taken, words, tmp_path):
    edited = corrected(taken)
    expected = dict(enumerate(words, 1))
    del expected[1]
    expected[len(words) + 1] = "Stroma"
    assert of_labels(edited) == expected
    run(save_session(edited, tmp_path / "out"))
    again = run(open_session(tmp_path / "out"))
    assert of_labels(again) == expected
    assert again.nuclei.classes.colours == taken.nuclei.classes.colours
    undone = run(edit_step(again, EditLog())).session
    assert undone.nuclei.classes.words() == words


def test_corrections_made_before_are_laid_upon_other_nuclei_and_that_is_said(
    taken, steps_cache, tmp_path
):
    y, x = taken.nuclei.yx_um[0] / taken.sample.slide.mpp
    path = drawn_at(tmp_path / "n.geojson", (x - 5, y - 5), (x + 100, y + 100))
    done = spotscope.take_nuclei(corrected(taken), path, cache=steps_cache)
    # the one that was deleted there before is deleted again
    assert done.nuclei.classes.words() == ["class 1"]
    assert done.found.classes.words() == ["class 0", "class 1"]
    assert "Corrections made before, laid upon them: 2." in done.records["segment"].notes


def test_work_that_was_kept_has_its_classes(taken, tmp_path, steps_cache):
    edited = corrected(taken)
    run(Autosaver(tmp_path / "kept").keep(edited))
    again = run(restore_work(tmp_path / "kept", cache=StepCache(steps_cache)))
    assert of_labels(again) == of_labels(edited)
    assert again.found.classes.words() == taken.nuclei.classes.words()


def test_untyped_nuclei_are_exported_as_they_were_classified(taken, words, tmp_path):
    run(save_session(taken, tmp_path / "out"))
    features = json.loads((tmp_path / "out" / OutFile.NUCLEI).read_text("utf-8"))["features"]
    about = [feature["properties"].get("classification") for feature in features]
    assert [None if one is None else one["name"] for one in about] == words
    assert about[0] == {"name": "Tumour", "color": [200, 0, 0]}
    drawn = run(io.nuclei_of_geojson(tmp_path / "out" / OutFile.NUCLEI, mpp=1.0))
    assert (list(drawn.words), drawn.colours) == (words, COLOURS)


def test_typed_nuclei_are_exported_with_both(taken, words, demo_files, steps_cache, tmp_path):
    typed = spotscope.type_cells(taken, demo_files["reference"], cache=steps_cache, nu=2.0)
    run(save_session(typed.session, tmp_path / "out"))
    features = json.loads((tmp_path / "out" / OutFile.NUCLEI).read_text("utf-8"))["features"]
    about = [feature["properties"] for feature in features]
    types = set(typed.session.cells.types)
    assert {one["classification"]["name"] for one in about if "classification" in one} <= types
    marked = [one.get("metadata", {}).get(str(GivenKey.CLASSIFICATION)) for one in about]
    assert marked == words
    cells = ad.read_h5ad(tmp_path / "out" / OutFile.CELLS)
    column = cells.obs[GivenKey.CLASSIFICATION]
    assert [None if pd.isna(word) else word for word in column] == words
    assert of_labels(run(open_session(tmp_path / "out"))) == of_labels(taken)


def test_nuclei_found_again_are_marked_as_nothing(taken, steps_cache):
    found = spotscope.segment(taken, cache=steps_cache, model="watershed")
    assert found.nuclei.classes is None


def test_the_command_line_keeps_them(demo_files, qupath, words, tmp_path, capsys):
    spots, image, reference = (str(demo_files[key]) for key in ("spots", "image", "reference"))
    out = tmp_path / "out"
    command = ["run", spots, "--image", image, "--reference", reference, "--nuclei", str(qupath)]
    assert main([*command, "--out", str(out)]) == 0
    column = ad.read_h5ad(out / OutFile.CELLS).obs[GivenKey.CLASSIFICATION]
    assert [None if pd.isna(word) else word for word in column] == words
    assert "Marked there as" in (out / OutFile.RECORD).read_text("utf-8")
    capsys.readouterr()
