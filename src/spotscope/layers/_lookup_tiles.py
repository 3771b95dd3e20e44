"""Decoded label tiles, kept so that recolouring reads nothing from disk."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TILE", "TileCache"]

#: Label tiles kept decoded are squares of this size.
TILE = 512


class TileCache:
    """Decoded label tiles, the longest unused going first; safe between threads."""

    def __init__(self, limit: int) -> None:
        self.limit, self.bytes = limit, 0
        self._tiles: OrderedDict[tuple[int, int, int], npt.NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[int, int, int], labels: Any) -> npt.NDArray[Any]:
        with self._lock:
            if key in self._tiles:
                self._tiles.move_to_end(key)
                return self._tiles[key]
        _, y, x = key
        # decoded outside the lock: two readers may do it twice, none waits for another
        tile = np.asarray(labels[y : y + TILE, x : x + TILE])
        with self._lock:
            if key not in self._tiles:
                self._tiles[key] = tile
                self.bytes += tile.nbytes
            while self.bytes > self.limit and self._tiles:
                self.bytes -= self._tiles.popitem(last=False)[1].nbytes
        return tile

    def forget(
        self, boxes: Sequence[tuple[int, int, int, int]] | None, steps: Sequence[int]
    ) -> None:
        """Drop the tiles that meet one of the boxes, in pixels of level 0; all without boxes."""
        with self._lock:
            for level, y, x in list(self._tiles):
                step = steps[level]
                low, high = (y * step, x * step), ((y + TILE) * step, (x + TILE) * step)
                if boxes is None or any(
                    b[0] < high[0] and b[2] > low[0] and b[1] < high[1] and b[3] > low[1]
                    for b in boxes
                ):
                    self.bytes -= self._tiles.pop((level, y, x)).nbytes
