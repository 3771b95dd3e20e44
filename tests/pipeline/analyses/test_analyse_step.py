"""Questions to a real session: the program that answers them, what is written, what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import spotscope.pipeline.analyses._step as analyse_module
from spotscope.model import (
    MethodError,
    MissingDependencyError,
    ReadError,
    Region,
    RunRecord,
    Sample,
    Session,
    run,
)
from spotscope.pipeline import (
    Analysed,
    AnalyseParams,
    Finding,
    analyse_step,
    missing_packages,
    read_findings,
    save_findings,
    save_session,
)
from spotscope.pipeline.analyses._html import finding_sections
from spotscope.pipeline.analyses._material import Material, read_material, write_material
from spotscope.pipeline.analyses._questions import require_analysis
from spotscope.pipeline.analyses._said import lines_of
from spotscope.pipeline.analyses._step import inputs_of
from spotscope.pipeline.analyses._store import out_of_date
from spotscope.pipeline.cli import main

needs_analysis = pytest.mark.skipif(
    bool(missing_packages()),
    reason=f"needs {', '.join(missing_packages())}: pip install 'spotscope[analysis]'",
)


def halves(session):
    """Two regions: the left and the right half of the slide."""
    height, width = session.sample.slide.extent_um
    left = np.array([[0, 0], [0, width / 2], [height, width / 2], [height, 0]], float)
    return Region("left", left), Region("right", left + np.array([0.0, width / 2]))


@pytest.fixture
def finding(typed):
    table = pd.DataFrame(
        {"gene": ["NA", "<b>"], "method": "Moran's I", "score": [0.5, -0.25], "p": [0.01, 0.5]}
    ).assign(q=[0.02, 0.5], sd_log=[0.3, 1234.0], values="measured")
    record = RunRecord(
        "analyse variable",
        {"permutations": 200},
        0,
        inputs_of(typed.session),
        {"squidpy": "1.8.2"},
        1.5,
        ("two genes & more",),
        ("Moran 1950",),
    )
    scores = pd.DataFrame({"A → B": [0.5, 0.0]}, index=["s0", "s1"], dtype=np.float32)
    return Finding("variable", "Genes that differ · measured", table, record, scores)


def test_without_the_extra_one_sentence_says_how_to_get_it(monkeypatch, typed, tmp_path, capsys):
    with pytest.raises(MissingDependencyError, match=r"liana.*pip install 'spotscope\[analysis\]'"):
        require_analysis(("liana",))
    name = "spotscope.pipeline.analyses._questions.missing_packages"
    monkeypatch.setattr(name, lambda: ("squidpy", "liana"))
    with pytest.raises(MissingDependencyError, match="squidpy and liana"):
        run(analyse_step(typed.session, ["variable"], AnalyseParams()))
    assert main(["analyse", str(tmp_path)]) == 2
    assert "spotscope[analysis]" in capsys.readouterr().err


def test_an_image_alone_and_regions_without_end_are_refused(typed, monkeypatch):
    monkeypatch.setattr("spotscope.pipeline.analyses._questions.missing_packages", tuple)
    alone = Session(replace(typed.session.sample, spots=None))
    with pytest.raises(MethodError, match="found an image alone"):
        run(analyse_step(alone, ["variable"], AnalyseParams()))
    three = [*halves(typed.session)] * 2
    with pytest.raises(MethodError, match="one region or two to compare, found 4"):
        run(analyse_step(typed.session, ["difference"], AnalyseParams(), regions=three))
    with pytest.raises(ValueError, match="neighbors"):
        run(analyse_step(typed.session, ["neighbors"], AnalyseParams()))


def test_what_is_handed_over_comes_back_the_same(typed, tmp_path):
    session = typed.session
    left, right = halves(session)
    given = Material.of_session(session, (left, right), np.zeros(session.cells.n, int))
    write_material(given, tmp_path)
    found = read_material(tmp_path)
    spots = session.sample.spots
    assert abs(found.spots.X - spots.counts).nnz == 0
    np.testing.assert_array_equal(found.spots.obsm["yx_um"], spots.yx_um)
    inside = found.spots.obs["side"].astype(str).to_numpy() == "a"
    np.testing.assert_array_equal(inside, left.contains(spots.yx_um))
    kept = session.cells.type_codes >= 0
    assert found.cells.n_obs == kept.sum()
    types = np.array(session.cells.types)[session.cells.type_codes[kept]]
    np.testing.assert_array_equal(found.cells.obs["cell_type"].astype(str), types)
    assert set(found.cells.obs["unsmoothed"]) == {session.cells.types[0]}
    assert (found.sides, found.pitch_um) == (("left", "right"), spots.lattice.pitch_um)
    # typed, but spots have not come apart: no counts of cells
    assert found.cells.n_vars == 0


def test_genes_named_twice_are_told_apart(twelve_cell_sample):
    spots = twelve_cell_sample.spots
    spots.table.var_names = ["A", "A", *spots.table.var_names[2:]]
    material = Material.of_session(Session(Sample("toy", None, spots)))
    assert list(material.spots.var_names[:3]) == ["A", "A-1", "B3"]
    assert (material.cells, material.sides) == (None, ())


def test_an_answer_that_is_not_there_is_named(finding):
    found = Analysed((finding,), ("ligands: Expected pairs, found none.",))
    assert found["variable"] is finding
    with pytest.raises(KeyError, match="there are variable. ligands: Expected pairs"):
        found["ligands_spots"]


def test_a_region_alone_is_compared_with_the_rest(typed):
    left, _ = halves(typed.session)
    material = Material.of_session(typed.session, (left,))
    side = material.spots.obs["side"]
    assert material.sides == ("left", "the rest")
    assert set(side) == {"a", "b"}
    both = Material.of_session(typed.session, (left, left)).spots.obs["side"]
    assert set(both) == {""}  # what lies in both regions is in neither


@needs_analysis
def test_closing_the_task_ends_the_program(typed, monkeypatch):
    started = []

    class Popen(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            started.append(self)

    monkeypatch.setattr(analyse_module.subprocess, "Popen", Popen)
    task = analyse_step(typed.session, ["neighbours"], AnalyseParams(permutations=2_000))
    for progress in task:
        if progress.stage == "loading squidpy and liana":
            break
    assert started[0].poll() is None
    task.close()
    assert started[0].poll() is not None


@needs_analysis
def test_a_program_that_breaks_says_so(typed, monkeypatch):
    monkeypatch.setattr(analyse_module.sys, "executable", "/bin/false")
    with pytest.raises(MethodError, match="ended early"):
        run(analyse_step(typed.session, ["variable"], AnalyseParams()))


@needs_analysis
def test_the_command_asks_a_finished_run(typed, steps_cache, tmp_path, capsys):
    """All questions at once: what can be answered is written, the rest says why not."""
    regions = [
        {"name": r.name, "classification": None, "polygon_yx_um": r.polygon_yx_um.tolist()}
        for r in halves(typed.session)
    ]
    session = replace(typed.session, view={"regions": regions})
    run(save_session(session, tmp_path))
    shutil.copytree(steps_cache, tmp_path / "steps", dirs_exist_ok=True)
    options = ["--regions", "left", "right", "--permutations", "50", "--json"]
    assert main(["analyse", str(tmp_path), *options]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = {line["finding"]: line for line in lines if "finding" in line}
    assert set(found) == {"neighbours", "ligands_spots", "variable", "difference"}
    notes = [line["text"] for line in lines if line["event"] == "note"]
    assert any("ligands: Expected spots that have come apart" in note for note in notes)
    findings = {finding.name: finding for finding in read_findings(tmp_path)}
    assert set(findings) == set(found)
    assert "ratio_unsmoothed" in findings["neighbours"].table  # the fit was at hand
    assert findings["difference"].record.params["regions"] == ["left", "right"]
    assert findings["variable"].record.versions["squidpy"]
    for name, finding in findings.items():
        allowed = {"neighbours": {"inferred"}}.get(name, {"measured"})
        assert set(finding.table["values"]) == allowed
        assert finding.record.inputs == inputs_of(session)
    scores = findings["ligands_spots"].per_spot
    assert list(scores.index) == list(session.sample.spots.table.obs_names)
    assert main(["report", str(tmp_path)]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Types that lie beside each other" in page
    assert "Palla G et al." in page
    assert main(["analyse", str(tmp_path), "--regions", "top"]) == 2
    assert "found 'left', 'right'" in capsys.readouterr().err


def test_findings_come_back_as_they_were_saved(finding, tmp_path):
    files = save_findings(tmp_path, [finding])
    assert sorted(path.name for path in (tmp_path / "analysis").iterdir()) == sorted(
        path.name for path in files
    )
    (back,) = read_findings(tmp_path)
    pd.testing.assert_frame_equal(back.table, finding.table)
    pd.testing.assert_frame_equal(back.per_spot, finding.per_spot)
    assert back.record == finding.record
    assert (back.name, back.title) == (finding.name, finding.title)
    (tmp_path / "analysis" / "variable.csv").unlink()
    with pytest.raises(ReadError, match="ask again"):
        read_findings(tmp_path)


def test_nothing_was_asked():
    assert read_findings("nowhere") == ()


def test_findings_in_words(finding):
    lines = lines_of(finding, 1)
    assert lines[0] == "Genes that differ · measured (2 rows)"
    # the arrow says what rows are ordered by
    assert lines[1].split() == ["gene", "score", "↓", "by", "chance", "spread", "values"]
    assert lines[2].split() == ["NA", "0.5", "0.02", "0.3", "measured"]
    assert len(lines) == 3


def test_the_page_holds_findings_and_escapes_names(finding, typed):
    page = "".join(finding_sections(typed.session, (finding,)))
    assert "<td>&lt;b&gt;</td>" in page
    assert "two genes &amp; more" in page
    assert "<td>1.23e+03</td>" in page
    assert "ask again" not in page
    assert finding_sections(typed.session, ()) == []


def test_findings_of_other_types_are_marked(finding, typed):
    now = inputs_of(typed.session)
    beside = replace(finding, record=replace(finding.record, step="analyse neighbours"))
    assert not out_of_date(beside, now)
    assert out_of_date(beside, {**now, "cells": "others"})
    # genes of spots do not ask for types
    assert not out_of_date(finding, {**now, "cells": "others"})
    assert out_of_date(finding, {**now, "spots": "others"})
    changed = replace(beside, record=replace(beside.record, inputs={**now, "cells": "others"}))
    assert any("ask again" in part for part in finding_sections(typed.session, (changed,)))
