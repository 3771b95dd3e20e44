"""The label pyramid after an edit: what was there, with small patches drawn anew on every level.

A pixel of a coarser level is every second pixel of the finer one. So a patch that begins and ends
at pixels of the coarsest level is drawn once, at full resolution, and every level takes its share:
the pyramid is the same, pixel by pixel, as if all of it were drawn anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation import LabelDrawer, same_outlines
from spotscope.model import Labels, Progress, StarConvex
from spotscope.pipeline.segmentation._drawn_labels import DrawnLabels, bare_levels

if TYPE_CHECKING:
    import dask.array as da

    from spotscope.model import Task

__all__ = ["PatchedLabels", "patch_labels"]

#: Side of the squares that patches are kept in, in pixels of their level: a few nuclei.
_BLOCK = 64
#: Patches drawn between two reports.
_TURN = 200

Box: TypeAlias = tuple[int, int, int, int]
Blocks: TypeAlias = Mapping[tuple[int, int], npt.NDArray[np.uint32]]


@dataclass(frozen=True, slots=True, eq=False)
class PatchedLabels(DrawnLabels):
    """A label pyramid with patches; it shares what was not touched with the one before.

    Parameters
    ----------
    base
        The pyramid below the patches.
    blocks
        Of every level: squares by their number (row, column), that replace what is below.
    boxes
        (y0, x0, y1, x1) in pixels of level 0: what the last edit has changed.
    """

    base: Labels = field(kw_only=True)
    blocks: tuple[Blocks, ...] = field(kw_only=True)
    boxes: tuple[Box, ...] = field(kw_only=True)


def patch_labels(labels: Labels, before: StarConvex, after: StarConvex) -> Task[Labels]:
    """Draw the labels anew where nuclei have changed.

    Parameters
    ----------
    labels
        Drawn from ``before``; levels halve in size.
    before, after
        The nuclei; what is unchanged has the same label in both.

    Returns
    -------
    The same pyramid where nothing changed, else one of patches over it.
    """
    was = same_outlines(before, after)
    new = np.flatnonzero(was < 0)
    left = np.ones(before.n, bool)
    left[was[was >= 0]] = False
    gone = np.flatnonzero(left)
    if not len(gone) and not len(new):
        return labels
    yield Progress("drawing the edit", 0, 1)
    steps = [
        round(labels.levels[0].shape[0] / level.shape[0]) if level.shape[0] > 1 else 2**k
        for k, level in enumerate(labels.levels)
    ]
    shape = (int(labels.levels[0].shape[0]), int(labels.levels[0].shape[1]))
    touched = [before.take(gone), after.take(new)]
    boxes = [box for part in touched for box in _boxes(part, labels.mpp, max(steps), shape) if box]
    drawer = LabelDrawer(_near(after, boxes, labels.mpp), labels.mpp)
    base = labels.base if isinstance(labels, PatchedLabels) else labels
    kept = labels.blocks if isinstance(labels, PatchedLabels) else ({},) * len(base.levels)
    canvases = [
        _Canvas(level, blocks) for level, blocks in zip(bare_levels(base), kept, strict=True)
    ]
    for done, (y0, x0, y1, x1) in enumerate(boxes):
        if done % _TURN == 0:
            yield Progress("drawing the edit", done, len(boxes))
        patch = drawer.draw(y0, x0, y1 - y0, x1 - x0)
        for step, canvas in zip(steps, canvases, strict=True):
            canvas.paste(y0 // step, x0 // step, patch[::step, ::step])
    bare = tuple(_PatchedLevel(canvas.below, canvas.blocks) for canvas in canvases)
    return PatchedLabels(
        tuple(map(_lazy, bare, base.levels)),
        labels.mpp,
        bare=bare,
        base=base,
        blocks=tuple(canvas.blocks for canvas in canvases),
        boxes=tuple(boxes),
    )


def _boxes(nuclei: StarConvex, mpp: float, step: int, shape: tuple[int, int]) -> list[Box]:
    """A box of pixels around each nucleus, from and to pixels of the coarsest level."""
    if not nuclei.n:
        return []
    polygons = nuclei.polygons() / mpp
    # a nucleus without any pixel centre is drawn at the one next to it: one pixel more
    low = np.floor(polygons.min(axis=1)).astype(int) - 1
    high = np.ceil(polygons.max(axis=1)).astype(int) + 2
    low = np.maximum(low // step * step, 0)
    high = np.minimum(-(-high // step) * step, shape)
    return [
        (int(y0), int(x0), int(y1), int(x1))
        for (y0, x0), (y1, x1) in zip(low, high, strict=True)
        if y1 > y0 and x1 > x0
    ]


def _near(nuclei: StarConvex, boxes: list[Box], mpp: float) -> StarConvex:
    """The nuclei that may reach into one of the boxes."""
    if not nuclei.n or not boxes:
        return nuclei
    corners = np.array(boxes) * mpp
    reach = float(nuclei.reach_um().max()) + 2 * mpp
    low, high = corners[:, :2].min(axis=0) - reach, corners[:, 2:].max(axis=0) + reach
    near = np.flatnonzero(((nuclei.yx_um >= low) & (nuclei.yx_um <= high)).all(axis=1))
    # with its own labels: what is drawn here must be drawn as it was there
    part = nuclei.take(near)
    return StarConvex(part.yx_um, part.radii_um, part.probability, nuclei.label_id[near])


class _Canvas:
    """One level: squares that were drawn anew, over the array below."""

    def __init__(self, below: Any, blocks: Blocks) -> None:
        self.below = below
        self.blocks: dict[tuple[int, int], npt.NDArray[np.uint32]] = dict(blocks)
        self._own: set[tuple[int, int]] = set()

    def paste(self, y: int, x: int, patch: npt.NDArray[np.uint32]) -> None:
        """Put a patch with its first pixel at (y, x)."""
        height, width = patch.shape
        for row in range(y // _BLOCK, -(-(y + height) // _BLOCK)):
            for column in range(x // _BLOCK, -(-(x + width) // _BLOCK)):
                block = self._block(row, column)
                top, left = row * _BLOCK, column * _BLOCK
                a, b = max(y, top), min(y + height, top + block.shape[0])
                c, d = max(x, left), min(x + width, left + block.shape[1])
                block[a - top : b - top, c - left : d - left] = patch[a - y : b - y, c - x : d - x]

    def _block(self, row: int, column: int) -> npt.NDArray[np.uint32]:
        """A square to write on: a copy, as the one before may still be shown, or come back."""
        key = row, column
        if key not in self._own:
            y, x = row * _BLOCK, column * _BLOCK
            below = self.blocks.get(key)
            if below is None:
                below = _pixels(self.below, y, x, y + _BLOCK, x + _BLOCK)
            self.blocks[key] = below.copy()
            self._own.add(key)
        return self.blocks[key]


def _lazy(level: _PatchedLevel, like: da.Array) -> da.Array:
    """A level with its patches, read when it is looked at."""
    import dask.array as da

    return da.from_array(level, chunks=like.chunks, name=False, meta=np.empty((0, 0), np.uint32))


def _pixels(below: Any, y0: int, x0: int, y1: int, x1: int) -> npt.NDArray[np.uint32]:
    """A part of a level, read on this thread."""
    part = below[y0:y1, x0:x1]
    if hasattr(part, "compute"):
        part = part.compute(scheduler="synchronous")
    return np.array(part, np.uint32)


class _PatchedLevel:
    """What is read, by numpy or by dask: the array below, with squares laid over it."""

    ndim = 2
    dtype = np.dtype(np.uint32)

    def __init__(self, below: Any, blocks: Blocks) -> None:
        self._below, self._blocks = below, blocks
        self.shape = below.shape

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.asarray(self[:, :], dtype)

    def __getitem__(self, key: tuple[slice, slice]) -> npt.NDArray[np.uint32]:
        rows, columns = (part.indices(size) for part, size in zip(key, self.shape, strict=True))
        pixels = _pixels(self._below, rows[0], columns[0], rows[1], columns[1])
        for row in range(rows[0] // _BLOCK, -(-rows[1] // _BLOCK)):
            for column in range(columns[0] // _BLOCK, -(-columns[1] // _BLOCK)):
                block = self._blocks.get((row, column))
                if block is not None:
                    _lay(pixels, rows[0], columns[0], row * _BLOCK, column * _BLOCK, block)
        return pixels[:: rows[2], :: columns[2]]


def _lay(
    pixels: npt.NDArray[np.uint32],
    y0: int,
    x0: int,
    top: int,
    left: int,
    block: npt.NDArray[np.uint32],
) -> None:
    """Copy the part of a block that lies on a rectangle."""
    a, b = max(y0, top), min(y0 + pixels.shape[0], top + block.shape[0])
    c, d = max(x0, left), min(x0 + pixels.shape[1], left + block.shape[1])
    if a < b and c < d:
        pixels[a - y0 : b - y0, c - x0 : d - x0] = block[a - top : b - top, c - left : d - left]
