"""Names of regions, beside them on the slide: dark letters with a light rim, read on any ground.

napari writes letters of one colour. Each name is written nine times, by points that are not seen:
eight times in the colour of the rim, a little to every side, and once in the middle.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, QTimer

from spotscope import layers
from spotscope.widgets.canvas._points_anew import points_anew, when_drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from napari.layers import Layer

    from spotscope.widgets.canvas._canvas import Canvas

__all__ = ["RegionNames"]

_PART = "region names"
_SIZE = 11
_RIM_PX = 1.5
#: To every side, and last, so above them, in the middle.
_SHIFTS = np.array(sorted(product((-1, 0, 1), repeat=2), key=lambda by: by == (0, 0)), float)


class RegionNames(QObject):
    """Writes a name above the upper left corner around each outline, wherever it goes."""

    def __init__(self, canvas: Canvas, part: str, parent: QObject) -> None:
        super().__init__(parent)
        self._canvas, self._part = canvas, part
        self._names: list[str] = []
        self._written: list[str] = []
        self._outlines: Layer | None = None
        # a drag tells of every step, and a lasso of every part of one
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._write)
        canvas.stack.changed.connect(self._follow)
        canvas.viewer.scene.camera.events.zoom.connect(self._on_told)

    def call(self, names: Sequence[str]) -> None:
        """Have these names, in the order of the outlines."""
        self._names = list(names)
        self._soon.start()

    def close(self) -> None:
        """Hear nothing more of the viewer."""
        self._soon.stop()
        self._canvas.stack.changed.disconnect(self._follow)
        self._canvas.viewer.scene.camera.events.zoom.disconnect(self._on_told)
        self._watch(None)

    def _follow(self) -> None:
        self._watch(self._canvas.stack.get(self._part))
        self._soon.start()

    def _watch(self, outlines: Layer | None) -> None:
        if outlines is not self._outlines:
            if self._outlines is not None:
                self._outlines.events.set_data.disconnect(self._on_told)
            self._outlines = outlines
            if outlines is not None:
                outlines.events.set_data.connect(self._on_told)

    def _on_told(self, _event: Any = None) -> None:
        self._soon.start()

    def _write(self) -> None:
        """Bring the layer of names up to the outlines, and have one where there is none."""
        stack, outlines = self._canvas.stack, self._outlines
        if _PART not in stack:
            if self._called():
                stack.lull.do(_PART, self._add)
            return
        layer = stack[_PART]
        if outlines is not None and layer.visible != outlines.visible:
            layer.visible = outlines.visible
        when_drawn(layer, self._write_upon)

    def _write_upon(self) -> None:
        """Put the names of now into the layer there is."""
        layer, names = self._canvas.stack.get(_PART), self._called()
        if layer is None:
            return
        points_anew(layer, self._places())
        if names != self._written:
            self._written = names
            layer.features, layer.text = _words(names)["features"], _words(names)["text"]

    def _add(self) -> None:
        """Add the layer, unless all regions have gone meanwhile; what the hand is on stays."""
        stack, names, selection = self._canvas.stack, self._called(), self._canvas.viewer.layers
        if _PART in stack or not names or self._outlines is None:
            return
        active = selection.selection.active
        self._written = names
        looks = {
            "name": layers.layer_name(self._outlines.name.rpartition(" · ")[0], _PART),
            "size": 1.0,
            "face_color": "transparent",
            "border_width": 0,
            "canvas_size_limits": (0, 10_000),
            "units": ("um", "um"),
            "metadata": {},
            **_words(names),
        }
        stack.put(_PART, (self._places(), looks, "points"))
        selection.selection.active = active

    def _called(self) -> list[str]:
        """Names of the outlines there are; one that is being drawn has none yet."""
        n = 0 if self._outlines is None else len(self._outlines.data)
        return self._names[:n]

    def _places(self) -> npt.NDArray[np.float64]:
        """(9 × name, 2) (y, x) in µm."""
        if self._outlines is None or not self._called():
            return np.zeros((0, 2))
        shift = _SHIFTS * _RIM_PX / max(float(self._canvas.viewer.scene.camera.zoom), 1e-9)
        drawn = self._outlines.data[: len(self._called())]
        corners = [np.asarray(outline, float)[:, -2:].min(axis=0) for outline in drawn]
        return np.concatenate([corner + shift for corner in corners])


def _words(names: Sequence[str]) -> dict[str, Any]:
    """Features and text of the points that write names."""
    rim, ink = layers.rgba(layers.NAME_RIM), layers.rgba(layers.NAME)
    text = {
        "string": "{name}",
        "anchor": "upper_left",  # above the corner
        "size": _SIZE,
        "color": [*[rim] * (len(_SHIFTS) - 1), ink] * max(len(names), 1),
    }
    return {"features": {"name": np.repeat(np.array(names, object), len(_SHIFTS))}, "text": text}
