"""Python's search for garbage leaves out what is there to stay.

napari searches all there is whenever a layer goes, and Python does so by itself now and then; it
keeps its lock meanwhile, so that no thread goes on. Of all there is in a window most are libraries,
which are never garbage: with them a search keeps everything waiting for a quarter to half a second,
without them for about a tenth at most (``docs/measure/garbage.py``).
"""

from __future__ import annotations

import gc

__all__ = ["leave_out_libraries"]

_done: set[str] = set()


def leave_out_libraries(moment: str) -> None:
    """Never search again what is there now.

    Only for moments at which nobody's data are there: what is left out and later lies in a circle
    of references is never given back. So a window that comes and goes is not left out each time,
    either: each ``moment`` is taken once in a process.

    Parameters
    ----------
    moment
        Its name.
    """
    if moment not in _done:
        _done.add(moment)
        gc.freeze()
