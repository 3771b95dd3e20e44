"""Fixtures of the widget tests: real widgets, toy tasks."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import QCoreApplication, QEvent

from spotscope.model import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qtpy.QtWidgets import QApplication

    from spotscope.model import Task


@pytest.fixture(autouse=True)
def _no_widget_leaks(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a top-level widget of ours behind (viewers check their own)."""
    before = set(map(id, qapp.topLevelWidgets()))
    yield
    if "make_napari_viewer" in request.fixturenames:
        return  # the viewer is closed after this fixture, and looks for leaks itself
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.processEvents()
    left = [
        widget
        for widget in qapp.topLevelWidgets()
        if id(widget) not in before and type(widget).__module__.startswith("spotscope")
    ]
    kept = getattr(request.node, "qt_widgets", [])  # qtbot closes these after us
    known = {id(ref()) for ref, _ in kept}
    assert [widget for widget in left if id(widget) not in known] == []


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
