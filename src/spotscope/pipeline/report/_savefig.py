"""matplotlib's drawing as a task: it says how far it is, and can be stopped.

It draws in one call that knows neither, so it draws on a thread of its own, and what there is most
of (nuclei, spots) is drawn in parts, each of which is counted before it begins.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import TYPE_CHECKING, Any

from spotscope.model import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.model import Task

__all__ = ["save_figure"]

_LOOK_S = 0.05


class _StoppedError(Exception):
    """Raised into matplotlib when nobody waits for the figure any more."""


def save_figure(figure: Any, path: Path, parts: list[Any], **how: Any) -> Task[None]:
    """Draw a figure into a file.

    Parameters
    ----------
    figure
        Of matplotlib.
    path
        Where to.
    parts
        Its artists that take the time, about as long each.
    how
        As for ``Figure.savefig``.
    """
    begun, stopped = [0], Event()

    def counted(draw: Any) -> Any:
        def drawing(renderer: Any, *more: Any) -> Any:
            if stopped.is_set():
                raise _StoppedError
            begun[0] += 1
            return draw(renderer, *more)

        return drawing

    for part in parts:
        part.draw = counted(part.draw)

    total = max(len(parts), 1)
    with ThreadPoolExecutor(1, "figure") as pool:
        drawn = pool.submit(figure.savefig, path, **how)
        try:
            while not drawn.done():
                yield Progress("drawing the figure", min(begun[0], total), total + 1)
                wait([drawn], timeout=_LOOK_S)
        finally:
            stopped.set()  # of no account where it is done
        drawn.result()
    yield Progress("drawing the figure", total + 1, total + 1)
