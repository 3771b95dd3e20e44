"""What is copied is run here, and must give what was there."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from spotscope.model import EditKind, MethodError, RunRecord, run
from spotscope.pipeline import (
    Finding,
    as_command,
    as_python,
    edit_step,
    missing_packages,
    open_session,
    read_findings,
    recipe_of,
    replay_of,
)
from spotscope.pipeline._copy_analyses import asked_of
from spotscope.pipeline.cli import main


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Where scripts keep their steps, so that the user's cache is left alone."""
    return tmp_path_factory.mktemp("copied")


@pytest.fixture(scope="module", autouse=True)
def _own_cache(home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(home))
        patch.setenv("LOCALAPPDATA", str(home))
        yield


@pytest.fixture(scope="module")
def made(demo_files, home, _own_cache):
    """Nuclei by other settings, moved spots, types at a ν of one's own, two corrections later."""
    import spotscope

    session = spotscope.read(demo_files["spots"], image=demo_files["image"])
    session = spotscope.align(session, (3, -2))
    session = spotscope.segment(session, sensitivity=0.6)
    how = {"seed": 3, "nu": 1.5, "looks": "off"}
    typed = spotscope.type_cells(session, demo_files["reference"], **how)
    edits = [_delete(place) for place in session.nuclei.yx_um[[5, 40]]]
    session = spotscope.correct(typed.session, typed.session.edits.add(*edits), typed.fitted)
    return spotscope.decompose(session, method="split").session


def same(one, other):
    assert one.nuclei.n == other.nuclei.n
    np.testing.assert_allclose(one.nuclei.yx_um, other.nuclei.yx_um)
    np.testing.assert_allclose(one.sample.spots.yx_um, other.sample.spots.yx_um)
    if one.cells is not None and other.cells is not None:
        assert one.cells.types == other.cells.types
        np.testing.assert_array_equal(one.cells.type_codes, other.cells.type_codes)
    layers = one.cells.table.layers if other.cells is not None else {}
    for name in layers:
        if name in other.cells.table.layers:
            here, there = (np.asarray(_dense(s.cells.table.layers[name])) for s in (one, other))
            np.testing.assert_allclose(here, there, rtol=1e-5, atol=1e-6)
    return True


def _dense(values):
    return values.toarray() if hasattr(values, "toarray") else values


def run_commands(text, capsys):
    for line in text.splitlines():
        if not line.startswith("#"):
            words = shlex.split(line)
            assert words[0] == "spotscope"
            assert main(words[1:]) == 0, capsys.readouterr().err


def test_the_command_gives_the_same_again(made, home, capsys):
    out = home / "it's again"
    text = as_command(made, out=str(out))
    assert "#" not in text
    run_commands(text, capsys)
    again = run(open_session(out))
    assert same(made, again)
    assert set(again.cells.table.layers) == set(made.cells.table.layers)
    assert as_command(again, out="X") == as_command(made, out="X")


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
def test_what_is_too_long_for_a_shell_goes_through_files(made, home, capsys, monkeypatch):
    whole = as_command(made, out=str(home / "too long"))
    monkeypatch.setattr("spotscope.pipeline._copy_as._LONGEST", 50)  # bytes, not 100,000
    text = as_command(made, out=str(home / "too long"))
    assert "<<'END'" not in whole
    assert text.count("<<'END'") == 2  # the map of the spots, and corrections
    lines = text.splitlines()
    at = [n for n, line in enumerate(lines) if line.startswith("spotscope")]
    assert not any("at_um" in lines[n] or "matrix" in lines[n] for n in at)
    for first, last in pairwise([-1, *at]):
        subprocess.run(["sh", "-c", "\n".join(lines[first + 1 : last])], check=True)
        run_commands(lines[last], capsys)
    assert same(made, run(open_session(home / "too long")))


def test_the_script_gives_the_same_again(made, home):
    out = home / "by script"
    text = as_python(made, out=str(out))
    exec(compile(text, "copied", "exec"), {})
    again = run(open_session(out))
    assert same(made, again)
    assert set(again.cells.table.layers) == set(made.cells.table.layers)


def test_an_earlier_step_can_be_copied_alone(made):
    whole = as_command(made, out="OUT").splitlines()
    assert [line.split()[1] for line in whole] == ["run", "edit", "decompose"]
    assert as_command(made, "type", out="OUT").splitlines() == whole[:2]
    (alone,) = as_command(made, "segment", out="OUT").splitlines()
    assert "--steps segment" in alone
    assert alone.count('"edit":"delete"') == 2


def test_only_what_differs_from_the_defaults_is_written(made):
    text = as_command(made, "segment", out="OUT")
    assert "--sensitivity=0.6" in text
    assert "--model=he" in text  # what 'auto' took here, so that it is the same elsewhere
    assert "--probability" not in text
    assert "--flips" not in text


def test_opening_has_a_command_too(made, demo_files):
    assert as_command(made, "sample") == f"spotscope info {shlex.quote(str(demo_files['spots']))}\n"


def test_corrections_before_typing_and_undone_since_are_told_apart(typed):
    first, second = (_delete(place) for place in typed.session.nuclei.yx_um[[0, 9]])
    before = typed.session.edits.add(first)
    record = typed.session.records["type"]
    figures = {**record.figures, "edits": before.to_json()}
    session = replace(
        typed.session,
        edits=typed.session.edits.add(second),
        records={**typed.session.records, "type": replace(record, figures=figures)},
    )
    ran, edited = as_command(session, "type").splitlines()[-2:]
    assert "--undo 1" in edited
    assert recipe_of(session).before.done == (first,)
    assert "--edits" in ran


def _delete(place):
    from spotscope.model import Edit

    return Edit.of(EditKind.DELETE, [place])


def test_what_would_come_out_otherwise_is_said(typed, steps_cache):
    from spotscope.methods.segmentation import SegmentationParams
    from spotscope.pipeline import StepCache, select_step

    params = SegmentationParams(model="watershed", probability=0.6)
    cache = StepCache(steps_cache)
    chosen = run(select_step(typed.session, params, typed.fitted, cache=cache)).session
    assert "carried over" in as_command(chosen).splitlines()[0]
    assert "--probability=0.6" in as_command(chosen)


def test_a_sample_made_in_memory_has_nothing_to_copy(typed):
    session = replace(typed.session, sample=replace(typed.session.sample, opened={}))
    with pytest.raises(MethodError, match="made in memory"):
        as_command(session)
    with pytest.raises(MethodError, match="found 'decompose'"):
        as_python(typed.session, "decompose")


def test_an_edit_of_the_session_is_in_the_script(typed):
    log = typed.session.edits.add(_delete(typed.session.nuclei.yx_um[3]))
    session = run(edit_step(typed.session, log, typed.fitted)).session
    assert "spotscope.correct(session, [{'edit': 'delete'" in as_python(session)


def test_cells_put_into_spots_without_an_image_are_put_there_again(demo_files, home, capsys):
    out = home / "no image"
    words = ["run", demo_files["spots"], "--reference", demo_files["reference"]]
    assert main([str(word) for word in [*words, "--out", out, "--nu", "1"]]) == 0
    session = run(open_session(out))
    text = as_command(session, out=str(home / "again"))
    assert "--nuclei" not in text
    run_commands(text, capsys)
    assert same(session, run(open_session(home / "again")))
    script = as_python(session, out=str(home / "scripted"))
    assert "spotscope.estimate_cells(session)" in script
    exec(compile(script, "copied", "exec"), {})
    assert same(session, run(open_session(home / "scripted")))
    assert not replay_of(session).nuclei_given


def finding(name, params=(), regions=(), seed=0):
    figures = {"regions": list(regions)} if regions else {}
    record = RunRecord(f"analyse {name}", dict(params), seed, {}, {}, 0.0, figures=figures)
    return Finding(name, name, None, record)


SQUARE = {"name": "it's", "polygon_yx_um": [[0, 0], [0, 9], [9, 9]]}


def test_what_was_asked_alike_is_asked_in_one_go():
    ligands = [finding(f"ligands_{where}", {"permutations": 50}) for where in ("spots", "cells")]
    fewer = finding("variable", {"permutations": 50, "reach_um": 30.0})
    compared = finding("difference", {}, [SQUARE], 7)
    together, alone = asked_of([*ligands, fewer, compared])
    (both,) = asked_of([compared, finding("variable", seed=7)])
    assert both.questions == ("difference", "variable")
    assert both.regions == (SQUARE,)
    other = {**SQUARE, "name": "other"}
    assert len(asked_of([compared, finding("difference", {}, [other], 7)])) == 2
    assert together.command("O") == [
        *["spotscope", "analyse", "O", "--what=ligands,variable", "--permutations=50"]
    ]
    assert alone.command("O")[3:] == [
        "--what=difference",
        *["--regions-file", '[{"name":"it\'s","polygon_yx_um":[[0,0],[0,9],[9,9]]}]', "--seed=7"],
    ]
    asked, saved = alone.lines("O")
    assert (
        asked == f"asked = spotscope.analyse(session, ['difference'], regions={[SQUARE]}, seed=7)"
    )
    assert saved == "save_findings('O', asked.findings)"


def test_a_sample_as_it_was_opened_has_no_folder_to_ask(made):
    found = [finding("variable")]
    with pytest.raises(MethodError, match="writes a folder to ask"):
        as_command(made, "sample", findings=found)
    assert "analyse(session, ['variable'])" in as_python(made, "sample", findings=found)


@pytest.mark.skipif(bool(missing_packages()), reason="needs pip install 'spotscope[analysis]'")
def test_questions_are_asked_again_and_answered_the_same(made, home, capsys):
    import spotscope

    height, width = made.sample.slide.extent_um
    corners = [[0, 0], [0, width / 2], [height, width / 2], [height, 0]]
    how = {"permutations": 20, "seed": 5}
    left = {"name": "left", "polygon_yx_um": corners}
    asked = spotscope.analyse(made, ["variable", "difference"], regions=[left], **how)
    assert asked.refused == ()
    # what leads to the questions is run above: here they alone are, in its folder and its session
    out = home / "asked"
    spotscope.save(made, out)
    command = as_command(made, out=str(out), findings=asked.findings).splitlines()[-1]
    run_commands(command, capsys)
    there = {found.name: found for found in read_findings(out)}
    script = as_python(made, out=str(home / "by script"), findings=asked.findings)
    head, at = "from spotscope.pipeline import save_findings\n", script.index("asked = spotscope")
    assert head in script
    exec(head + script[at:], {"spotscope": spotscope, "session": made})
    scripted = {found.name: found for found in read_findings(home / "by script")}
    assert list(there) == list(scripted) == ["difference", "variable"]
    for one in asked.findings:
        for again in (there[one.name], scripted[one.name]):
            assert again.record.params == one.record.params
            assert list(again.table["gene"]) == list(one.table["gene"])
            np.testing.assert_allclose(again.table["p"], one.table["p"], rtol=1e-5)
