"""Tools for the canvas: click a nucleus, draw a line across it, or go around something."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal

from spotscope.layers import EXCLUDED, SELECTION, LayerPart, layer_name, rgba
from spotscope.widgets.canvas._picking import STILL_PX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from spotscope.widgets.canvas._canvas import Canvas

__all__ = ["CheckTools", "Tool"]

#: Places along a stroke lie at least so far apart, in pixels of the screen.
_STEP_PX = 4.0
_EDGE_PX = 3.0
_MARK = rgba(SELECTION)
_AWAY = rgba(EXCLUDED)


class Tool(StrEnum):
    """What the mouse does."""

    DELETE = "Delete nucleus"
    MERGE = "Merge"
    SPLIT = "Split"
    REDRAW = "Redraw"
    ERASE = "Brush away"
    EXCLUDE = "Exclude"


#: Tools that take a stroke; the others take a click.
STROKES = (Tool.SPLIT, Tool.REDRAW, Tool.ERASE, Tool.EXCLUDE)


class CheckTools(QObject):
    """Follows the mouse while a tool is in hand, and shows what it draws.

    ``clicked(tool, (2,) µm)``, ``stroked(tool, (point, 2) µm)``. A stroke is not a pan: the canvas
    moves by the wheel, or when the tool is put down.
    """

    clicked = Signal(object, object)
    stroked = Signal(object, object)

    def __init__(self, canvas: Canvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._tool: Tool | None = None
        self._could_pan = True
        self._sample = ""
        self._shown = False
        #: areas that no longer count: seen while corrections are made
        self._kept: tuple[Any, ...] = ()
        self._outlines: tuple[list[Any], bool, bool] = ([], True, False)
        # lines are as thick on the screen whatever the zoom
        canvas.viewer.scene.camera.events.zoom.connect(self._on_zoom)

    @property
    def tool(self) -> Tool | None:
        """The tool in hand."""
        return self._tool

    def turn_to(self, sample: str) -> None:
        """Work on another sample from now on."""
        self.take(None)
        self._sample = sample
        self._kept, self._shown, self._outlines = (), False, ([], True, False)

    def take(self, tool: Tool | None) -> None:
        """Take a tool in hand, or put it down."""
        if tool is self._tool:
            return
        viewer = self._canvas.viewer
        if self._tool is None:
            self._could_pan = bool(viewer.scene.camera.mouse_pan)
            viewer.mouse_drag_callbacks.insert(0, self)
        self._tool = tool
        self._canvas.let_pick(tool is None)
        viewer.scene.camera.mouse_pan = self._could_pan and tool not in STROKES
        if tool is None:
            viewer.scene.camera.mouse_pan = self._could_pan
            if self in viewer.mouse_drag_callbacks:
                viewer.mouse_drag_callbacks.remove(self)
            self.show([])

    def keep(self, areas: Sequence[Any]) -> None:
        """Draw areas that were excluded, beside whatever else is drawn; none draws none."""
        kept = tuple(np.asarray(area, float) for area in areas)
        if len(kept) != len(self._kept) or not all(map(np.array_equal, kept, self._kept)):
            self._kept = kept
            outlines, closed, away = self._outlines
            self.show(outlines, closed=closed, away=away)

    def show(self, outlines: Sequence[Any], *, closed: bool = True, away: bool = False) -> None:
        """Draw outlines, or a line, in place of those before."""
        stack = self._canvas.stack
        self._outlines = ([*outlines], closed, away)
        there = bool(len(outlines) or self._kept)
        if not there and not self._shown:
            return
        self._shown = there
        if "drawing" not in stack:
            if there and self._sample:
                stack.lull.do("drawing", self._add)
            return
        layer = stack["drawing"]
        layer.data = []
        if self._kept:
            layer.add_polygons(list(self._kept), **self._looks(_AWAY, 0.25))
        if len(outlines):
            add = layer.add_polygons if closed else layer.add_paths
            looks = self._looks(_AWAY if away else _MARK, 0.12 if closed else 0.0)
            add([np.asarray(outline, float) for outline in outlines], **looks)

    def _add(self) -> None:
        """Add the layer for what is to be seen by now."""
        stack = self._canvas.stack
        if "drawing" not in stack and self._shown:
            name = layer_name(self._sample, LayerPart.DRAWING)
            selection = self._canvas.viewer.layers.selection
            selected = set(selection)
            stack.put("drawing", ([], {"name": name, "units": ("um", "um"), "ndim": 2}, "shapes"))
            selection.clear()
            selection.update(selected)  # what the hand was on: this layer is not for it
        outlines, closed, away = self._outlines
        self.show(outlines, closed=closed, away=away)

    def _looks(self, colour: tuple[float, ...], fill: float) -> dict[str, Any]:
        return {
            "edge_width": self._thin(),
            "edge_color": [colour],
            "face_color": [(*colour[:3], fill)],
        }

    def close(self) -> None:
        """Put the tool down, and hear nothing more of the viewer."""
        self.take(None)
        self._canvas.viewer.scene.camera.events.zoom.disconnect(self._on_zoom)

    def _thin(self) -> float:
        return _EDGE_PX / max(float(self._canvas.viewer.scene.camera.zoom), 1e-9)

    def _on_zoom(self, _event: Any = None) -> None:
        layer = self._canvas.stack.get("drawing")
        if layer is not None and len(layer.data):
            layer.edge_width = [self._thin()] * len(layer.data)
            layer.refresh(extent=False, thumbnail=False)  # napari 0.9.2 would draw the old ones on

    def __call__(self, viewer: Any, event: Any) -> Iterator[None]:
        """Follow a press to its release, as napari asks of a drag callback."""
        tool = self._tool
        if event.button != 1 or tool is None:
            return
        if tool in STROKES:
            yield from self._stroke(viewer, event, tool)
            return
        start, moved = np.asarray(event.pos, float), 0.0
        yield
        while event.type == "mouse_move":
            moved = max(moved, float(np.hypot(*(np.asarray(event.pos, float) - start))))
            yield
        if moved <= STILL_PX:
            self.clicked.emit(tool, _place(event))

    def _stroke(self, viewer: Any, event: Any, tool: Tool) -> Iterator[None]:
        points = [_place(event)]
        step = _STEP_PX / max(float(viewer.scene.camera.zoom), 1e-9)
        straight, away = tool is Tool.SPLIT, tool in (Tool.ERASE, Tool.EXCLUDE)
        yield
        while event.type == "mouse_move":
            here = _place(event)
            if np.hypot(*(here - points[-1])) >= step:
                points = [points[0], here] if straight else [*points, here]
                if straight or len(points) > 2:
                    self.show([np.array(points)], closed=not straight, away=away)
            yield
        if self._tool is tool:
            self.show([])
            if len(points) > (1 if straight else 2):
                self.stroked.emit(tool, np.array(points))


def _place(event: Any) -> npt.NDArray[np.float64]:
    return np.array(tuple(event.position)[-2:], float)
