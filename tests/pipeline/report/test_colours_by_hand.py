"""What was painted in the window is painted so in what is saved."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from spotscope import pipeline
from spotscope.model import OutFile, run

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
