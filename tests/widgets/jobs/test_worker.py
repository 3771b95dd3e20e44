"""The bridge: one of result, error, cancel; then finished, always."""

from __future__ import annotations

import sys
import threading

import pytest

from spotscope.model import Progress
from spotscope.widgets.jobs._worker import TaskWorker


def endless(closed: threading.Event):
    """A task that ends only by being closed."""
    try:
        i = 0
        while True:
            i += 1
            yield Progress("waiting", 0, 1)
    finally:
        closed.set()


def test_the_result_arrives(qtbot, count_to):
    results = []
    worker = TaskWorker(count_to(3))
    worker.returned.connect(results.append)
    with qtbot.waitSignal(worker.finished):
        worker.start()
    assert results == [3]


def test_progress_arrives_in_order(qtbot, count_to):
    seen = []
    worker = TaskWorker(count_to(4))
    worker.progressed.connect(seen.append)
    with qtbot.waitSignal(worker.finished):
        worker.start()
    assert [p.done for p in seen] == [1, 2, 3, 4]


def test_cancel_closes_the_task_at_once(qtbot):
    closed = threading.Event()
    worker = TaskWorker(endless(closed))
    worker.progressed.connect(lambda _: worker.quit())
    closed_when_told = []
    worker.cancelled.connect(lambda: closed_when_told.append(closed.is_set()))
    with qtbot.waitSignals([worker.cancelled, worker.finished]):
        worker.start()
    assert closed_when_told == [True]


def test_a_cancelled_task_returns_nothing(qtbot):
    results = []
    worker = TaskWorker(endless(threading.Event()))
    worker.returned.connect(results.append)
    worker.progressed.connect(lambda _: worker.quit())
    with qtbot.waitSignal(worker.finished):
        worker.start()
    assert results == []


@pytest.mark.parametrize("error", [RuntimeError("out of memory"), ValueError("no")])
def test_an_error_in_the_task_arrives_and_finished_follows(qtbot, count_to, error):
    said = []
    worker = TaskWorker(count_to(2, error=error))
    worker.errored.connect(said.append)
    worker.finished.connect(lambda: said.append("finished"))
    with qtbot.waitSignal(worker.finished):
        worker.start()
    assert said == [error, "finished"]
    assert not worker.is_running


def test_an_error_closes_the_task(qtbot, count_to):
    log: list[str] = []
    worker = TaskWorker(count_to(2, log, RuntimeError("no")))
    with qtbot.waitSignal(worker.finished):
        worker.start()
    assert log == ["closed"]


def test_a_worker_cancelled_before_it_starts_still_finishes(qtbot, count_to):
    worker = TaskWorker(count_to(3))
    worker.quit()
    with qtbot.waitSignals([worker.cancelled, worker.finished]):
        worker.start()


def test_the_slot_runs_on_the_thread_of_the_window(qtbot, count_to):
    threads = []
    worker = TaskWorker(count_to(1))
    worker.returned.connect(lambda _: threads.append(threading.current_thread()))
    with qtbot.waitSignal(worker.finished):
        worker.start()
    assert threads == [threading.main_thread()]


def test_while_a_worker_runs_the_window_soon_gets_the_lock(qtbot):
    usual, seen = sys.getswitchinterval(), []

    def task():
        yield Progress("looking", 0, 1)
        seen.append(sys.getswitchinterval())

    worker = TaskWorker(task())
    with qtbot.waitSignal(worker.finished, timeout=5000):
        worker.start()
    qtbot.waitUntil(lambda: sys.getswitchinterval() == usual, timeout=5000)
    assert seen[0] < usual
