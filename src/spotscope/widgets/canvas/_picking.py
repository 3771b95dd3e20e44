"""Which spot was clicked: a click is told from a pan on release, so panning is never delayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spotscope.model import Spots

__all__ = ["SpotPicker"]

#: A press that moves further than this, in pixels of the screen, is a pan.
STILL_PX = 4.0


class SpotPicker:
    """A mouse callback for the viewer.

    Parameters
    ----------
    picked
        Called with the index of the spot under a click, or None beside all spots.
    """

    def __init__(self, picked: Callable[[int | None], None]) -> None:
        self._picked = picked
        self._spots: Spots | None = None
        self._tree: cKDTree | None = None
        self._radius = 0.0
        #: whether a click is for somebody else
        self.paused = False

    def watch(self, spots: Spots | None) -> None:
        """Pick among these spots from now on."""
        self._spots, self._tree = spots, None
        self._radius = 0.0 if spots is None else spots.lattice.diameter_um / 2

    def nearest(self, yx_um: tuple[float, float]) -> int | None:
        """The spot whose disc covers a place, or None."""
        if self._spots is None:
            return None
        if self._tree is None:  # at the first click: half a million bins take a moment
            self._tree = cKDTree(self._spots.yx_um)
        distance, index = self._tree.query(yx_um, distance_upper_bound=self._radius)
        return int(index) if np.isfinite(distance) else None

    def __call__(self, viewer: Any, event: Any) -> Iterator[None]:
        """Follow a press to its release, as napari asks of a drag callback."""
        if event.button != 1 or event.modifiers or self._spots is None or self.paused:
            return
        start = np.asarray(event.pos, dtype=float)
        moved = 0.0
        yield
        while event.type == "mouse_move":
            moved = max(moved, float(np.hypot(*(np.asarray(event.pos, dtype=float) - start))))
            yield
        if moved <= STILL_PX:
            y, x = (float(v) for v in tuple(event.position)[-2:])
            self._picked(self.nearest((y, x)))
