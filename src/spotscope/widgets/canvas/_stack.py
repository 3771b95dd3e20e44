"""Our layers among all others in the viewer's list: added, found again, put in order, let go."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from napari.layers import Layer
from qtpy.QtCore import QObject, QTimer, Signal

from spotscope.layers import LayerPart, layer_name
from spotscope.widgets.canvas._layer_data import KEY, labelled
from spotscope.widgets.jobs._lull import Lull

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import napari
    from napari.types import LayerData

    from spotscope.model import Sample

__all__ = ["ORDER", "Stack"]

#: From bottom to top.
ORDER = (
    "slide",
    "nuclei",
    "spots",
    "expression",
    "regions",
    "region names",
    "drawing",
    "landmarks",
)


class Stack(QObject):
    """One layer a part of the sample.

    ``changed()`` when one was shown, hidden, added or removed, by whomever; ``found(about)`` when
    there are layers of a sample that was opened elsewhere: what they say of themselves.
    """

    changed = Signal()
    found = Signal(object)

    def __init__(self, viewer: napari.viewer.Viewer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._sample: Sample | None = None
        self._layers: dict[str, Layer] = {}
        self._newest: Any = None
        #: for layers that a hand asks for while a job may be under way
        self.lull = Lull(self)
        # the sample's other layers come in a moment: wait for them
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._say_found)
        viewer.layers.events.inserted.connect(self._on_inserted)
        viewer.layers.events.removed.connect(self._on_removed)

    def __contains__(self, part: str) -> bool:
        return part in self._layers

    def __getitem__(self, part: str) -> Layer:
        return self._layers[part]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._layers))

    def get(self, part: str) -> Layer | None:
        """The layer of a part, or None."""
        return self._layers.get(part)

    def turn_to(self, sample: Sample) -> list[Layer]:
        """Belong to this sample from now on; the layers of the one before are given up."""
        if sample.same_as(self._sample):
            return []
        self._sample = sample
        self.lull.forget()
        return [self._let_go(part) for part in self]

    def put(self, part: str, data: LayerData) -> Layer:
        """Add a layer at its place, or give the one that is there new data."""
        assert self._sample is not None
        if self.adopt(part) is None:
            return self.insert(part, self.make(part, data))
        data = labelled(part, data, self._sample)
        old = self._layers[part]
        old.metadata = data[1]["metadata"]
        self._own(old)
        old.data = data[0]
        self.call(part, data[1]["name"].rpartition(" · ")[2])
        return old

    def call(self, part: str, what: str) -> None:
        """Name a layer after what it shows now, unless a hand has given it a name."""
        assert self._sample is not None
        layer, name = self.get(part), layer_name(self._sample.name, what)
        if layer is None or layer.name == name:
            return
        if layer.name in {layer_name(self._sample.name, one) for one in LayerPart}:
            layer.name = name

    def make(self, part: str, data: LayerData) -> Layer:
        """Make a layer, for :meth:`insert`."""
        assert self._sample is not None
        return Layer.create(*labelled(part, data, self._sample))

    def insert(self, part: str, layer: Layer) -> Layer:
        """Add a layer at its place, unless one of this part has come meanwhile."""
        if part in self._layers or not layer.metadata[KEY]["sample"].same_as(self._sample):
            return layer
        self._watch(part, layer)
        self._viewer.layers.insert(self._place(part), layer)
        self.changed.emit()
        return layer

    def adopt(self, part: str) -> Layer | None:
        """Take over the layer of our sample that somebody else has added."""
        if part in self._layers:
            return self._layers[part]
        for layer in self._viewer.layers:
            about = layer.metadata.get(KEY)
            if about is None or not about["sample"].same_as(self._sample) or about["part"] != part:
                continue
            owned = about.get("layer")
            if owned is None or owned() is layer:  # not a copy made in napari's list
                self._watch(part, layer)
                return layer
        return None

    def remove(self, part: str) -> None:
        """Take a layer out of the viewer."""
        self.drop([self._let_go(part)])

    def drop(self, layers: Iterable[Layer]) -> None:
        """Take layers that were given up out of the viewer, those that nobody else has.

        All at once: napari searches all memory for garbage after each removal otherwise, and a
        paint between two of them has crashed in OpenGL.
        """
        there = [layer for layer in layers if layer in self._viewer.layers]
        if there:
            with self._viewer.layers.batched_update():
                for layer in there:
                    self._viewer.layers.remove(layer)

    def find_samples(self) -> None:
        """Say so if there are layers of a sample that is not ours; of several, the newest."""
        for layer in reversed(self._viewer.layers):
            about = layer.metadata.get(KEY)
            if about is not None and not about["sample"].same_as(self._sample):
                self.found.emit(about)
                return

    def close(self, kept: Any) -> None:
        """Let go of the viewer; the layers stay, and keep this for the next who finds them."""
        self.blockSignals(True)
        self._soon.stop()
        self.lull.forget()
        self._viewer.layers.events.inserted.disconnect(self._on_inserted)
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        for part in self:
            self._let_go(part).metadata[KEY]["kept"] = kept

    def _watch(self, part: str, layer: Layer) -> None:
        self._layers[part] = layer
        self._own(layer)
        layer.events.visible.connect(self._on_visible_changed)

    @staticmethod
    def _own(layer: Layer) -> None:
        layer.metadata[KEY]["layer"] = weakref.ref(layer)

    def _let_go(self, part: str) -> Layer:
        layer = self._layers.pop(part)
        layer.events.visible.disconnect(self._on_visible_changed)
        return layer

    def _place(self, part: str) -> int:
        """Index that keeps our layers in their order, whatever lies between them."""
        stack = list(self._viewer.layers)
        here = {p: stack.index(layer) for p, layer in self._layers.items() if layer in stack}
        below = [here[p] for p in ORDER[: ORDER.index(part)] if p in here]
        above = [here[p] for p in ORDER[ORDER.index(part) + 1 :] if p in here]
        return max(below) + 1 if below else min(above, default=len(stack))

    def _on_inserted(self, event: Any) -> None:
        about = event.value.metadata.get(KEY)
        if about is None or about["sample"].same_as(self._sample):
            return
        owned = about.get("layer")
        if owned is None or owned() is event.value:
            self._newest = about
            self._soon.start()

    def _say_found(self) -> None:
        about, self._newest = self._newest, None
        if not about["sample"].same_as(self._sample):
            self.found.emit(about)

    def _on_removed(self, event: Any) -> None:
        for part in self:
            if self._layers[part] is event.value:
                self._let_go(part)
                self.changed.emit()

    def _on_visible_changed(self, _event: Any = None) -> None:
        self.changed.emit()
