"""A job's warnings are for programmers; everybody else's are shown as ever, also after it."""

from __future__ import annotations

import gc
import logging
import threading
import warnings

from spotscope.model import NotConvergedWarning, Progress
from spotscope.widgets.jobs._worker import TaskWorker


def told(go: threading.Event, *messages: Warning):
    """Waits at its yield until told; then warns of what it has to say."""
    yield Progress("waiting", 0, 1)
    go.wait(10)
    for message in messages:
        warnings.warn(message, stacklevel=1)


def begin(qtbot, task) -> TaskWorker:
    worker = TaskWorker(task)
    with qtbot.waitSignal(worker.progressed):
        worker.start()
    return worker


def end(qtbot, worker, go) -> None:
    with qtbot.waitSignal(worker.finished):
        go.set()


def test_jobs_that_overlap_leave_warnings_as_they_were(qtbot):
    before, filters = warnings.showwarning, list(warnings.filters)
    events = threading.Event(), threading.Event()
    first = begin(qtbot, told(events[0]))
    second = begin(qtbot, told(events[1]))
    end(qtbot, first, events[0])
    del first
    end(qtbot, second, events[1])
    del second
    gc.collect()
    assert warnings.showwarning is before
    assert warnings.filters == filters


def test_a_library_s_warning_goes_to_the_log_and_others_are_shown(qtbot, monkeypatch, caplog):
    shown = []
    monkeypatch.setattr(warnings, "showwarning", lambda message, *_, **__: shown.append(message))
    warnings.simplefilter("always")
    go = threading.Event()
    with caplog.at_level(logging.INFO, logger="spotscope"):
        worker = begin(qtbot, told(go, UserWarning("of a library"), NotConvergedWarning("ours")))
        warnings.warn("of the window", UserWarning, stacklevel=1)
        end(qtbot, worker, go)
    assert [str(message) for message in shown] == ["of the window", "ours"]
    assert "of a library" in caplog.text


def test_who_saved_the_hook_during_a_job_may_put_it_back_after(qtbot, monkeypatch):
    shown = []
    monkeypatch.setattr(warnings, "showwarning", lambda message, *_, **__: shown.append(message))
    go = threading.Event()
    worker = begin(qtbot, told(go))
    with warnings.catch_warnings():
        end(qtbot, worker, go)
    del worker
    gc.collect()
    warnings.simplefilter("always")
    warnings.warn("later", UserWarning, stacklevel=1)
    for _ in range(2):  # nor does the next job take it for the usual one
        go = threading.Event()
        end(qtbot, begin(qtbot, told(go)), go)
        warnings.warn("again", UserWarning, stacklevel=1)
    assert [str(message) for message in shown] == ["later", "again", "again"]
