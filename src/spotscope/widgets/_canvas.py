"""What is drawn: the one place where our layers get their data and their colours.

It knows the viewer and no card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal

from spotscope import layers
from spotscope.widgets._framing import camera_of, frame, set_camera
from spotscope.widgets._layer_data import (
    UNKNOWN,
    cell_colormap,
    cell_colours,
    cell_types,
    fill_by_counts,
    makers,
)
from spotscope.widgets._picking import SpotPicker
from spotscope.widgets._stack import Stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    import napari
    import numpy.typing as npt
    from napari.types import LayerData

    from spotscope.model import Sample, Session

__all__ = ["Canvas"]

#: Of spots without an image: seen on a black canvas and on a white one.
BARE_RIM = (0.55, 0.55, 0.58, 1.0)
SELECTED_RIM = (1.0, 0.85, 0.0, 1.0)


class Canvas(QObject):
    """Shows a session in a viewer.

    ``spot_clicked(index or None)``, ``parts_changed({part: visible})``, ``sample_found(about)``
    when layers of a sample appear that was opened elsewhere.
    """

    spot_clicked = Signal(object)
    parts_changed = Signal(object)
    sample_found = Signal(object)

    def __init__(self, viewer: napari.viewer.Viewer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._session: Session | None = None
        self._codes: npt.NDArray[np.uint8] = np.zeros(1, np.uint8)
        self._hidden: frozenset[str] = frozenset()
        self._threshold = 0.0
        self._outlines = False
        self._fill: npt.NDArray[np.float64] | None = None
        self._selected: int | None = None
        self.stack = Stack(viewer, self)
        self.stack.changed.connect(self._tell_parts)
        self.stack.found.connect(self.sample_found)
        self._picker = SpotPicker(self.spot_clicked.emit)
        viewer.mouse_drag_callbacks.append(self._picker)

    # what is shown --------------------------------------------------------------------------

    @property
    def selected(self) -> int | None:
        """Index of the selected spot."""
        return self._selected

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """(nucleus + 1,) colour code of every label, whatever is hidden."""
        return self._codes

    def show_session(self, session: Session, nuclei: LayerData | None = None) -> None:
        """Show a session in place of the one before; layers of others are left alone.

        Parameters
        ----------
        session
            The session.
        nuclei
            Its nuclei layer, where a worker has made it already.
        """
        before: Sample | None = self._session.sample if self._session is not None else None
        self._session, self._selected, self._fill = session, None, None
        self._hidden, self._threshold = frozenset(), 0.0
        self.stack.turn_to(session.sample)
        for part, make in makers(session).items():
            if make is None:
                if part in self.stack:
                    self.stack.remove(part)
            elif part == "nuclei":
                self.stack.adopt(part)
                self._put_nuclei(nuclei or make())
            elif self.stack.adopt(part) is None:
                self.stack.put(part, make())
        self._draw_spots()
        self._picker.watch(session.sample.spots)
        self._viewer.canvas.overlays.scale_bar.visible = True
        if before is not session.sample:
            frame(self._viewer, session)
        self._tell_parts()

    def show_nuclei(self, session: Session, nuclei: LayerData | None = None) -> None:
        """Show new nuclei; the layer stays and gets new data."""
        self._session, self._threshold = session, 0.0
        self._put_nuclei(nuclei or layers.nuclei_layer(session, cell_colours(session)))
        self._tell_parts()

    def colour_nuclei(self, session: Session, codes: npt.NDArray[np.uint8]) -> None:
        """Show new types of the same nuclei.

        Parameters
        ----------
        session
            With cells.
        codes
            As from :func:`spotscope.layers.nuclei_codes`.
        """
        before = self._session
        self._session, self._codes = session, codes
        if before is None or cell_types(before) != cell_types(session):
            self._paint()
        self._look_up()

    def recolour(self, codes: npt.NDArray[np.uint8]) -> None:
        """Show other codes of the same nuclei and types, while a hand moves."""
        if len(codes) == len(self._codes):
            self._codes = codes
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
        """Show or hide a layer of ours; one that was removed by hand is made again."""
        if part in self.stack:
            self.stack[part].visible = shown
        elif shown and self._session is not None:
            self._bring_back(part, self._session)

    def colours(self, session: Session) -> Mapping[str, layers.Colour]:
        """Colour of every type of a session's cells, and of those without one."""
        return {**cell_colours(session), UNKNOWN: layers.UNKNOWN_COLOUR}

    # the view, kept and brought back --------------------------------------------------------

    def view(self) -> dict[str, Any]:
        """What it takes to come back to this view (JSON)."""
        ours = {part: self.stack[part] for part in self.stack}
        return {
            "camera": camera_of(self._viewer),
            "visible": {part: bool(layer.visible) for part, layer in ours.items()},
            "opacity": {part: float(layer.opacity) for part, layer in ours.items()},
            "hidden_types": sorted(self._hidden),
            "outlines": self._outlines,
            "selected": self._selected,
        }

    def restore(self, view: Mapping[str, Any]) -> None:
        """Come back to a view; what it does not speak of stays."""
        for part in self.stack:
            layer = self.stack[part]
            layer.visible = bool(view.get("visible", {}).get(part, layer.visible))
            layer.opacity = float(view.get("opacity", {}).get(part, layer.opacity))
        self.show_outlines(bool(view.get("outlines", False)))
        if "camera" in view:
            set_camera(self._viewer, view["camera"])

    def find_samples(self) -> None:
        """Say so if there are layers of a sample that is not the one shown."""
        self.stack.find_samples()

    def close(self, kept: Any = None) -> None:
        """Let go of the viewer; the layers stay, and keep ``kept`` for the next dock."""
        self.blockSignals(True)
        self.stack.close(kept)
        if self._picker in self._viewer.mouse_drag_callbacks:
            self._viewer.mouse_drag_callbacks.remove(self._picker)

    # making and changing layers -------------------------------------------------------------

    def _put_nuclei(self, data: LayerData) -> None:
        assert self._session is not None
        lookup = data[1]["metadata"]["lookup"]
        self._codes = lookup.lut
        lookup.outline = self._outlines or self._session.cells is None
        data[1]["colormap"] = cell_colormap(self._session, self._hidden)
        self.stack.put("nuclei", data)
        self._paint()

    def _bring_back(self, part: str, session: Session) -> None:
        make = makers(session)[part]
        if make is None:
            return
        if part == "nuclei":
            codes = self._codes
            self._put_nuclei(make())
            self._codes = codes
            self._look_up()
        else:
            self.stack.put(part, make())
            self._draw_spots()

    def _paint(self) -> None:
        """New colours of the codes: 256 numbers."""
        if "nuclei" in self.stack and self._session is not None:
            self.stack["nuclei"].colormap = cell_colormap(self._session, self._hidden)

    def _look_up(self) -> None:
        """New codes of the nuclei: one number each, drawn only where one looks."""
        layer = self.stack.get("nuclei")
        if layer is None or self._session is None or self._session.nuclei is None:
            return
        codes = self._codes
        if self._threshold > 0:
            unsure = self._session.nuclei.probability < self._threshold
            codes = codes.copy()
            codes[1:][unsure] = 0
        lookup = layer.metadata["lookup"]
        lookup.outline = self._outlines or self._session.cells is None
        lookup.lut = codes
        layer.refresh(extent=False, thumbnail=False)

    def _draw_spots(self) -> None:
        layer = self.stack.get("spots")
        if layer is None or self._session is None or self._session.sample.spots is None:
            return
        spots = self._session.sample.spots
        if len(layer.data) != spots.n:  # points were added or deleted by hand: spots are not
            layer.data = spots.yx_um
        plain = layers.spots_layer(spots, "", colours=self._fill)[1]
        rims, widths = plain["border_color"], np.full(spots.n, plain["border_width"])
        if self._session.sample.slide is None:
            rims[:] = BARE_RIM
        if self._selected is not None:
            rims[self._selected], widths[self._selected] = SELECTED_RIM, 2.5 * plain["border_width"]
        layer.face_color = plain["face_color"]
        layer.border_color = rims
        layer.border_width = widths

    def _tell_parts(self) -> None:
        """Parts of the sample, and whether each is seen; a layer removed by hand is not."""
        if self._session is not None:
            there = [part for part, make in makers(self._session).items() if make is not None]
            seen = {p: p in self.stack and bool(self.stack[p].visible) for p in there}
            self.parts_changed.emit(seen)
