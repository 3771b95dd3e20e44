"""UMAP as a task: the package works on a thread, and tells of every epoch where its bar would be.

Its bar writes a line an epoch to a file of the caller's; a file that counts the lines is all it
takes to know how far it is, and to stop it there.
"""

from __future__ import annotations

import io
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.model import in_background

if TYPE_CHECKING:
    from spotscope.model import Task, Tick

__all__ = ["can_lay_out", "umap_task"]

_STAGE = "laying out neighbours"
_SEED = 0
_NEIGHBOURS = 15
#: The package's own rule: more points need fewer rounds.
_FEW, _EPOCHS_FEW, _EPOCHS_MANY = 10_000, 500, 200


class _Bar(io.TextIOBase):
    """What a bar of progress is written to; every line of it is one unit."""

    def __init__(self, tick: Tick) -> None:
        self._tick = tick

    def write(self, text: str) -> int:
        if text.strip():
            self._tick()
        return len(text)


def can_lay_out() -> bool:
    """Whether UMAP is installed."""
    return find_spec("umap") is not None


def umap_task(points: npt.NDArray[np.floating[Any]]) -> Task[npt.NDArray[np.float32]]:
    """Lay points out in a plane.

    Parameters
    ----------
    points
        (point, axis), three at least.

    Returns
    -------
    (point, 2), the same for the same points.
    """
    epochs = _EPOCHS_FEW if len(points) <= _FEW else _EPOCHS_MANY

    def work(tick: Tick) -> npt.NDArray[np.float32]:
        # the first use on a machine compiles for a while: on this thread too
        layout: Any = import_module("umap").UMAP(
            random_state=_SEED,
            n_jobs=1,
            n_neighbors=min(_NEIGHBOURS, len(points) - 1),
            n_epochs=epochs,
            tqdm_kwds={"file": _Bar(tick), "disable": False, "mininterval": 0, "miniters": 1},
        )
        return np.asarray(layout.fit_transform(points), np.float32)

    return (yield from in_background(_STAGE, epochs, work, leave=True))
