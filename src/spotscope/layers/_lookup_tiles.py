"""Decoded label tiles, kept so that recolouring reads nothing from disk.

Seen from afar a nucleus is a pixel or none, and a section mostly the gaps between them. There its
labels are drawn a pixel wider, once, when a tile is decoded.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TILE", "TileCache", "thickened"]

#: Label tiles kept decoded are squares of this size.
TILE = 512
#: Level, y, x, and whether labels are a pixel wider.
Key: TypeAlias = tuple[int, int, int, bool]


class TileCache:
    """Decoded label tiles, the longest unused going first; safe between threads."""

    def __init__(self, limit: int) -> None:
        self.limit, self.bytes = limit, 0
        self._tiles: OrderedDict[Key, npt.NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, labels: Any) -> npt.NDArray[Any]:
        """The tile of a level from (y, x) on, and whether a pixel wider than its labels are."""
        with self._lock:
            if key in self._tiles:
                self._tiles.move_to_end(key)
                return self._tiles[key]
        _, y, x, thick = key
        # decoded outside the lock: two readers may do it twice, none waits for another
        if thick:
            top, left = min(y, 1), min(x, 1)
            tile = thickened(np.asarray(labels[y - top : y + TILE, x - left : x + TILE]))
            tile = tile[top:, left:]
        else:
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
        """Drop the tiles that meet one of the boxes, in pixels of level 0; all without boxes.

        What is drawn wider reaches a pixel of its level further.
        """
        with self._lock:
            for key in list(self._tiles):
                level, y, x, _ = key
                step = steps[level]
                low, high = (y * step, x * step), ((y + TILE) * step, (x + TILE) * step)
                if boxes is None or any(
                    b[0] < high[0]
                    and b[2] + step > low[0]
                    and b[1] < high[1]
                    and b[3] + step > low[1]
                    for b in boxes
                ):
                    self.bytes -= self._tiles.pop(key).nbytes


def thickened(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(y, x) labels, each a pixel wider to the right and below, where nothing is."""
    wide = labels.copy()
    np.copyto(wide[:, 1:], labels[:, :-1], where=wide[:, 1:] == 0)
    across = wide.copy()
    np.copyto(wide[1:], across[:-1], where=wide[1:] == 0)
    return wide
