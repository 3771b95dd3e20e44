"""One task at a time; the newest request wins."""

from __future__ import annotations

import threading

import pytest

from spotscope.model import Progress
from spotscope.widgets.jobs._runner import Runner


@pytest.fixture
def runner(qtbot, delete_now):
    runner = Runner()
    yield runner
    runner.cancel()
    qtbot.waitUntil(lambda: runner.running is None)
    delete_now(runner)


def gated(gate: threading.Event, answer: object):
    """Yields until the gate opens, then answers."""
    while not gate.wait(0.002):
        yield Progress("waiting", 0, 1)
    return answer


def test_a_result_carries_the_name_of_its_request(qtbot, runner, count_to):
    said = []
    runner.succeeded.connect(lambda *args: said.append(args))
    with qtbot.waitSignal(runner.idle):
        runner.run("count", lambda: count_to(2))
    assert said == [("count", 2)]
    assert runner.running is None


def test_a_new_run_cancels_the_one_under_way(qtbot, runner, count_to):
    log = []
    runner.cancelled.connect(lambda name: log.append(("cancelled", name)))
    runner.succeeded.connect(lambda name, _: log.append(("succeeded", name)))
    never = threading.Event()
    with qtbot.waitSignal(runner.progressed):
        runner.run("old", lambda: gated(never, 1))
    with qtbot.waitSignal(runner.idle):
        runner.run("new", lambda: count_to(1))
    assert log == [("cancelled", "old"), ("succeeded", "new")]


def test_of_many_waiting_only_the_newest_is_run(qtbot, runner, count_to):
    gate = threading.Event()
    seen = []
    runner.succeeded.connect(lambda _, result: seen.append(result))
    with qtbot.waitSignal(runner.progressed):
        runner.latest("nu", lambda: gated(gate, "first"))
    for value in range(1, 30):
        runner.latest("nu", lambda value=value: count_to(value))
    with qtbot.waitSignal(runner.idle):
        gate.set()
    assert seen == ["first", 29]


def test_a_slider_waits_behind_a_run_that_waits(qtbot, runner, count_to):
    seen = []
    runner.succeeded.connect(lambda name, _: seen.append(name))
    never = threading.Event()
    with qtbot.waitSignal(runner.progressed):
        runner.run("old", lambda: gated(never, 1))
    runner.run("segment", lambda: count_to(1))
    with qtbot.waitSignal(runner.idle):
        runner.latest("nu", lambda: count_to(2))
    assert seen == ["segment", "nu"]


def test_an_error_is_passed_on_and_the_next_task_still_runs(qtbot, runner, count_to):
    error = RuntimeError("no")
    said = []
    runner.failed.connect(lambda *args: said.append(args))
    with qtbot.waitSignal(runner.idle):
        runner.run("bad", lambda: count_to(1, error=error))
    assert said == [("bad", error)]
    with qtbot.waitSignal(runner.succeeded):
        runner.run("good", lambda: count_to(1))


def test_a_closed_runner_says_nothing_and_closes_its_task(qtbot, delete_now):
    closed = threading.Event()

    def task():
        try:
            while True:
                yield Progress("waiting", 0, 1)
        finally:
            closed.set()

    runner = Runner()
    said = []
    runner.cancelled.connect(said.append)
    with qtbot.waitSignal(runner.progressed):
        runner.run("endless", task)
    runner.close()
    qtbot.waitUntil(lambda: runner.running is None)
    assert closed.is_set()
    assert said == []
    delete_now(runner)
