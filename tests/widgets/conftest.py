"""Fixtures of the widget tests: real widgets, toy tasks."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import QCoreApplication, QEvent, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QWidget

from spotscope.model import Progress
from spotscope.pipeline._demo import DEMO_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot
    from qtpy.QtCore import QObject
    from qtpy.QtWidgets import QApplication

    from spotscope.evaluation import DemoSample
    from spotscope.model import Task
    from spotscope.widgets import SpotscopeWidget


@pytest.fixture(scope="session")
def libraries_aside() -> set[str]:
    """Modules that need not be gone through for garbage any more."""
    import napari  # noqa: F401 — with all it brings, before what is there is set aside

    from spotscope.widgets.jobs import _garbage

    # done here, between windows: one that a test made first would never go
    _garbage._done.update(("window", "warm"))
    return set()


@pytest.fixture(autouse=True)
def _libraries_are_no_garbage(libraries_aside: set[str], qapp: QApplication) -> None:
    """Layers that go and viewers that close search for garbage: libraries are left out of it.

    Each time many have come since; before a test has made anything of its own, and not while a
    window of the test before is still about: what is set aside is never taken away any more.
    """
    if len(sys.modules.keys() - libraries_aside) > 50 and not qapp.allWidgets():
        libraries_aside.update(sys.modules)
        gc.collect()
        gc.freeze()


@pytest.fixture(autouse=True)
def _no_button_is_held(qapp: QApplication) -> Iterator[None]:
    """A test that presses the mouse and does not let go is not to hold it for those after it."""
    yield
    if qapp.mouseButtons() != Qt.MouseButton.NoButton:
        ground = QWidget()
        ground.show()
        for button in Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton:
            QTest.mouseRelease(ground, button)
        ground.close()
        ground.deleteLater()
        assert qapp.mouseButtons() == Qt.MouseButton.NoButton


@pytest.fixture(autouse=True)
def _no_widget_leaks(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a top-level widget of ours behind (viewers check their own)."""
    before = set(map(id, qapp.topLevelWidgets()))
    yield
    if "make_napari_viewer" in request.fixturenames:
        return  # the viewer is closed after this fixture, and looks for leaks itself
    known = [ref() for ref, _ in getattr(request.node, "qt_widgets", [])]  # qtbot closes these

    def left() -> list[QWidget]:
        return [
            widget
            for widget in qapp.topLevelWidgets()
            if id(widget) not in before
            and type(widget).__module__.startswith("spotscope")
            and not any(widget is other for other in known)
        ]

    if left():
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qapp.processEvents()
    assert left() == []


@pytest.fixture
def count_to() -> Callable[..., Task[int]]:
    """A task that yields 1 … n and returns n."""

    def task(n: int, log: list[str] | None = None, error: Exception | None = None) -> Task[Any]:
        try:
            for i in range(n):
                yield Progress("counting", i + 1, n)
            if error is not None:
                raise error
            return n
        finally:
            if log is not None:
                log.append("closed")

    return task


@pytest.fixture(scope="session")
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the steps of all widget tests are kept."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _own_cache(cache_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep results beside the tests, not in the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_home))
    monkeypatch.setenv("LOCALAPPDATA", str(cache_home))


@pytest.fixture(autouse=True)
def _nothing_compiles_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every window of the tests is the first of its cache; none starts a program that compiles."""
    monkeypatch.setattr("spotscope.widgets.jobs._compile_ahead._can_start", lambda: False)


@pytest.fixture(scope="session")
def demo_files(demo: DemoSample, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The small demo as files, by role: image, spots, reference."""
    folder = tmp_path_factory.mktemp("demo")
    demo.write(folder)
    return {role: folder / name for role, name in DEMO_FILES.items()}


@pytest.fixture
def viewer(make_napari_viewer: Callable[..., Any]) -> Any:
    """A viewer of napari; files whose tests need to see it have one that is shown."""
    return make_napari_viewer()


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept from before. Asked for ahead of the dock that is to see it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def empty_dock(viewer: Any, qtbot: QtBot) -> Iterator[SpotscopeWidget]:
    """The dock in that viewer, nothing open; shut when the test is over."""
    from deeds_room import rest

    from spotscope.widgets import SpotscopeWidget

    dock = SpotscopeWidget(viewer)
    viewer.window.add_dock_widget(dock, name="spotscope")
    yield dock
    dock.shut()
    rest(qtbot, dock)


@pytest.fixture
def dock(
    make_napari_viewer: Callable[..., Any], qtbot: QtBot, demo_files: dict[str, Path]
) -> Iterator[SpotscopeWidget]:
    """A window that is shown, with the demo's sample and reference; files may have their own."""
    from deeds_room import open_demo, rest

    dock = open_demo(qtbot, make_napari_viewer(show=True), demo_files)
    yield dock
    dock.shut()
    rest(qtbot, dock)


@pytest.fixture
def delete_now(qapp: QApplication) -> Callable[[QObject], None]:
    """Delete an object without a parent here and now, not in whichever thread collects garbage."""

    def delete(thing: QObject) -> None:
        thing.deleteLater()
        QCoreApplication.sendPostedEvents(thing, QEvent.Type.DeferredDelete)

    return delete
