"""Layers of others on the sides of the line: each is hidden, and laid over its side alone.

What a layer shows in the view is read on a thread, once for every view, and anew when the layer or
a slider changes; a move of the line is then one mask on pixels of the screen.
"""

from __future__ import annotations

import logging
import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image
from qtpy.QtCore import QObject, QTimer, Signal

from spotscope.widgets.canvas._framing import view_box
from spotscope.widgets.compare._other_layer import TWIN, Grid, can_show, sample_task, source_of
from spotscope.widgets.jobs._runner import Runner

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from napari.layers import Layer

    from spotscope.layers import Stencil
    from spotscope.widgets.canvas._canvas import Canvas

__all__ = ["OtherSides"]

logger = logging.getLogger(__name__)

_KEY = "layer:"
#: Pixels of the longer side that are read at most.
_MOST_PX = 1600
#: What is read for so long, of a view that is gone, is given up.
_LONG_S = 0.3
#: In the names of events by which a layer tells that it looks otherwise.
_TELLING = re.compile(
    "data|paint|label|color|limit|gamma|opacity|scale|translate|rotate|shear|affine|size|symbol"
    "|width|length|style|display|track|graph"
)


class OtherSides(QObject):
    """Shows layers of others left and right of a line, or around and inside the lens.

    ``troubled(words)``: that a layer cannot be read, in a sentence; "" when all can be again.
    """

    troubled = Signal(str)

    def __init__(self, canvas: Canvas, parent: QObject) -> None:
        super().__init__(parent)
        self._canvas, self._viewer = canvas, canvas.viewer
        #: what is on the two sides, outside and inside, and whether it was seen before
        self._sides: tuple[Layer | None, Layer | None] = (None, None)
        self._seen: dict[int, tuple[Layer, bool]] = {}
        self._twins: dict[int, Layer] = {}
        self._read: dict[int, tuple[Grid, npt.NDArray[np.uint8]]] = {}
        #: name of the layer that each side shows, and why it does not show another
        self._named: dict[int, str] = {}
        self._troubles: dict[int, str] = {}
        #: what is being read
        self._asked: Layer | None = None
        self._line: Stencil | None = None
        self._began = 0.0
        self._runner = Runner(self)
        self._runner.started.connect(self._on_started)
        self._runner.succeeded.connect(self._on_read)
        self._runner.failed.connect(self._on_failed)
        self._soon = QTimer(self, singleShot=True, interval=30)
        self._soon.timeout.connect(self._look)
        for event in self._views():
            event.connect(self._on_view)
        self._viewer.layers.events.removed.connect(self._on_removed)

    @property
    def busy(self) -> bool:
        """Whether a layer is being read."""
        return self._runner.running is not None or self._soon.isActive()

    def offered(self) -> list[tuple[str, str]]:
        """Key and name of each layer that can be on a side, from top to bottom."""
        layers = [one for one in reversed(self._viewer.layers) if can_show(one)]
        return [(f"{_KEY}{id(one)}", str(one.name)) for one in layers]

    def show(self, sides: Sequence[str], line: Stencil | None) -> None:
        """Have layers on the two sides, by their keys, others being none; no line shows all."""
        by_key = {f"{_KEY}{id(one)}": one for one in self._viewer.layers if can_show(one)}
        found = [by_key.get(str(key)) if line is not None else None for key in sides]
        self._sides, self._line = (found[0], found[1]), line
        wanted = {id(one): one for one in found if one is not None}
        for key in [key for key in self._seen if key not in wanted]:
            layer, seen = self._seen.pop(key)
            layer.events.disconnect(self._on_changed)
            layer.visible = seen
        for key, layer in wanted.items():
            if key not in self._seen:
                self._seen[key] = layer, bool(layer.visible)
                layer.visible = False
                layer.events.connect(self._on_changed)
        for side in (0, 1):
            if self._sides[side] is None:
                self._drop(side)
        self._look()

    def move(self, line: Stencil | None) -> None:
        """Move the line."""
        self._line = line
        for side in self._read:
            self._draw(side)

    def close(self) -> None:
        """Show all as before, and listen no more."""
        self.show(("", ""), None)
        self._soon.stop()
        self._runner.close()
        for event in self._views():
            event.disconnect(self._on_view)
        self._viewer.layers.events.removed.disconnect(self._on_removed)

    def _views(self) -> tuple[Any, ...]:
        """What tells of another view: the camera and the sliders."""
        camera = self._viewer.scene.camera.events
        return camera.zoom, camera.center, self._viewer.dims.events.point

    def _on_changed(self, event: Any) -> None:
        if _TELLING.search(event.type):
            self._on_view()

    def _on_started(self, name: str) -> None:
        self._began = time.monotonic()
        self._asked = self._sides[int(name)]

    def _on_view(self, _event: Any = None) -> None:
        if any(side is not None for side in self._sides):
            self._soon.start()

    def _on_removed(self, event: Any) -> None:
        if self._seen.pop(id(event.value), None) is not None:
            event.value.events.disconnect(self._on_changed)
        for side in (0, 1):
            if self._sides[side] is event.value:
                both = list(self._sides)
                both[side] = None
                self._sides = both[0], both[1]
                self._drop(side)
            elif self._twins.get(side) is event.value:
                self._twins.pop(side)
                self._read.pop(side, None)
                self._named.pop(side, None)

    def _look(self) -> None:
        """Read what the layers show in the view of now."""
        unseen = all(side is None for side in self._sides)
        if unseen or time.monotonic() - self._began > _LONG_S:
            self._runner.cancel()
        box = view_box(self._viewer)
        step = max(
            1 / max(float(self._viewer.scene.camera.zoom), 1e-9),
            max(box[2] - box[0], box[3] - box[1]) / _MOST_PX,
        )
        shape = max(int((box[2] - box[0]) / step), 1), max(int((box[3] - box[1]) / step), 1)
        # the middles of its pixels are those of the screen's: none is shown twice, none left out
        grid = Grid((box[0] + step / 2, box[1] + step / 2), step, shape)
        for side, layer in enumerate(self._sides):
            if layer is not None:
                source = source_of(layer, self._viewer.dims.point)
                self._runner.latest(str(side), partial(_read_task, source, grid, layer))

    def _on_read(self, name: str, read: Any) -> None:
        side, (grid, colours, layer) = int(name), read
        shown = self._sides[side]
        if shown is not None and layer is shown:
            self._read[side] = grid, colours
            self._named[side] = str(shown.name)
            self._say(side, "")
            self._draw(side)

    def _on_failed(self, name: str, error: Exception) -> None:
        """Say so; what was read last stays where it is."""
        side = int(name)
        layer, asked = self._sides[side], self._asked
        if layer is None or asked is None or asked is not layer:
            return  # of one that was there before
        logger.info("a layer cannot be read", exc_info=error)
        stays = self._named.get(side, "")
        rest = f"{stays} stays" if stays else "choose another for this side"
        self._say(side, f"{layer.name} cannot be read ({type(error).__name__}: {error}); {rest}.")

    def _say(self, side: int, trouble: str) -> None:
        before = dict(self._troubles)
        self._troubles.pop(side, None)
        if trouble:
            self._troubles[side] = trouble
        if self._troubles != before:
            self.troubled.emit(" ".join(dict.fromkeys(self._troubles.values())))

    def _draw(self, side: int) -> None:
        if self._line is None:
            return
        twin = self._twins.get(side)
        if twin is None:
            self._canvas.stack.lull.do(f"twin {side}", partial(self._add, side))
        else:
            grid = self._read[side][0]
            if twin.name != self._twin_name(side):
                twin.name = self._twin_name(side)
            if tuple(twin.scale[-2:]) != (grid.step,) * 2:
                twin.scale = (grid.step,) * 2
            twin.translate = grid.top
            twin.data = self._masked(side)

    def _twin_name(self, side: int) -> str:
        return f"{self._named[side]} · {'right of the line' if side else 'left of the line'}"

    def _masked(self, side: int) -> npt.NDArray[np.uint8]:
        """What was read, on its side of the line alone."""
        grid, colours = self._read[side]
        assert self._line is not None
        y, x = grid.axes
        data = colours.copy()
        data[..., 3] = np.where((self._line.depth(y, x) >= 0) == bool(side), data[..., 3], 0)
        return data

    def _add(self, side: int) -> None:
        layer = self._sides[side]
        if layer is None or self._line is None or side not in self._read or side in self._twins:
            return
        data, grid = self._masked(side), self._read[side][0]
        twin = Image(
            data,
            rgb=True,
            name=self._twin_name(side),
            scale=(grid.step,) * 2,
            translate=grid.top,
            units=("um", "um"),
            metadata={TWIN: True},
        )
        active = self._viewer.layers.selection.active
        self._viewer.layers.append(twin)
        self._viewer.layers.selection.active = active
        self._twins[side] = twin

    def _drop(self, side: int) -> None:
        self._read.pop(side, None)
        self._named.pop(side, None)
        self._say(side, "")
        twin = self._twins.pop(side, None)
        if twin is not None and twin in self._viewer.layers:
            self._viewer.layers.remove(twin)


def _read_task(source: Any, grid: Grid, layer: Layer) -> Any:
    colours = yield from sample_task(source, grid)
    return grid, colours, layer
