"""``spotscope bench interface``, run in the window it measures."""

from __future__ import annotations

from importlib import import_module

from spotscope.model import MissingDependencyError
from spotscope.pipeline._window import has_screen

__all__ = ["bench_interface"]


def bench_interface() -> str:
    """Measure the window; a table in Markdown.

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
    return str(bench.interface_bench())
