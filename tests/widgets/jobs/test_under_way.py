"""Layers are added while all jobs stand still, and no job begins while one is still to come."""

from __future__ import annotations

import threading
from functools import partial

import numpy as np
import pytest
from qtpy.QtCore import QThreadPool

from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import Progress
from spotscope.widgets.canvas._stack import Stack
from spotscope.widgets.jobs._lull import Lull
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.jobs._turns import PATIENCE_S, Turns, layers_to_come
from spotscope.widgets.jobs._under_way import (
    Standstill,
    begun,
    ended,
    job_under_way,
    pass_by,
)
from spotscope.widgets.regions._lasso import Lasso

LONG = 120_000
pytestmark = pytest.mark.gui


def until(gate: threading.Event, steps: list[int] | None = None):
    """Yields until the gate opens, and counts its steps."""
    while not gate.wait(0.002):
        if steps is not None:
            steps[0] += 1
        yield Progress("long", 0, 1)


def without_a_yield(gate: threading.Event):
    """Is slow to yield."""
    yield Progress("long", 0, 1)
    gate.wait()


@pytest.fixture
def long_job(qtbot, delete_now):
    """A job that stands still for nobody until the gate opens."""
    gate, runner = threading.Event(), Runner()
    runner.run("long", lambda: without_a_yield(gate))
    qtbot.waitUntil(job_under_way)
    yield gate
    gate.set()
    qtbot.waitUntil(lambda: runner.running is None)
    delete_now(runner)


@pytest.fixture
def turns(qapp, delete_now):
    turns = Turns()
    yield turns
    delete_now(turns)


def test_a_job_is_under_way_from_its_start_to_its_end(qtbot, long_job):
    assert job_under_way()
    long_job.set()
    qtbot.waitUntil(lambda: not job_under_way())


@pytest.fixture
def steps(qtbot, delete_now):
    """How many steps a job has done that goes on for as long as the test."""
    done, gate, runner = [0], threading.Event(), Runner()
    runner.run("steps", lambda: until(gate, done))
    qtbot.waitUntil(lambda: done[0] > 3)
    yield done
    gate.set()
    qtbot.waitUntil(lambda: runner.running is None)
    delete_now(runner)


def test_long_jobs_keep_no_thread_from_others_on_few_cores(qtbot, delete_now):
    pool = QThreadPool.globalInstance()
    most, gate = pool.maxThreadCount(), threading.Event()
    pool.setMaxThreadCount(1)
    runners = [Runner() for _ in range(4)]
    done = [[0] for _ in runners]
    for runner, steps in zip(runners, done, strict=True):
        runner.run("long", partial(until, gate, steps))
    try:
        qtbot.waitUntil(lambda: all(steps[0] for steps in done))
    finally:
        gate.set()
        qtbot.waitUntil(lambda: all(runner.running is None for runner in runners))
        pool.setMaxThreadCount(most)
    for runner in runners:
        delete_now(runner)


def test_jobs_stand_still_while_anybody_asks(qtbot, steps):
    one, other = Standstill(), Standstill()
    one.begin()
    other.begin()
    one.begin()  # asked already
    qtbot.waitUntil(lambda: not job_under_way())
    one.end()
    one.end()
    done = steps[0]
    qtbot.wait(60)
    assert steps[0] == done
    assert not job_under_way()
    other.end()
    qtbot.waitUntil(lambda: steps[0] > done)
    assert job_under_way()


def test_a_job_that_stands_still_can_be_cancelled(qtbot, delete_now):
    still, runner, gate = Standstill(), Runner(), threading.Event()
    runner.run("long", lambda: until(gate))
    qtbot.waitUntil(job_under_way)
    still.begin()
    qtbot.waitUntil(lambda: not job_under_way())
    with qtbot.waitSignal(runner.cancelled):
        runner.cancel()
    still.end()
    assert not job_under_way()
    delete_now(runner)


def test_one_that_gets_its_thread_while_others_stand_still_does_so_too(qtbot, delete_now):
    still, runner, gate, done = Standstill(), Runner(), threading.Event(), [0]
    still.begin()
    gate.set()
    runner.run("late", lambda: until(gate))
    runner.succeeded.connect(lambda *_: done.append(1))
    qtbot.wait(60)
    assert done == [0]
    still.end()
    with qtbot.waitSignal(runner.idle):
        pass
    assert done == [0, 1]
    delete_now(runner)


def test_a_job_does_not_stand_still_for_ever(monkeypatch):
    monkeypatch.setattr("spotscope.widgets.jobs._under_way.PATIENCE_S", 0.0)
    still = Standstill()
    still.begin()
    begun()
    pass_by(lambda: False)
    assert job_under_way()
    ended()
    still.end()


def test_jobs_stand_still_from_a_layer_to_the_last_piece(qtbot, turns, steps):
    seen = []

    def piece():
        seen.append((job_under_way(), steps[0]))

    turns.then(piece, lambda: turns.add(piece), piece)
    with qtbot.waitSignal(turns.done):
        pass
    (ran, _), layer, after = seen
    assert ran
    assert layer == after == (False, layer[1])
    qtbot.waitUntil(lambda: steps[0] > layer[1])


def test_what_is_forgotten_lets_jobs_go_on(qtbot, steps, delete_now):
    turns = Turns()

    def endless():
        turns.then(endless)

    for end in (turns.forget, lambda: delete_now(turns)):
        turns.add(endless)
        qtbot.waitUntil(lambda: not job_under_way())
        end()
        qtbot.waitUntil(job_under_way)


def test_a_layer_waits_for_a_slow_job_and_other_pieces_do_not(qtbot, turns, long_job):
    seen = []
    turns.then(lambda: seen.append("piece"), lambda: turns.add(lambda: seen.append("layer")))
    turns.then(lambda: seen.append("after"))
    qtbot.waitUntil(lambda: seen == ["piece"])
    qtbot.wait(60)
    assert seen == ["piece"]
    long_job.set()
    with qtbot.waitSignal(turns.done):
        pass
    assert seen == ["piece", "layer", "after"]


def test_a_layer_does_not_wait_for_ever(qtbot, turns, long_job, monkeypatch):
    assert PATIENCE_S > 0.5
    monkeypatch.setattr("spotscope.widgets.jobs._turns.PATIENCE_S", 0.05)
    seen = []
    with qtbot.waitSignal(turns.done):
        turns.add(lambda: seen.append("layer"))
    assert seen == ["layer"]
    assert job_under_way()


def test_no_job_begins_while_layers_are_to_come(qtbot, turns, delete_now):
    runner, seen = Runner(), []
    runner.started.connect(lambda name: seen.append((name, turns.busy)))
    turns.then(*[lambda: seen.append("piece")] * 3)
    assert layers_to_come()
    runner.latest("job", lambda: until(gate))
    gate = threading.Event()
    gate.set()
    assert runner.running == "job"  # it is asked for, and told so
    assert not job_under_way()
    with qtbot.waitSignal(runner.idle):
        pass
    assert seen == ["piece", "piece", "piece", ("job", False)]
    delete_now(runner)


def test_a_job_held_back_can_be_cancelled_and_another_takes_its_place(qtbot, turns, delete_now):
    runner, seen = Runner(), []
    runner.started.connect(seen.append)
    gate = threading.Event()
    gate.set()
    turns.then(lambda: None)
    runner.run("first", lambda: until(gate))
    runner.cancel()
    assert runner.running is None
    runner.run("second", lambda: until(gate))
    runner.run("third", lambda: until(gate))
    with qtbot.waitSignal(runner.idle):
        pass
    assert seen == ["third"]
    delete_now(runner)


def test_turns_that_are_gone_hold_nobody_back(qapp, delete_now):
    turns = Turns()
    turns.then(lambda: None)
    assert layers_to_come()
    delete_now(turns)
    assert not layers_to_come()


def test_what_a_hand_asks_for_is_done_at_once_or_in_the_next_lull(qtbot, long_job, delete_now):
    lull, seen = Lull(), []
    lull.do("one", lambda: seen.append("old"))
    lull.do("one", lambda: seen.append("new"))
    lull.do("other", lambda: seen.append("other"))
    assert lull.waits
    assert seen == []
    long_job.set()
    qtbot.waitUntil(lambda: not lull.waits)
    assert seen == ["new", "other"]
    lull.do("one", lambda: seen.append("at once"))
    assert seen[-1] == "at once"
    delete_now(lull)


def test_a_job_stands_still_for_a_hand(qtbot, steps, delete_now):
    lull, seen = Lull(), []
    lull.do("marks", lambda: seen.append(job_under_way()))
    qtbot.waitUntil(lambda: seen == [False])
    qtbot.waitUntil(job_under_way)
    lull.do("marks", lambda: seen.append("never"))
    delete_now(lull)  # before it looks
    qtbot.waitUntil(job_under_way)
    assert seen == [False]


def test_a_hand_does_not_wait_for_a_slow_job(qtbot, long_job, delete_now, monkeypatch):
    monkeypatch.setattr("spotscope.widgets.jobs._lull.PATIENCE_S", 0.05)
    lull, seen = Lull(), []
    lull.do("marks", lambda: seen.append("marks"))
    assert seen == []
    qtbot.waitUntil(lambda: seen == ["marks"])
    assert job_under_way()
    delete_now(lull)


def test_an_outline_that_is_cleared_while_it_waits_leaves_no_layer(qtbot, make_napari_viewer):
    viewer = make_napari_viewer()
    stack = Stack(viewer)
    lasso = Lasso(viewer, stack, part="expression")
    begun()
    try:
        lasso.show(np.array([[0.0, 0.0], [0.0, 9.0], [9.0, 9.0]]))
        assert stack.lull.waits
        lasso.clear()
    finally:
        ended()
    qtbot.waitUntil(lambda: not stack.lull.waits)
    assert list(viewer.layers) == []
    lasso.close()
    stack.close(None)


# in the window ------------------------------------------------------------------------------


@pytest.fixture
def dock(empty_dock):
    return empty_dock


def test_no_layer_is_added_while_anything_runs_however_it_is_run(
    dock, qtbot, demo_files, monkeypatch
):
    for patience in "_turns.PATIENCE_S", "_lull.PATIENCE_S":  # however busy the machine is
        monkeypatch.setattr(f"spotscope.widgets.jobs.{patience}", 60.0)
    added, bench, viewer = [], dock.workbench, dock.canvas.viewer

    def note(event):
        added.append((event.value.name, job_under_way()))

    viewer.layers.events.inserted.connect(note)
    dock.open_paths([demo_files["spots"], demo_files["image"]])
    # by hand, one upon the other: what is asked for while layers come
    with qtbot.waitSignal(bench.session_opened, timeout=LONG):
        pass
    bench.open_reference(demo_files["reference"])
    side, gate, steps = Runner(dock), threading.Event(), [0]
    dock.destroyed.connect(gate.set)
    side.run("an analysis", lambda: until(gate, steps))
    qtbot.waitUntil(lambda: not dock.canvas.turns.busy and job_under_way(), timeout=LONG)
    bench.find_nuclei(SegmentationParams(model="watershed"))
    # the hand goes on: regions can be drawn, and a tool's layer comes at once
    middle = bench.session.sample.spots.yx_um.mean(axis=0)
    square = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]]) * 60.0
    dock.explorer.regions.add(middle + square)
    assert len(dock.canvas.stack["regions"].data) == 1
    dock.office.align.mark(*middle)
    dock.office.align.mark(*(middle + 5))
    qtbot.waitUntil(lambda: "landmarks" in dock.canvas.stack)
    qtbot.waitUntil(lambda: bench.facts.nuclei and not dock.busy, timeout=LONG)
    parts = ["H&E", "spots", "regions", "region names", "nuclei", "landmarks"]
    assert sorted(name.rpartition(" · ")[2] for name, _ in added) == sorted(parts)
    assert [name for name, ran in added if ran] == []
    done = steps[0]  # the analysis outlives them all
    qtbot.waitUntil(lambda: steps[0] > done)
    gate.set()
    qtbot.waitUntil(lambda: side.running is None)
    viewer.layers.events.inserted.disconnect(note)


def test_another_sample_stops_what_is_asked_of_the_one_before(dock, qtbot, demo_files):
    dock.open_paths([demo_files["spots"], demo_files["image"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.spots and not dock.busy, timeout=LONG)
    gate, runner = threading.Event(), dock.explorer.analysis._runner
    runner.run("variable", lambda: until(gate))
    with qtbot.waitSignals([runner.cancelled, dock.workbench.session_opened], timeout=LONG):
        dock.open_paths([demo_files["spots"], demo_files["image"]])
    assert not gate.is_set()
