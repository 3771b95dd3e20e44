"""What the labels are worth beside the baseline's is kept with the run and said in one line."""

from __future__ import annotations

from spotscope.pipeline.cli._console import Console
from spotscope.pipeline.cli._report import report


def test_the_comparison_is_kept_and_said(typed, capsys):
    told = typed.session.records["type"].figures["against_baseline"]
    assert told["spots"] > 10
    assert 0 < told["labels"] < 0.5
    assert 0 < told["baseline"] < 0.5
    assert told["nu"] == 2.0
    report(Console(), typed.session)
    assert told["sentence"] in capsys.readouterr().out
