"""Regions that napari's own tools have moved, reshaped, drawn or deleted in our layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

from spotscope.model import ReadError, Region

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from napari.layers import Layer

    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.regions._lasso import Lasso

    Outline = npt.NDArray[np.float64]

__all__ = ["ShapesWatch", "free_name", "outlines_of", "same_outlines", "taken_over", "told_of"]

#: Corners of a circle: it is drawn by napari to about the same.
_ROUND = 64
#: What napari says when a hand has let go; while it draws, it says other words.
_DRAGS = "select"
_DONE = ("added", "changed", "removed")


class ShapesWatch(QObject):
    """``changed(list of (corner, 2) µm)`` when a hand has changed a layer of outlines.

    ``moving(on)`` when napari's tool that drags outlines is taken, or put down.

    Parameters
    ----------
    canvas, part
        Where the layer is, whenever there is one.
    lasso
        Draws there for us; what it draws is no news.
    """

    changed = Signal(object)
    moving = Signal(bool)

    def __init__(self, canvas: Canvas, part: str, lasso: Lasso) -> None:
        super().__init__(lasso)
        self._viewer, self._stack = canvas.viewer, canvas.stack
        self._part, self._lasso = part, lasso
        self._layer: Layer | None = None
        # napari tells of it in the middle of its own work: it is looked at afterwards
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._tell)
        canvas.stack.changed.connect(self.follow)

    def follow(self) -> None:
        """Watch the layer that is there now."""
        layer = self._stack.get(self._part)
        if layer is not self._layer:
            self.close()
            self._layer = layer
            if layer is not None:
                layer.events.data.connect(self._on_data)
                layer.events.mode.connect(self._on_mode)

    def close(self) -> None:
        """Watch nothing."""
        self._soon.stop()
        if self._layer is not None:
            self._layer.events.data.disconnect(self._on_data)
            self._layer.events.mode.disconnect(self._on_mode)
            self._layer = None
            self.moving.emit(False)

    def let_move(self, on: bool) -> None:
        """Take napari's tool that drags outlines into the hand, or put it down."""
        if self._layer is not None:
            if on:
                self._viewer.layers.selection.active = self._layer
            self._layer.mode = _DRAGS if on else "pan_zoom"

    def _on_mode(self, _event: Any = None) -> None:
        assert self._layer is not None
        self.moving.emit(str(self._layer.mode) == _DRAGS)

    def _on_data(self, event: Any) -> None:
        if str(getattr(event, "action", "")) in _DONE and not self._lasso.drawing:
            self._soon.start()

    def _tell(self) -> None:
        if self._layer is not None:
            self.changed.emit(outlines_of(self._layer))


def outlines_of(layer: Layer) -> list[Outline]:
    """Outlines of the areas of a layer of shapes; a line has none."""
    found = []
    for corners, kind in zip(layer.data, layer.shape_type, strict=True):
        yx = np.asarray(corners, float)[:, -2:]
        if kind == "ellipse":  # napari tells of the box around it
            turn = np.linspace(0, 2 * np.pi, _ROUND, endpoint=False)[:, None]
            middle = yx.mean(axis=0)
            half, other = (yx[1] - yx[0]) / 2, (yx[3] - yx[0]) / 2
            yx = middle + half * np.cos(turn) + other * np.sin(turn)
        if kind != "line":
            found.append(yx)
    return found


def taken_over(regions: Sequence[Region], outlines: Sequence[Outline]) -> list[Region]:
    """Regions with these outlines: those there were, moved, and new ones.

    An outline that a region has already is that region's. Of the others, as long as none was
    added, each belongs to the next region without one: it was moved or reshaped. Outlines without
    an area are passed over.

    Parameters
    ----------
    regions
        As they were.
    outlines
        (corner, 2) each, in µm, in the order of the layer.
    """
    left = list(regions)
    own: list[Region | None] = []
    for outline in outlines:
        mine = next((one for one in left if _same(one.polygon_yx_um, outline)), None)
        own.append(mine)
        if mine is not None:
            left.remove(mine)
    moved = len(outlines) == len(regions)
    found: list[Region] = []
    for outline, mine in zip(outlines, own, strict=True):
        like = mine if mine is not None else left.pop(0) if moved and left else None
        try:
            others = [*found, *(one for one in regions if one not in found)]
            found.append(mine or _region(like, outline, others))
        except ReadError:  # no area
            if like is not None:
                found.append(like)
    return found


def told_of(before: Sequence[Region], after: Sequence[Region]) -> str:
    """What was done to regions, in words."""
    some, others = (before, after) if len(after) < len(before) else (after, before)
    names = ", ".join(region.name for region in some if region not in others)
    done = "moved" if len(after) == len(before) else "drawn"
    return f"{names} {'removed' if len(after) < len(before) else done}"


def free_name(regions: Sequence[Region]) -> str:
    """The first of Region 1, Region 2, … from their number on that none of these has."""
    taken = {region.name for region in regions}
    number = len(regions) + 1
    while f"Region {number}" in taken:
        number += 1
    return f"Region {number}"


def _region(like: Region | None, outline: Outline, others: Sequence[Region]) -> Region:
    if like is None:
        return Region(free_name(others), outline)
    return Region(like.name, outline, like.classification, like.note, like.remark)


def same_outlines(some: Sequence[Outline], others: Sequence[Outline]) -> bool:
    """Whether they are the same, in the same order."""
    return len(some) == len(others) and all(map(_same, some, others))


def _same(one: Outline, other: Outline) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other))
