"""Two settings side by side: what is shown now, and beside it the slide with a pinned look.

napari's grid has one camera, so both sides always show the same place. Twins of slide and nuclei
lie above all other layers, and the grid breaks before the first of them.
"""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

from napari.layers import Image
from napari.utils.colormaps import AVAILABLE_COLORMAPS, Colormap
from qtpy.QtCore import QObject, Signal

from spotscope import layers
from spotscope.widgets.compare._other_layer import TWIN

if TYPE_CHECKING:
    from napari.layers import Layer

    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.canvas._layer_data import Pinned

__all__ = ["SideBySide"]

#: Between the two, in pixels of the screen.
_GAP = 4


class SideBySide(QObject):
    """Puts twins of slide and nuclei beside them; ``ended()`` when they are gone, however."""

    ended = Signal()

    def __init__(self, canvas: Canvas, parent: QObject) -> None:
        super().__init__(parent)
        self._canvas, self._viewer = canvas, canvas.viewer
        self._twins: list[Layer] = []
        self._grid: dict[str, Any] = {}
        self._is_split = False
        events = self._viewer.layers.events
        for event in (events.inserted, events.removed, events.reordered):
            event.connect(self._on_layers)
        self._viewer.canvas.grid.events.enabled.connect(self._on_layers)

    @property
    def shown(self) -> bool:
        """Whether there are two sides."""
        return bool(self._twins)

    def show(self, pinned: Pinned) -> None:
        """Show a look beside the one of now; napari adds a layer a turn."""
        self.hide()
        stack = self._canvas.stack
        if "slide" not in stack or "nuclei" not in stack:
            return
        grid = self._viewer.canvas.grid
        self._grid = {
            name: getattr(grid, name) for name in ("enabled", "stride", "shape", "spacing")
        }
        self._twins = [_slide_twin(stack["slide"]), _nuclei_twin(stack["nuclei"], pinned)]
        stack.lull.do("beside", self._begin)

    def _begin(self) -> None:
        if self._twins:  # it may have been given up meanwhile
            twins = (partial(self._add, twin) for twin in self._twins)
            self._canvas.turns.then(*twins, partial(self._split, self._twins))

    def hide(self) -> None:
        """Show one side again, and napari's grid as it was."""
        twins, self._twins, self._is_split = self._twins, [], False
        if not twins:
            return
        grid = self._viewer.canvas.grid
        grid.enabled = False  # first: every layer that goes is a new grid otherwise
        with self._viewer.layers.batched_update():  # napari searches for garbage once
            for twin in twins:
                if twin in self._viewer.layers:
                    self._viewer.layers.remove(twin)
        for name, value in reversed(self._grid.items()):
            setattr(grid, name, value)
        self.ended.emit()

    def close(self) -> None:
        """Go, and listen no more."""
        self.blockSignals(True)
        self.hide()
        events = self._viewer.layers.events
        for event in (events.inserted, events.removed, events.reordered):
            event.disconnect(self._on_layers)
        self._viewer.canvas.grid.events.enabled.disconnect(self._on_layers)

    def _add(self, twin: Layer) -> None:
        if any(twin is mine for mine in self._twins):
            active = self._viewer.layers.selection.active
            self._viewer.layers.append(twin)
            self._viewer.layers.selection.active = active

    def _split(self, twins: list[Layer]) -> None:
        if twins is self._twins:
            grid = self._viewer.canvas.grid
            self._break()
            grid.shape, grid.spacing, grid.enabled = (1, 2), _GAP, True
            self._is_split = True

    def _on_layers(self, _event: Any = None) -> None:
        """Keep the break where it belongs; without a twin, or the grid, there are no two sides."""
        if not self._is_split:
            return
        there = all(twin in self._viewer.layers for twin in self._twins)
        if not there or not self._viewer.canvas.grid.enabled:
            self.hide()
        else:
            self._break()

    def _break(self) -> None:
        """A cell for all that lies below the twins, one for the twins."""
        place = [self._viewer.layers.index(twin) for twin in self._twins]
        self._viewer.canvas.grid.stride = max(min(place), 1)


def _slide_twin(slide: Layer) -> Layer:
    look = {
        "rgb": slide.rgb,
        "contrast_limits": slide.contrast_limits,
        "interpolation2d": slide.interpolation2d,
        "metadata": {TWIN: True},
    }
    if not slide.rgb:
        look["colormap"] = slide.colormap.name
    return Image(list(slide.data), name=f"{slide.name} · beside", **look, **_place(slide))


def _nuclei_twin(nuclei: Layer, pinned: Pinned) -> Layer:
    lookup = deepcopy(nuclei.metadata["lookup"])
    if len(pinned.codes) == len(lookup.lut):
        lookup.lut = pinned.codes
    name = f"{nuclei.name} · pinned"
    # napari keeps the first colour map of a name
    AVAILABLE_COLORMAPS.pop(name, None)
    colours = Colormap(**layers.as_colormap(pinned.table, name))
    return Image(
        lookup.levels,
        name=name,
        rgb=False,
        colormap=colours,
        contrast_limits=nuclei.contrast_limits,
        interpolation2d=nuclei.interpolation2d,
        blending=nuclei.blending,
        opacity=nuclei.opacity,
        metadata={"lookup": lookup, TWIN: True},
        **_place(nuclei),
    )


def _place(layer: Layer) -> dict[str, Any]:
    return {
        "multiscale": True,
        "scale": layer.scale,
        "translate": layer.translate,
        "units": layer.units,
    }
