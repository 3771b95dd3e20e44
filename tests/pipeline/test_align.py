"""The demo's spots are put elsewhere by a known amount, and found there."""

import json
from dataclasses import replace

import numpy as np
import pytest

import spotscope
from spotscope.model import MethodError, ReadError, Session, Transform, run
from spotscope.pipeline import align_step, lie_as, measure_alignment, move_sample
from spotscope.pipeline._demo import DEMO_FILES
from spotscope.pipeline.cli import main

PUT_IN = (28.0, -40.0)


@pytest.fixture(scope="module")
def opened(demo_files):
    """The small demo: 19 spots, too few to tell anything from."""
    return spotscope.read(demo_files["spots"], image=demo_files["image"])


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The demo at its whole size: 79 spots."""
    from spotscope.evaluation import make_demo

    folder = tmp_path_factory.mktemp("whole")
    make_demo(0).write(folder)
    return [str(folder / DEMO_FILES[role]) for role in ("spots", "image")]


@pytest.fixture(scope="module")
def whole(files):
    return spotscope.read(files[0], image=files[1])


@pytest.fixture(scope="module")
def moved(whole):
    """All spots 28 µm too far down and 40 µm too far left."""
    return replace(whole, sample=move_sample(whole.sample, Transform.shift(*PUT_IN)))


def test_the_demo_lies_in_place_and_shifted_it_is_found(whole, moved):
    before = run(measure_alignment(whole))
    assert before.tells
    assert not before.is_off
    after = run(measure_alignment(moved))
    assert after.is_off
    change = np.subtract(after.yx_um, before.yx_um)
    np.testing.assert_allclose(change, PUT_IN, atol=3.0)
    assert np.hypot(*np.subtract(after.yx_um, PUT_IN)) <= after.radius_um
    assert after.at_best > after.agreement


def test_auto_moves_them_back_and_leaves_types_behind(whole, moved, typed):
    session = replace(moved, cells=typed.session.cells, records=typed.session.records)
    back = spotscope.align(session)
    off = back.sample.spots.yx_um - whole.sample.spots.yx_um
    assert np.hypot(*off.mean(axis=0)) < 12
    assert back.cells is None
    assert set(back.records) == {"segment", "align"}
    assert back.records["align"].figures["measured"]["tells"]
    assert moved.sample.spots.yx_um[0, 0] == whole.sample.spots.yx_um[0, 0] + PUT_IN[0]


def test_spots_in_place_are_left_with_all_that_was_told(whole, typed):
    session = replace(whole, cells=typed.session.cells, records=typed.session.records)
    same = spotscope.align(session)
    assert same.sample is session.sample
    assert same.cells is session.cells
    assert "in place" in same.records["align"].figures["measured"]["sentence"]


def test_maps_add_up_and_back_is_none(opened):
    once = spotscope.align(opened, (5, 0))
    twice = spotscope.align(once, Transform.shift(0, 7))
    assert twice.sample.alignment == Transform.shift(5, 7)
    home = spotscope.align(twice, {"matrix": [[1, 0], [0, 1]], "offset_um": [-5, -7]})
    assert home.sample.alignment is None
    np.testing.assert_allclose(home.sample.spots.yx_um, opened.sample.spots.yx_um)


def test_spots_lie_again_as_in_another_session_and_the_nuclei_stay(whole, typed):
    session = replace(whole, nuclei=typed.session.nuclei, cells=typed.session.cells)
    once = spotscope.align(session, (5, 0))
    back = lie_as(replace(spotscope.align(once, (0, 9)), cells=typed.session.cells), once)
    assert back.sample.alignment == once.sample.alignment == Transform.shift(5, 0)
    np.testing.assert_array_equal(back.sample.spots.yx_um, once.sample.spots.yx_um)
    assert back.records["align"] is once.records["align"]
    assert back.nuclei is session.nuclei
    assert back.cells is None
    assert lie_as(once, session).records.keys() == session.records.keys()


def test_it_is_kept_with_the_session(opened, tmp_path):
    spotscope.save(spotscope.align(opened, (5, -3)), tmp_path / "OUT")
    again = spotscope.load(tmp_path / "OUT")
    assert again.sample.alignment == Transform.shift(5, -3)
    assert again.sample.opened == opened.sample.opened
    np.testing.assert_allclose(
        again.sample.spots.yx_um, opened.sample.spots.yx_um + np.array([5, -3])
    )


def test_counts_that_cannot_tell_are_not_followed(whole):
    spots = whole.sample.spots
    rng = np.random.default_rng(0)
    table = spots.table[rng.permutation(spots.n)].copy()
    mixed = replace(whole.sample, spots=replace(spots, table=table))
    with pytest.raises(MethodError, match="do not tell whether the spots are shifted"):
        spotscope.align(Session(mixed))


def test_without_an_image_there_is_nothing_to_lie_on(opened):
    alone = Session(replace(opened.sample, slide=None))
    with pytest.raises(MethodError, match="an image and spots"):
        run(measure_alignment(alone))
    with pytest.raises(MethodError, match="an image alone"):
        run(align_step(Session(replace(opened.sample, spots=None)), Transform.shift(1, 1)))
    with pytest.raises(ReadError, match="two numbers"):
        spotscope.align(opened, (1, 2, 3))
    with pytest.raises(MethodError, match="at least 30 spots"):
        spotscope.align(opened)


def test_the_command_measures_and_moves(opened, files, tmp_path, capsys):
    spots, image = files
    assert main(["align", spots, "--image", image]) == 0
    assert "spots: in place" in capsys.readouterr().out
    spotscope.save(opened, tmp_path / "OUT")
    pairs = [[[0, 0], [5, 5]], [[0, 100], [5, 105]], [[100, 0], [105, 5]]]
    (tmp_path / "pairs.json").write_text(json.dumps(pairs))
    words = ["align", str(tmp_path / "OUT"), "--landmarks", str(tmp_path / "pairs.json")]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "3 landmarks, similarity: 0.0 µm off" in out
    assert "5 µm right and 5 µm down" in out
    assert spotscope.load(tmp_path / "OUT").sample.alignment is not None
    assert main(["align", spots, "--image", image, "--shift=1,1", "--align", "auto"]) == 2
    assert "two; give --shift or --align" in capsys.readouterr().err


def test_spots_that_are_moved_off_the_image_are_said(opened, tmp_path, capsys):
    spotscope.save(opened, tmp_path / "OUT")
    assert main(["align", str(tmp_path / "OUT"), "--shift=100000,0"]) == 0
    assert "spots on the image" in capsys.readouterr().err


def test_a_run_warns_of_spots_that_are_off(moved, whole):
    from io import StringIO

    from spotscope.pipeline.cli._align import warn_of_shift
    from spotscope.pipeline.cli._console import Console

    said = {}
    for name, session in (("moved", moved), ("whole", whole)):
        err = StringIO()
        warn_of_shift(Console(out=StringIO(), err=err), session, 0)
        said[name] = err.getvalue()
    assert "note: spots look shifted" in said["moved"]
    assert "--align auto" in said["moved"]
    assert "shifted" not in said["whole"]
