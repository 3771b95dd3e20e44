"""A region drawn with the mouse: press, go around, let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal

from spotscope.layers import REGION, layer_name, rgba

if TYPE_CHECKING:
    from collections.abc import Iterator

    import napari
    import numpy.typing as npt

    from spotscope.widgets.canvas._stack import Stack

__all__ = ["Lasso", "region_layer"]

#: Corners lie at least so far apart, in pixels of the screen.
_STEP_PX = 4.0
_EDGE_PX = 4.0


class Lasso(QObject):
    """Takes the next drag on the canvas for the outline of a region.

    ``drawn((corner, 2) µm)`` when one was finished, ``ended()`` when the mouse is the canvas's own
    again, with a region or without.
    """

    drawn = Signal(object)
    ended = Signal()

    def __init__(
        self,
        viewer: napari.viewer.Viewer,
        stack: Stack,
        parent: QObject | None = None,
        *,
        part: str,
    ) -> None:
        super().__init__(parent)
        self._part = part
        #: whether it is this lasso that changes the layer
        self.drawing = False
        #: outlines that stay while another one is drawn
        self.kept: list[npt.NDArray[np.float64]] = []
        self._outlines: list[npt.NDArray[np.float64]] = []
        self._viewer, self._stack = viewer, stack
        self._could_pan: bool | None = None
        self._sample = ""
        viewer.scene.camera.events.zoom.connect(self._on_zoom)

    def turn_to(self, sample: str) -> None:
        """Draw on another sample from now on."""
        self.end()
        self._sample = sample

    @property
    def active(self) -> bool:
        """Whether the next drag draws."""
        return self._could_pan is not None

    def begin(self) -> None:
        """Let the next drag draw, and not move the canvas."""
        if not self.active:
            self._could_pan = bool(self._viewer.scene.camera.mouse_pan)
            self._viewer.scene.camera.mouse_pan = False
            self._viewer.mouse_drag_callbacks.insert(0, self)

    def end(self) -> None:
        """Give the mouse back."""
        if self._could_pan is not None:
            self._viewer.scene.camera.mouse_pan = self._could_pan
            self._could_pan = None
            if self in self._viewer.mouse_drag_callbacks:
                self._viewer.mouse_drag_callbacks.remove(self)
            self.ended.emit()

    def close(self) -> None:
        """Give the mouse back, and hear nothing more of the viewer."""
        self.end()
        self._viewer.scene.camera.events.zoom.disconnect(self._on_zoom)

    def show(self, corners: npt.NDArray[np.float64]) -> None:
        """Draw an outline, in place of the one before."""
        self.put([*self.kept, corners])

    def put(self, outlines: list[npt.NDArray[np.float64]]) -> None:
        """Draw these outlines alone; none takes all away."""
        self.drawing = True
        try:
            self._put(outlines)
        finally:
            self.drawing = False

    def prepare(self) -> None:
        """Have an empty layer, unless there is one; what the hand is on stays."""
        selection = self._viewer.layers.selection
        active = selection.active
        if self._stack.adopt(self._part) is None:
            self._stack.put(self._part, region_layer(self._sample, self._part, [], 1.0))
            selection.active = active

    def _put(self, outlines: list[npt.NDArray[np.float64]]) -> None:
        self._outlines = outlines
        if self._part in self._stack:
            layer = self._stack[self._part]
            layer.data = []
            zoom = float(self._viewer.scene.camera.zoom)
            if outlines:
                layer.add_polygons(outlines, **_looks(zoom, len(outlines)))
        elif outlines:
            self._stack.lull.do(self._part, self._add)

    def _add(self) -> None:
        """Add the layer for what is to be seen by now, unless it was cleared meanwhile."""
        if self._outlines:
            self.prepare()
            self.put(self._outlines)

    def clear(self) -> None:
        """Take the outline away."""
        self.put([])

    def _on_zoom(self, _event: Any = None) -> None:
        """Keep outlines as wide on the screen as they were drawn, from afar too."""
        layer = self._stack.get(self._part)
        if layer is None or not len(layer.data):
            return
        wide = _EDGE_PX / max(float(self._viewer.scene.camera.zoom), 1e-9)
        # in steps, as every change is sent to the graphics card
        if abs(np.log2(wide / layer.edge_width[0])) > 0.5:
            layer.edge_width = wide
            layer.refresh(extent=False, thumbnail=False)  # napari 0.9.2 would draw the old ones on

    def __call__(self, _viewer: Any, event: Any) -> Iterator[None]:
        """Follow a drag, as napari asks of a callback."""
        if event.button != 1:
            return
        corners = [np.array(tuple(event.position)[-2:], float)]
        step = _STEP_PX / max(float(self._viewer.scene.camera.zoom), 1e-9)
        yield
        while event.type == "mouse_move":
            here = np.array(tuple(event.position)[-2:], float)
            if np.hypot(*(here - corners[-1])) >= step:
                corners.append(here)
                if len(corners) > 2:
                    self.show(np.array(corners))
            yield
        self.end()
        if len(corners) > 2:
            self.drawn.emit(np.array(corners))


def region_layer(
    sample: str, part: str, outlines: list[npt.NDArray[np.float64]], zoom: float
) -> Any:
    """Regions as layer data."""
    named = {"name": layer_name(sample, part), "units": ("um", "um"), "ndim": 2, "metadata": {}}
    looks = {**_looks(zoom, len(outlines)), "shape_type": "polygon"} if outlines else {}
    return outlines, {**looks, **named}, "shapes"


def _looks(zoom: float, n: int) -> dict[str, Any]:
    return {
        "edge_width": _EDGE_PX / max(zoom, 1e-9),
        "edge_color": [rgba(REGION)] * n,
        "face_color": [rgba(REGION, 0.0)] * n,  # the stain inside is as it is outside
    }
