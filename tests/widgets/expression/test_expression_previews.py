"""What a run shows while it goes on: answers, and nothing that is none."""

from __future__ import annotations

import spotscope
from spotscope import pipeline
from spotscope.methods.expression import ExpressionParams
from spotscope.model import Progress
from spotscope.widgets.expression._expression_shown import ExpressionShown
from spotscope.widgets.expression._expression_tasks import infer_task


def test_the_loss_of_a_network_that_is_trained_is_no_answer(demo_files, tmp_path, monkeypatch):
    session = spotscope.read(demo_files["spots"], image=demo_files["image"])
    session = spotscope.segment(session, cache=tmp_path, model="watershed")
    session = spotscope.type_cells(session, demo_files["reference"], cache=tmp_path, nu=2.0).session
    step = pipeline.decompose_step

    def trains_first(*args, **kwargs):
        yield Progress("training", 1, 2, preview=0.98)
        return (yield from step(*args, **kwargs))

    monkeypatch.setattr(pipeline, "decompose_step", trains_first)
    said = list(infer_task(session, None, ExpressionParams(method="split"), ()))
    first, *others = [progress.preview for progress in said]
    assert said[0].stage == "training"
    assert first is None
    assert any(isinstance(preview, ExpressionShown) for preview in others)
