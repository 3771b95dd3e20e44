"""What the first run needs is compiled beside the window, once, and said while it lasts."""

import subprocess
import sys

import pytest

from spotscope import pipeline
from spotscope.widgets.jobs import _compile_ahead
from spotscope.widgets.jobs._compile_ahead import CompileAhead

LONG = 120_000
pytestmark = pytest.mark.gui


@pytest.fixture
def programs(monkeypatch, own_cache):
    """Programs that were started: each is a Python that ends when its input is closed."""
    started = []

    def start():
        waits = [sys.executable, "-c", "import sys; sys.stdin.read()"]
        started.append(subprocess.Popen(waits, stdin=subprocess.PIPE))
        return started[-1]

    monkeypatch.setattr(_compile_ahead, "_can_start", lambda: True)
    monkeypatch.setattr(_compile_ahead, "_program", None)
    monkeypatch.setattr(pipeline, "start_compiling", start)
    yield started
    for program in started:
        program.communicate()


def test_one_program_serves_all_docks_and_its_end_is_told(programs, qtbot):
    first, second = CompileAhead(), CompileAhead()
    assert len(programs) == 1
    assert first.busy
    assert second.busy
    with qtbot.waitSignals([first.done, second.done], timeout=LONG):
        programs[0].stdin.close()
    assert not first.busy
    third = CompileAhead()
    assert len(programs) == 1
    assert not third.busy


def test_where_it_has_been_compiled_nothing_is_started(programs):
    from spotscope.pipeline._compiled import mark_compiled

    mark_compiled()
    assert not CompileAhead().busy
    assert programs == []


def test_a_packed_application_starts_nothing(programs, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert not _compile_ahead._can_start()
    monkeypatch.setattr(sys, "frozen", False, raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert _compile_ahead._can_start()
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert not _compile_ahead._can_start()


def test_what_a_run_will_cost_says_that_it_is_the_first(programs, empty_dock, demo_files, qtbot):
    run_all, said = empty_dock.office.run_all, empty_dock.office.run_all.line
    empty_dock.open_paths([demo_files["spots"], demo_files["reference"]])
    qtbot.waitUntil(lambda: "GB" in said.text() and not empty_dock.busy, timeout=LONG)
    assert said.text().endswith("GB, longer this first time")
    programs[0].stdin.close()
    qtbot.waitUntil(lambda: said.text().endswith("GB"), timeout=LONG)
    assert run_all.left
