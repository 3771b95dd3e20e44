"""Outlines drawn as labels, any part of the slide at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np
import numpy.typing as npt

from spotscope.model import ray_directions

if TYPE_CHECKING:
    from spotscope.model import StarConvex

__all__ = ["LabelDrawer"]

#: Nuclei are looked up in squares of this size, in pixels.
_BUCKET_PX = 256


class LabelDrawer:
    """Draws nuclei into label tiles.

    A pixel belongs to a nucleus when its centre lies inside the outline; in two, it goes to the
    more probable (then to the smaller label). A nucleus that covers no pixel centre gets the one
    nearest to its own. Where a tile begins changes nothing: tiles put together are the whole.

    Parameters
    ----------
    outlines
        The nuclei; each is drawn with its label.
    mpp
        µm per pixel of the label image.
    origin_um
        Centre of pixel (0, 0), y and x alike: 0 for the slide's own pixels, and
        ``(mpp - slide.mpp) / 2`` for those of a coarser level.
    """

    def __init__(self, outlines: StarConvex, mpp: float, origin_um: float = 0.0) -> None:
        self._centres = (outlines.yx_um - origin_um) / mpp
        self._radii, self._mpp = outlines.radii_um, mpp
        self._rays = ray_directions(outlines.n_rays)
        self._labels = outlines.label_id
        # drawn from the least to the most probable: the last one keeps the pixel
        order = np.lexsort((-np.arange(outlines.n), outlines.probability))
        self._rank = np.empty(outlines.n, np.int64)
        self._rank[order] = np.arange(outlines.n)
        # half a pixel at least: the pixel nearest to the centre may lie outside the outline
        self._reach = np.maximum(outlines.reach_um() / mpp, 0.5)
        self._index()

    def _index(self) -> None:
        """Sort nuclei by the bucket of their centre, so that a row of buckets is one slice."""
        bucket = np.floor(self._centres / _BUCKET_PX).astype(np.int64)
        self._first = bucket.min(axis=0) if len(bucket) else np.zeros(2, np.int64)
        bucket -= self._first
        self._columns = int(bucket[:, 1].max()) + 1 if len(bucket) else 1
        self._rows = int(bucket[:, 0].max()) + 1 if len(bucket) else 0
        flat = bucket[:, 0] * self._columns + bucket[:, 1]
        self._sorted = np.argsort(flat, kind="stable")
        self._starts = np.searchsorted(
            flat[self._sorted], np.arange(self._rows * self._columns + 1)
        )

    def touching(self, y0: int, x0: int, height: int, width: int) -> npt.NDArray[np.intp]:
        """Rows of the nuclei whose box meets a tile, in the order in which they are drawn."""
        if not self._rows:
            return np.zeros(0, np.intp)
        begin, end = np.array([y0, x0]), np.array([y0 + height, x0 + width])
        margin = self._reach.max()
        low = np.floor((begin - margin) / _BUCKET_PX).astype(int) - self._first
        high = np.floor((end + margin) / _BUCKET_PX).astype(int) - self._first
        left, right = max(low[1], 0), min(high[1], self._columns - 1)
        rows = range(max(low[0], 0), min(high[0], self._rows - 1) + 1)
        if left > right or not rows:
            return np.zeros(0, np.intp)
        first = [self._starts[row * self._columns + left] for row in rows]
        last = [self._starts[row * self._columns + right + 1] for row in rows]
        near = np.concatenate([self._sorted[a:b] for a, b in zip(first, last, strict=True)])
        reach = self._reach[near, None]
        meets = (self._centres[near] + reach >= begin) & (self._centres[near] - reach <= end)
        near = near[meets.all(axis=1)]
        return near[np.argsort(self._rank[near])]

    def draw(self, y0: int, x0: int, height: int, width: int) -> npt.NDArray[np.uint32]:
        """Draw one tile.

        Parameters
        ----------
        y0, x0
            First pixel of the tile.
        height, width
            Its size.

        Returns
        -------
        (height, width) labels, 0 where there is no nucleus.
        """
        tile = np.zeros((height, width), np.uint32)
        nuclei = self.touching(y0, x0, height, width)
        if len(nuclei):
            shapes = self._centres, self._radii, self._rays, self._mpp
            _draw(tile, y0, x0, nuclei, self._labels, *shapes)
        return tile


@numba.njit(cache=True, nogil=True)
def _draw(tile, y0, x0, nuclei, labels, centres, radii, rays, mpp):  # type: ignore[no-untyped-def]
    crossings = np.empty(len(rays))
    for i in nuclei:
        polygon = centres[i] + (radii[i].astype(np.float64) / mpp).reshape(-1, 1) * rays
        label = labels[i]
        first = int(np.ceil(polygon[:, 0].min()))
        last = int(np.floor(polygon[:, 0].max()))
        covered = 0
        for y in range(first, last + 1):
            n = _cross(polygon, y, crossings)
            for k in range(0, n - 1, 2):
                begin = int(np.ceil(crossings[k]))
                end = int(np.ceil(crossings[k + 1]))
                covered += end - begin
                if not 0 <= y - y0 < tile.shape[0]:
                    continue
                for x in range(max(begin, x0), min(end, x0 + tile.shape[1])):
                    tile[y - y0, x - x0] = label
        if covered == 0:
            y, x = int(np.rint(centres[i, 0])) - y0, int(np.rint(centres[i, 1])) - x0
            if 0 <= y < tile.shape[0] and 0 <= x < tile.shape[1]:
                tile[y, x] = label


@numba.njit(cache=True, nogil=True)
def _cross(polygon, y, crossings):  # type: ignore[no-untyped-def]
    """Where the row y crosses the polygon, in rising x; returns how often."""
    n = 0
    rays = len(polygon)
    for a in range(rays):
        b = a + 1 if a + 1 < rays else 0
        ya, yb = polygon[a, 0], polygon[b, 0]
        # half-open, so that a corner on the row counts once
        if (ya <= y) == (yb <= y):
            continue
        x = polygon[a, 1] + (y - ya) / (yb - ya) * (polygon[b, 1] - polygon[a, 1])
        k = n
        while k > 0 and crossings[k - 1] > x:
            crossings[k] = crossings[k - 1]
            k -= 1
        crossings[k] = x
        n += 1
    return n
