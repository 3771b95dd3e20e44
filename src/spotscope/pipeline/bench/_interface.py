"""``spotscope bench interface``, run in the window it measures."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from spotscope.model import MissingDependencyError, Progress
from spotscope.pipeline._window import has_screen
from spotscope.pipeline.bench._interface_peer import ask_viewer

if TYPE_CHECKING:
    from spotscope.model import Task

__all__ = ["bench_interface"]


def bench_interface(peer_python: str | None = None, peer_limit: float = 1800.0) -> Task[str]:
    """Measure the window; a table in Markdown.

    Parameters
    ----------
    peer_python
        Interpreter of an environment with napari-spatialdata, to be measured beside; None measures
        ours alone.
    peer_limit
        Seconds it has.

    Raises
    ------
    MissingDependencyError
        If there is no screen, or napari is not installed.
    """
    if not has_screen():
        raise MissingDependencyError(
            "Expected a screen to measure the window on, found none; use a virtual one: xvfb-run "
            "spotscope bench interface."
        )
    try:
        bench = import_module("spotscope.widgets.bench")
    except ImportError as err:
        raise MissingDependencyError(
            f'Expected napari and Qt, found {err}; pip install "spotscope[napari]" pyqt6.'
        ) from err
    peer = None
    if peer_python is not None:
        peer = yield from ask_viewer(peer_python, peer_limit)
    yield Progress("the window", 0, 1)
    return str(bench.interface_bench(peer=peer))
