"""Edits through the pipeline: labels, types, undo, the session and the command line."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from spotscope.methods.segmentation import LabelDrawer
from spotscope.model import (
    CellKey,
    Edit,
    EditKind,
    EditLog,
    EditMark,
    MeasureKey,
    Membership,
    MethodError,
    OutFile,
    ReadError,
    SpotKey,
    run,
)
from spotscope.pipeline import edit_step, open_session, read_edits, save_session, settle_types
from spotscope.pipeline.cli import main
from spotscope.pipeline.segmentation._edit_labels import PatchedLabels


def some_edits(session, n=8, seed=0):
    """Deletions, merges, splits and redrawings of nuclei of spots, and a region."""
    rng = np.random.default_rng(seed)
    nuclei = session.nuclei
    owner = Membership.from_discs(nuclei, session.sample.spots).owner
    rows = rng.choice(np.flatnonzero(owner >= 0), n, replace=False)
    edits = []
    for i, row in enumerate(rows):
        y, x = nuclei.yx_um[row]
        if i % 4 == 0:
            edits.append(Edit.of(EditKind.DELETE, [y, x]))
        elif i % 4 == 1:
            edits.append(Edit.of(EditKind.SPLIT, [y, x], [[y - 9, x], [y + 9, x]]))
        elif i % 4 == 2:
            edits.append(Edit.of(EditKind.REDRAW, [y, x], nuclei.polygons()[row] + 1.0))
        else:
            far = ((nuclei.yx_um - [y, x]) ** 2).sum(axis=1)
            other = nuclei.yx_um[np.argsort(far)[1]]
            edits.append(Edit.of(EditKind.MERGE, [[y, x], other]))
    y, x = nuclei.yx_um[rows[0]] + 60
    edits.append(
        Edit.of(EditKind.ERASE, path_um=[[y, x], [y, x + 20], [y + 20, x + 20], [y + 20, x]])
    )
    return edits


def whole(labels):
    return [np.asarray(level) for level in labels.levels]


def drawn(session):
    """Every level as it is when all of it is drawn from the outlines."""
    levels = session.labels.levels
    full = LabelDrawer(session.nuclei, session.labels.mpp).draw(0, 0, *levels[0].shape)
    return [full[:: 2**k, :: 2**k] for k in range(len(levels))]


@pytest.fixture(scope="module")
def edited(typed):
    log = EditLog().add(*some_edits(typed.session))
    return run(edit_step(typed.session, log, typed.fitted))


def test_the_patched_pyramid_is_the_one_drawn_anew(typed, edited):
    assert isinstance(edited.session.labels, PatchedLabels)
    for patched, anew in zip(whole(edited.session.labels), drawn(edited.session), strict=True):
        assert np.array_equal(patched, anew)
    before = whole(typed.session.labels)
    assert not np.array_equal(before[0], whole(edited.session.labels)[0])


def test_edits_one_by_one_end_where_all_at_once_do(typed, edited):
    done = typed
    session = typed.session
    for edit in some_edits(typed.session):
        done = run(edit_step(session, session.edits.add(edit), typed.fitted))
        session = done.session
    assert np.array_equal(session.nuclei.radii_um, edited.session.nuclei.radii_um)
    for one, other in zip(whole(session.labels), whole(edited.session.labels), strict=True):
        assert np.array_equal(one, other)
    assert session.cells.table.obs.equals(edited.session.cells.table.obs)


def test_undoing_everything_gives_back_labels_and_types(typed, edited):
    session = edited.session
    while session.edits.done:
        session = run(edit_step(session, session.edits.undo(), typed.fitted)).session
    assert session.nuclei is typed.session.nuclei
    for one, other in zip(whole(session.labels), whole(typed.session.labels), strict=True):
        assert np.array_equal(one, other)
    assert session.cells.table.obs.equals(typed.session.cells.table.obs)
    assert len(session.edits.undone) == len(edited.session.edits.done)
    assert "edit" not in session.records
    run(edit_step(session, edited.session.edits, typed.fitted))  # leave the shared spots edited


def test_only_touched_spots_get_other_types(typed, edited):
    before = typed.fitted.solve(float(typed.typing.nu))
    owner = typed.fitted.state.owner
    was, now = typed.session.nuclei, edited.session.nuclei
    old = was.rows_of(now.label_id)
    same = (old >= 0) & (now.yx_um == was.yx_um[old]).all(axis=1)
    same &= (now.radii_um == was.radii_um[old]).all(axis=1)
    gone = np.ones(was.n, bool)
    gone[old[same]] = False
    members = Membership.from_discs(now, typed.session.sample.spots).owner
    touched = np.unique(np.concatenate([owner[gone], members[~same]]))
    far = same & (members >= 0) & ~np.isin(members, touched)
    assert 0 < far.sum() < now.n
    codes = edited.session.cells.type_codes
    assert np.array_equal(codes[far], before.codes[old[far]])
    assert (codes[members >= 0] >= 0).all()
    spot_of = edited.session.cells.table.obs[CellKey.SPOT_ID].astype(str).to_numpy()
    names = typed.session.sample.spots.table.obs_names.to_numpy(str)
    assert np.array_equal(spot_of, np.where(members >= 0, names[members], ""))


def test_another_nu_settles_the_edited_nuclei_too(typed, edited):
    typing = settle_types(edited.session, typed.fitted, 0.5)
    assert len(typing.codes) == edited.session.nuclei.n
    assert typing.nu == 0.5


def test_a_spot_that_lost_its_nuclei_is_flagged(typed):
    spots = typed.session.sample.spots
    spot = int(np.argmax(np.bincount(typed.fitted.state.owner[typed.fitted.state.owner >= 0])))
    y, x = spots.yx_um[spot]
    r = spots.lattice.diameter_um
    around = [[y - r, x - r], [y - r, x + r], [y + r, x + r], [y + r, x - r]]
    log = EditLog().add(Edit.of(EditKind.EXCLUDE, path_um=around, note="fold"))
    was = spots.flagged(SpotKey.NO_NUCLEI)[spot]
    done = run(edit_step(typed.session, log, typed.fitted))
    back = run(edit_step(done.session, EditLog(), typed.fitted))
    flagged = [
        typed.session.sample.spots.flagged(SpotKey.NO_NUCLEI)[spot] for typed in (typed, done, back)
    ]
    assert not was
    assert flagged == [False, True, False]  # and what was there before stays as it was
    assert not spots.flagged(SpotKey.NO_NUCLEI)[spot]


def test_types_without_their_fit_are_not_guessed(typed):
    log = EditLog().add(*some_edits(typed.session, 1))
    with pytest.raises(MethodError, match="run the Cell types step again"):
        run(edit_step(typed.session, log))


def test_edits_are_kept_by_the_session_and_the_record(typed, edited, tmp_path):
    out = tmp_path / "out"
    run(save_session(edited.session, out))
    back = run(open_session(out))
    assert back.edits == edited.session.edits
    assert np.array_equal(back.nuclei.label_id, edited.session.nuclei.label_id)
    assert np.array_equal(back.found.radii_um, typed.session.nuclei.radii_um)
    assert np.array_equal(np.asarray(back.labels.levels[0]), whole(edited.session.labels)[0])
    marks = edited.session.measures[MeasureKey.EDITED]
    assert EditMark.MERGED in marks
    assert np.array_equal(back.measures[MeasureKey.EDITED], marks)
    assert read_edits(out / OutFile.RECORD) == edited.session.edits
    # undone after a save as before it
    undone = run(edit_step(back, EditLog(), typed.fitted)).session
    assert np.array_equal(undone.nuclei.yx_um, typed.session.nuclei.yx_um)
    assert np.array_equal(undone.nuclei.label_id, typed.session.nuclei.label_id)
    assert np.array_equal(np.asarray(undone.labels.levels[0]), whole(typed.session.labels)[0])


def test_the_command_line_makes_the_edits_of_the_window(demo_files, tmp_path, capsys):
    out, other, third = (tmp_path / name for name in ("out", "other", "third"))
    sample = [str(demo_files["spots"]), "--image", str(demo_files["image"])]
    sample += ["--model", "watershed"]  # any nuclei will do: the quickest
    reference = ["--reference", str(demo_files["reference"]), "--nu", "2"]
    assert main(["run", *sample, *reference, "--out", str(out)]) == 0
    session = run(open_session(out))
    edits = EditLog().add(*some_edits(session, 4))
    path = tmp_path / "edits.json"
    path.write_text(json.dumps(edits.to_json()))
    assert main(["edit", str(out), "--edits", str(path), "--out", str(other)]) == 0
    done = run(open_session(other))
    assert done.edits == edits
    assert done.nuclei.n != session.nuclei.n
    assert "edits in force" in capsys.readouterr().out

    # the same edits laid upon the same nuclei by a run
    shutil.copytree(out / OutFile.STEPS, third / OutFile.STEPS)
    record = str(other / OutFile.RECORD)
    steps = ["--steps", "segment", "--edits", record]
    assert main(["run", *sample, *steps, "--out", str(third)]) == 0
    again = run(open_session(third))
    assert np.array_equal(again.nuclei.label_id, done.nuclei.label_id)
    assert np.array_equal(np.asarray(again.labels.levels[0]), np.asarray(done.labels.levels[0]))

    # the fit of the types went along with what was saved elsewhere
    assert main(["edit", str(other), "--undo", str(len(edits.done))]) == 0
    back = run(open_session(other))
    assert back.cells.table.obs.equals(session.cells.table.obs)
    assert main(["edit", str(other), "--redo", "1"]) == 0
    assert run(open_session(other)).edits.done == edits.done[:1]
    # no more is taken back than there is, and nothing is written
    assert main(["edit", str(other), "--undo", "2"]) == 2
    assert "take back (2) and to bring back (0), found 1 in force" in capsys.readouterr().err
    assert run(open_session(other)).edits.done == edits.done[:1]
    # one that finds nothing to be made on is counted apart
    far = [[9000, 100], [9000, 110], [9010, 105]]
    path.write_text(json.dumps(EditLog().add(Edit.of(EditKind.REDRAW, path_um=far)).to_json()))
    assert main(["edit", str(other), "--edits", str(path)]) == 0
    assert "2 edits in force (1 without effect, see the notes)" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["{", '{"a": 1}', '[{"edit": "paint"}]'])
def test_what_is_no_file_of_edits_is_said_in_a_sentence(tmp_path, text):
    path = tmp_path / "edits.json"
    path.write_text(text)
    with pytest.raises(ReadError, match="^Expected"):
        read_edits(path)


def test_edit_without_anything_to_do_says_so(tmp_path, capsys):
    assert main(["edit", str(tmp_path)]) == 2
    assert "--edits FILE" in capsys.readouterr().err


def test_an_outline_beyond_the_slide_changes_nothing_and_is_said(typed):
    height, _ = typed.session.sample.slide.extent_um
    low, high = height + 5, height + 15
    beyond = [[low, 100], [low, 110], [high, 110], [high, 100]]
    log = EditLog().add(Edit.of(EditKind.REDRAW, path_um=beyond))
    done = run(edit_step(typed.session, log, typed.fitted))
    assert done.session.nuclei.n == typed.session.nuclei.n
    assert done.session.labels is typed.session.labels
    assert "on the slide" in done.missed[0]
