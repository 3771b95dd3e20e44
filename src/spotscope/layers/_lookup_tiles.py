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
Box: TypeAlias = tuple[int, int, int, int]
#: More boxes than this in a tile: all of it is read anew, when it is looked at.
_FEW = 8


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
        tile = _decoded(labels, y, x, y + TILE, x + TILE, thick)
        with self._lock:
            if key not in self._tiles:
                self._tiles[key] = tile
                self.bytes += tile.nbytes
            while self.bytes > self.limit and self._tiles:
                self.bytes -= self._tiles.popitem(last=False)[1].nbytes
        return tile

    def rectangle(
        self, level: int, labels: Any, box: Box, *, thick: bool = False
    ) -> npt.NDArray[Any]:
        """Labels of a box (y0, x0, y1, x1) in pixels of its level, put together of tiles."""
        y0, x0, y1, x1 = box
        out = np.zeros((max(y1 - y0, 0), max(x1 - x0, 0)), labels.dtype)
        for ty in range(y0 // TILE * TILE, y1, TILE):
            for tx in range(x0 // TILE * TILE, x1, TILE):
                tile = self.get((level, ty, tx, thick), labels)
                a, b = max(ty, y0), min(ty + TILE, y1)
                c, d = max(tx, x0), min(tx + TILE, x1)
                out[a - y0 : b - y0, c - x0 : d - x0] = tile[a - ty : b - ty, c - tx : d - tx]
        return out

    def renew(
        self, boxes: Sequence[Box] | None, steps: Sequence[int], levels: Sequence[Any]
    ) -> None:
        """Go by other labels, that differ in the boxes, in pixels of level 0; or everywhere.

        A few boxes are read anew alone, as a tile of a coarse level has thousands of nuclei.
        """
        with self._lock:
            for key in list(self._tiles):
                level, y, x, thick = key
                parts = None if boxes is None else _parts(boxes, steps[level], y, x)
                if parts is None or len(parts) > _FEW:
                    self.bytes -= self._tiles.pop(key).nbytes
                elif parts:
                    tile = self._tiles[key].copy()  # the one before may be read just now
                    for a, c, b, d in parts:
                        part = _decoded(levels[level], y + a, x + c, y + b, x + d, thick)
                        tile[a : a + part.shape[0], c : c + part.shape[1]] = part
                    self._tiles[key] = tile


def _parts(boxes: Sequence[Box], step: int, y: int, x: int) -> list[Box]:
    """The boxes in a tile's own pixels; what is drawn wider reaches a pixel further."""
    parts = []
    for y0, x0, y1, x1 in boxes:
        a, b = max(y0 // step - y, 0), min(-(-y1 // step) + 1 - y, TILE)
        c, d = max(x0 // step - x, 0), min(-(-x1 // step) + 1 - x, TILE)
        if a < b and c < d:
            parts.append((a, c, b, d))
    return parts


def _decoded(labels: Any, y0: int, x0: int, y1: int, x1: int, thick: bool) -> npt.NDArray[Any]:
    """A rectangle of labels, as they are or a pixel wider."""
    if not thick:
        return np.asarray(labels[y0:y1, x0:x1])
    top, left = min(y0, 1), min(x0, 1)
    return thickened(np.asarray(labels[y0 - top : y1, x0 - left : x1]))[top:, left:]


def thickened(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """(y, x) labels, each a pixel wider to the right and below, where nothing is."""
    wide = labels.copy()
    np.copyto(wide[:, 1:], labels[:, :-1], where=wide[:, 1:] == 0)
    across = wide.copy()
    np.copyto(wide[1:], across[:-1], where=wide[1:] == 0)
    return wide
