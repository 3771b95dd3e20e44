"""Work on a thread, seen as a task."""

from __future__ import annotations

import itertools
import threading

import pytest

from spotscope.model import ReadError, run
from spotscope.model._background import in_background


def test_the_result_comes_back_after_the_last_unit():
    seen = []

    def work(tick):
        for _ in range(3):
            tick()
        return "done"

    assert run(in_background("reading", 3, work), seen.append) == "done"
    assert (seen[-1].done, seen[-1].total) == (3, 3)
    assert all(a.done <= b.done for a, b in itertools.pairwise(seen))


def test_closing_it_ends_the_thread_at_its_next_unit():
    started, units = threading.Event(), []

    def work(tick):
        started.set()
        while True:
            tick()
            units.append(1)

    task = in_background("reading", 10, work)
    next(task)
    assert started.wait(5)
    task.close()
    stopped_at = len(units)
    assert not [t for t in threading.enumerate() if t.name.startswith("spotscope-work")]
    assert len(units) == stopped_at


def test_work_that_may_be_left_is_not_waited_for_and_ends_at_its_next_unit():
    started, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work(tick):
        started.set()
        go_on.wait(5)
        try:
            tick()
        finally:
            ended.set()

    task = in_background("compiling", 1, work, leave=True)
    next(task)
    assert started.wait(5)
    task.close()
    assert not ended.is_set()
    go_on.set()
    assert ended.wait(5)


def test_an_error_on_the_thread_is_raised_here():
    def work(_tick):
        raise ReadError("Expected a slide, found none.")

    with pytest.raises(ReadError, match="found none"):
        run(in_background("reading", 1, work))
