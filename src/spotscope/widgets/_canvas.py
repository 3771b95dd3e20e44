"""The one place where layers are made, changed and let go; it knows the viewer and no card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Layer
from qtpy.QtCore import QObject, QTimer, Signal

from spotscope import layers
from spotscope.widgets._layer_data import (
    KEY,
    UNKNOWN,
    cell_colormap,
    cell_colours,
    cell_types,
    fill_by_counts,
    labelled,
    makers,
)
from spotscope.widgets._picking import SpotPicker

if TYPE_CHECKING:
    from collections.abc import Mapping

    import napari
    import numpy.typing as npt
    from napari.types import LayerData

    from spotscope.model import Sample, Session

__all__ = ["Canvas"]

#: From bottom to top.
ORDER = ("slide", "nuclei", "spots")
SELECTED_RIM = (1.0, 0.85, 0.0, 1.0)


class Canvas(QObject):
    """Shows a session in a viewer.

    ``spot_clicked(index or None)``, ``parts_changed({part: visible})``, ``sample_found(sample,
    reference or None)`` when layers of a sample appear that was opened elsewhere.
    """

    spot_clicked = Signal(object)
    parts_changed = Signal(object)
    sample_found = Signal(object, object)

    def __init__(self, viewer: napari.viewer.Viewer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._layers: dict[str, Layer] = {}
        self._session: Session | None = None
        self._codes: npt.NDArray[np.uint8] = np.zeros(1, np.uint8)
        self._hidden: frozenset[str] = frozenset()
        self._threshold = 0.0
        self._outlines = False
        self._fill: npt.NDArray[np.float64] | None = None
        self._selected: int | None = None
        self._picker = SpotPicker(self.spot_clicked.emit)
        viewer.mouse_drag_callbacks.append(self._picker)
        viewer.layers.events.inserted.connect(self._on_layers_inserted)
        viewer.layers.events.removed.connect(self._on_layers_removed)

    # what is shown --------------------------------------------------------------------------

    @property
    def selected(self) -> int | None:
        """Index of the selected spot."""
        return self._selected

    def show_session(self, session: Session) -> None:
        """Show a session in place of the one before; layers of others are left alone."""
        before = self._session.sample if self._session is not None else None
        self._session, self._selected, self._fill = session, None, None
        self._hidden, self._threshold = frozenset(), 0.0
        if before is not session.sample:
            for part in list(self._layers):
                self._remove(part)
        for part, make in makers(session).items():
            if make is not None:
                found = self._adopt(part, session.sample)
                if not found:
                    self._put(part, make())
        self._picker.watch(session.sample.spots)
        bar = self._viewer.canvas.overlays.scale_bar
        bar.visible = True
        if before is not session.sample:
            self._viewer.reset_view()
        self._tell_parts()

    def show_nuclei(self, session: Session) -> None:
        """Show new nuclei; the layer stays and gets new data."""
        self._session, self._threshold = session, 0.0
        assert session.labels is not None
        self._put("nuclei", layers.nuclei_layer(session, cell_colours(session), self._hidden))
        self._tell_parts()

    def colour_nuclei(self, session: Session, codes: npt.NDArray[np.uint8] | None = None) -> None:
        """Show new types of the same nuclei.

        Parameters
        ----------
        session
            With cells.
        codes
            As from :func:`spotscope.layers.nuclei_codes`, where a worker has made them already.
        """
        before = self._session
        assert session.nuclei is not None
        if codes is None:
            codes = layers.nuclei_codes(session.nuclei.n, session.cells)
        self._session, self._codes = session, codes
        if before is None or cell_types(before) != cell_types(session):
            self._paint()
        self._look_up()

    def show_threshold(self, probability: float) -> None:
        """Hide the nuclei that are less sure than this, until the next run."""
        self._threshold = probability
        self._look_up()

    def hide_types(self, names: frozenset[str]) -> None:
        """Hide the nuclei of these types."""
        self._hidden = frozenset(names)
        self._paint()

    def show_gene(self, counts: npt.NDArray[np.int64] | None) -> None:
        """Fill the spots by counts of a gene, on a logarithmic scale; None shows rings alone."""
        self._fill = None if counts is None else fill_by_counts(counts)
        self._draw_spots()

    def select_spot(self, index: int | None) -> None:
        """Mark a spot."""
        if index != self._selected:
            self._selected = index
            self._draw_spots()

    def show_outlines(self, shown: bool) -> None:
        """Draw nuclei as rims, or filled; before they have types they are always rims."""
        self._outlines = shown
        self._look_up()

    def show_part(self, part: str, shown: bool) -> None:
        """Show or hide a layer of ours."""
        if part in self._layers:
            self._layers[part].visible = shown

    def colours(self, session: Session) -> Mapping[str, layers.Colour]:
        """Colour of every type of a session's cells, and of those without one."""
        return {**cell_colours(session), UNKNOWN: layers.UNKNOWN_COLOUR}

    # the view, kept and brought back --------------------------------------------------------

    def view(self) -> dict[str, Any]:
        """What it takes to come back to this view (JSON)."""
        camera = self._viewer.scene.camera
        return {
            "camera": {
                "center": [float(v) for v in camera.center],
                "zoom": float(camera.zoom),
            },
            "visible": {part: bool(layer.visible) for part, layer in self._layers.items()},
            "opacity": {part: float(layer.opacity) for part, layer in self._layers.items()},
            "hidden_types": sorted(self._hidden),
            "outlines": self._outlines,
            "selected": self._selected,
        }

    def restore(self, view: Mapping[str, Any]) -> None:
        """Come back to a view; what it does not speak of stays."""
        for part, layer in self._layers.items():
            layer.visible = bool(view.get("visible", {}).get(part, layer.visible))
            layer.opacity = float(view.get("opacity", {}).get(part, layer.opacity))
        self.show_outlines(bool(view.get("outlines", False)))
        if "camera" in view:
            self._viewer.scene.camera.center = tuple(view["camera"]["center"])
            self._viewer.scene.camera.zoom = view["camera"]["zoom"]

    # layers of samples opened elsewhere -----------------------------------------------------

    def find_samples(self) -> None:
        """Say so if there are layers of a sample that is not the one shown."""
        for layer in self._viewer.layers:
            about = layer.metadata.get(KEY)
            shown = self._session.sample if self._session is not None else None
            if about is not None and about["sample"] is not shown:
                self.sample_found.emit(about["sample"], about["reference"])
                return

    def close(self) -> None:
        """Let go of the viewer; the layers stay."""
        self.blockSignals(True)
        self._viewer.layers.events.inserted.disconnect(self._on_layers_inserted)
        self._viewer.layers.events.removed.disconnect(self._on_layers_removed)
        if self._picker in self._viewer.mouse_drag_callbacks:
            self._viewer.mouse_drag_callbacks.remove(self._picker)
        for layer in self._layers.values():
            layer.events.visible.disconnect(self._tell_parts)

    # making and changing layers -------------------------------------------------------------

    def _put(self, part: str, data: LayerData) -> None:
        """Add a layer at its place, or give the one that is there new data."""
        assert self._session is not None
        data = labelled(part, data, self._session.sample)
        if part == "nuclei":
            lookup = data[1]["metadata"]["lookup"]
            self._codes = lookup.lut
            lookup.outline = self._outlines or self._session.cells is None
            data[1]["colormap"] = cell_colormap(self._session, self._hidden)
        old = self._layers.get(part)
        if old is not None:
            old.metadata = data[1]["metadata"]
            old.data = data[0]
            self._paint()
            return
        layer = Layer.create(*data)
        self._watch(part, layer)
        self._viewer.layers.insert(self._place(part), layer)

    def _adopt(self, part: str, sample: Sample) -> bool:
        """Take over a layer of this sample that somebody else has added."""
        if part in self._layers:
            return part != "nuclei"
        for layer in self._viewer.layers:
            about = layer.metadata.get(KEY)
            if about is not None and about["sample"] is sample and about["part"] == part:
                self._watch(part, layer)
                return True
        return False

    def _watch(self, part: str, layer: Layer) -> None:
        self._layers[part] = layer
        layer.events.visible.connect(self._tell_parts)

    def _place(self, part: str) -> int:
        """Index that keeps our layers in their order, whatever lies between them."""
        stack = list(self._viewer.layers)
        below = [self._layers[p] for p in ORDER[: ORDER.index(part)] if p in self._layers]
        above = [self._layers[p] for p in ORDER[ORDER.index(part) + 1 :] if p in self._layers]
        if below:
            return max(stack.index(layer) for layer in below) + 1
        return min((stack.index(layer) for layer in above), default=len(stack))

    def _remove(self, part: str) -> None:
        layer = self._layers.pop(part)
        layer.events.visible.disconnect(self._tell_parts)
        if layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _paint(self) -> None:
        """New colours of the codes: 256 numbers."""
        if "nuclei" in self._layers and self._session is not None:
            self._layers["nuclei"].colormap = cell_colormap(self._session, self._hidden)

    def _look_up(self) -> None:
        """New codes of the nuclei: one number each, drawn only where one looks."""
        if "nuclei" not in self._layers or self._session is None or self._session.nuclei is None:
            return
        codes = self._codes
        if self._threshold > 0:
            unsure = self._session.nuclei.probability < self._threshold
            codes = codes.copy()
            codes[1:][unsure] = 0
        layer = self._layers["nuclei"]
        lookup = layer.metadata["lookup"]
        lookup.outline = self._outlines or self._session.cells is None
        lookup.lut = codes
        layer.refresh(extent=False, thumbnail=False)

    def _draw_spots(self) -> None:
        layer = self._layers.get("spots")
        if layer is None or self._session is None or self._session.sample.spots is None:
            return
        plain = layers.spots_layer(self._session.sample.spots, "", colours=self._fill)[1]
        rims, widths = plain["border_color"], np.full(len(layer.data), plain["border_width"])
        if self._selected is not None:
            rims[self._selected], widths[self._selected] = SELECTED_RIM, 2.5 * plain["border_width"]
        layer.face_color = plain["face_color"]
        layer.border_color = rims
        layer.border_width = widths

    # what the viewer says -------------------------------------------------------------------

    def _on_layers_inserted(self, event: Any) -> None:
        about = event.value.metadata.get(KEY)
        shown = self._session.sample if self._session is not None else None
        if about is not None and about["sample"] is not shown:
            # the sample's other layers come in a moment: wait for them
            QTimer.singleShot(0, self.find_samples)

    def _on_layers_removed(self, event: Any) -> None:
        for part, layer in list(self._layers.items()):
            if layer is event.value:
                layer.events.visible.disconnect(self._tell_parts)
                del self._layers[part]
                self._tell_parts()

    def _tell_parts(self, _event: Any = None) -> None:
        self.parts_changed.emit({p: bool(v.visible) for p, v in self._layers.items()})
