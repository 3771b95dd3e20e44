"""What was painted in the window is painted so in what is saved."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from spotscope import pipeline
from spotscope.model import OutFile, run
from spotscope.pipeline.report._html import html_report

RED = (250, 0, 10)


def test_overview_and_outlines_have_the_colours_given_by_hand(typed, tmp_path):
    name = max(typed.session.cells.counts_per_type().items(), key=lambda pair: pair[1])[0]
    view = {"legend": {"names": {name: "Mine"}, "colours": {"Mine": list(RED)}}}
    painted = replace(typed.session, view=view)
    plain = np.asarray(pipeline.overview(typed.session)).astype(int)
    seen = np.asarray(pipeline.overview(painted)).astype(int)
    assert (np.abs(seen - RED).sum(axis=-1) < 12).sum() > 20
    assert (np.abs(plain - RED).sum(axis=-1) < 12).sum() == 0
    run(pipeline.save_session(painted, tmp_path / "out"))
    text = (tmp_path / "out" / OutFile.NUCLEI).read_text("utf-8")
    said = {
        f["properties"]["classification"]["name"]: f["properties"]["classification"]["color"]
        for f in json.loads(text)["features"]
        if f["properties"].get("classification")
    }
    assert said[name] == list(RED)


def test_the_report_has_the_names_and_colours_given_by_hand(typed):
    high, wide = typed.session.sample.slide.extent_um
    corners = [[0, 0], [0, wide], [high, wide], [high, 0]]
    first, second, *others = typed.session.cells.types
    view = {
        "legend": {
            "names": {first: "Mine & yours", second: "Mine & yours"},
            "colours": {"Mine & yours": list(RED), others[0]: [1, 2, 3]},
        },
        "regions": [{"name": "All", "classification": None, "polygon_yx_um": corners}],
    }
    page = html_report(replace(typed.session, view=view))
    mine = 'style="background:#fa000a"></span>Mine &amp; yours <small>({})</small>'
    for name in (first, second):
        assert page.count(mine.format(name)) == 2, name  # of the section, and of the region
    assert page.count("background:#010203") == 2
    plain = html_report(typed.session)
    assert "#fa000a" not in plain
    assert "Mine" not in plain
