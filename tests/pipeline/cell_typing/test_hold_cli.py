"""Holding from the command line and by the verb: what the window can do, they can."""

from __future__ import annotations

import json
import shlex
import shutil

import numpy as np
import pytest

import spotscope
from spotscope import pipeline
from spotscope.model import MethodError, ReadError, Region, run
from spotscope.pipeline.cli import main


@pytest.fixture(scope="module")
def saved(typed, steps_cache, tmp_path_factory):
    """The finished run, with its steps beside it; not to be written to."""
    out = tmp_path_factory.mktemp("held") / "out"
    run(pipeline.save_session(typed.session, out))
    shutil.copytree(steps_cache, out / "steps", dirs_exist_ok=True)
    return out


@pytest.fixture
def folder(saved, tmp_path):
    """A copy of it."""
    return shutil.copytree(saved, tmp_path / "out")


@pytest.fixture
def left(typed, tmp_path):
    """The left half of the slide: the region, and a file of it in pixels."""
    nuclei, mpp = typed.session.nuclei, typed.session.sample.slide.mpp
    middle = np.sort(nuclei.yx_um[:, 1])[nuclei.n // 2 :][:20]
    x = float(middle[:-1][np.diff(middle).argmax()] + np.diff(middle).max() / 2)
    corners = np.array([[0, 0], [0, x], [5000, x], [5000, 0]], float)
    ring = [[p[1] / mpp, p[0] / mpp] for p in (*corners, corners[0])]
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"name": "left"},
    }
    path = tmp_path / "left.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    return Region("left", corners), path


def opened(folder):
    return run(pipeline.open_session(folder))


def types_of(session, labels):
    rows = session.nuclei.rows_of(np.asarray(labels, np.int64))
    return session.cells.table.obs["cell_type"].to_numpy(str)[rows]


def test_nuclei_are_held_and_let_go_again(typed, folder):
    before = typed.session.cells.type_codes.copy()
    name = typed.session.cells.types[1]
    other = np.asarray(typed.session.cells.table.obs["cell_type"] != name)
    labels = typed.session.nuclei.label_id[other][[3, 30]]
    cells = ",".join(map(str, labels))
    assert main(["hold", str(folder), "--cells", cells, "--type", name]) == 0
    session = opened(folder)
    assert (types_of(session, labels) == name).all()
    assert set(pipeline.held_of(session).types) == set(labels.tolist())
    assert "2 nuclei held" in pipeline.session_log(session)[2].said
    assert main(["hold", str(folder), "--cells", cells, "--let-go"]) == 0
    session = opened(folder)
    assert not pipeline.held_of(session)
    np.testing.assert_array_equal(session.cells.type_codes, before)


def test_all_nuclei_of_a_region_are_held(typed, folder, left):
    region, path = left
    name = typed.session.cells.types[0]
    assert main(["hold", str(folder), "--region", str(path), "--type", name]) == 0
    session = opened(folder)
    inside = region.contains(session.nuclei.yx_um)
    assert inside.sum() > 50
    assert (types_of(session, session.nuclei.label_id[inside]) == name).all()
    assert (types_of(session, session.nuclei.label_id[~inside]) != name).any()


def test_a_region_has_its_own_nu_as_in_the_window(typed, folder, left):
    region, path = left
    assert main(["hold", str(folder), "--region", str(path), "--nu", "60"]) == 0
    held = pipeline.hold(typed.session, regions=[(region, 60.0)])
    window = pipeline.retype(held, typed.fitted, 2.0).session
    session = opened(folder)
    np.testing.assert_array_equal(session.cells.type_codes, window.cells.type_codes)
    assert (session.cells.type_codes != typed.session.cells.type_codes).any()
    assert main(["hold", str(folder), "--region", str(path), "--nu", "section"]) == 0
    assert not pipeline.held_of(opened(folder))


@pytest.mark.parametrize("asked", ["7.5", "auto"])
def test_the_section_has_another_nu(typed, folder, asked):
    assert main(["hold", str(folder), "--nu", asked]) == 0
    wanted = typed.fitted.auto_nu if asked == "auto" else 7.5
    session = opened(folder)
    assert session.records["type"].params["nu_used"] == wanted
    window = pipeline.retype(typed.session, typed.fitted, wanted).session
    np.testing.assert_array_equal(session.cells.type_codes, window.cells.type_codes)


def test_what_is_copied_holds_the_same(typed, folder, left):
    region, _ = left
    label, name = int(typed.session.nuclei.label_id[5]), typed.session.cells.types[2]
    held = pipeline.hold(typed.session, {label: name}, [(region, 30.0)])
    window = pipeline.retype(held, typed.fitted, 2.0).session
    command = pipeline.as_command(window, out=str(folder)).splitlines()[-1]
    assert main(shlex.split(command)[1:]) == 0
    session = opened(folder)
    np.testing.assert_array_equal(session.cells.type_codes, window.cells.type_codes)
    assert "types that were held" in pipeline.replay_of(session).said[-1]
    (line,) = (line for line in pipeline.as_python(window).splitlines() if ".hold_types(" in line)
    known = {"spotscope": spotscope, "session": typed.session, "typed": typed}
    exec(line, known)
    codes = known["session"].cells.type_codes
    np.testing.assert_array_equal(codes, window.cells.type_codes)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "found none of these whole"),
        (["--cells", "3"], "found none of these whole"),
        (["--type", "T"], "found none of these whole"),
        (["--cells", "3", "--type", "T", "--let-go"], "found none of these whole"),
        (["--cells", "three", "--type", "T"], "found 'three'"),
        (["--cells", "99999999", "--let-go"], "found label 99999999"),
        (["--nu", "section"], "found 'section'"),
        (["--nu", "101"], "found '101'"),
        (["--held", "{}x"], "found '{}x'"),
        (["--held", "nowhere.json"], "found no such file"),
        (["--region", '{"polygon_yx_um": [[-9,-9],[-9,-8],[-8,-8]]}', "--type", "T"], "found none"),
    ],
)
def test_what_cannot_be_held_is_one_sentence(saved, capsys, words, sentence):
    written = (saved / "run.json").stat().st_mtime_ns
    assert main(["hold", str(saved), *words]) == 2
    assert sentence in capsys.readouterr().err
    assert (saved / "run.json").stat().st_mtime_ns == written


def test_a_fit_that_is_gone_says_what_to_do(typed, tmp_path):
    with pytest.raises(MethodError, match="type the cells again"):
        spotscope.hold_types(typed.session, {}, cache=tmp_path)
    with pytest.raises(ReadError, match="found no such file"):
        spotscope.hold_types(typed.session, tmp_path / "held.json", typed.fitted)


def test_a_file_of_another_kind_holds_nothing_and_lets_nothing_go(folder, left, capsys):
    before = (folder / "run.json").read_bytes()
    assert main(["hold", str(folder), "--held", str(left[1])]) == 2
    assert "Expected types by label and regions with their ν" in capsys.readouterr().err
    assert (folder / "run.json").read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [["edit", "--undo", "1"], ["hold", "--nu", "2"], ["measure"]],
    ids=lambda words: words[0],
)
def test_a_folder_that_is_not_there_is_not_made(tmp_path, words):
    assert main([words[0], str(tmp_path / "nowhere"), *words[1:]]) == 2
    assert not (tmp_path / "nowhere").exists()
