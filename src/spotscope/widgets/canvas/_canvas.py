"""What is drawn: the one place where our layers get their data and their colours.

It knows the viewer and no card.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from spotscope import layers
from spotscope.widgets.canvas._framing import camera_of, frame, light_of, set_camera, set_light
from spotscope.widgets.canvas._layer_data import UNKNOWN, cell_colours, makers, seen_colours
from spotscope.widgets.canvas._nuclei_view import NucleiView
from spotscope.widgets.canvas._picking import SpotPicker
from spotscope.widgets.canvas._spots_view import SpotsView
from spotscope.widgets.canvas._stack import Stack
from spotscope.widgets.canvas._title import CanvasTitle
from spotscope.widgets.jobs._turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import napari
    import numpy as np
    import numpy.typing as npt
    from napari.types import LayerData
    from napari.utils.colormaps import Colormap

    from spotscope.model import Sample, Session
    from spotscope.widgets.canvas._nuclei_ahead import NucleiAhead

__all__ = ["Canvas"]


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
        self.viewer = viewer
        self._session: Session | None = None
        self.stack = Stack(viewer, self)
        self.stack.changed.connect(self._tell_parts)
        self.stack.found.connect(self.sample_found)
        self.nuclei = NucleiView(self.stack)
        self.spots = SpotsView(self.stack)
        self.title = CanvasTitle(viewer)
        #: what is still to be shown, a piece a turn
        self.turns = Turns(self)
        self._picker = SpotPicker(self.spot_clicked.emit)
        viewer.mouse_drag_callbacks.append(self._picker)
        viewer.scene.camera.events.zoom.connect(self._on_zoom)

    # what is shown --------------------------------------------------------------------------

    @property
    def selected(self) -> int | None:
        """Index of the selected spot."""
        return self.spots.selected

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """(nucleus + 1,) colour code of every label, whatever is hidden."""
        return self.nuclei.codes

    def show_session(self, session: Session, drawn: Mapping[str, LayerData]) -> None:
        """Show a session in place of the one before; layers of others are left alone.

        napari takes its time for every layer, so they come one a turn; :attr:`turns` tells when
        all are there.

        Parameters
        ----------
        session
            The session.
        drawn
            Its layers, by part, as far as a worker has made them.
        """
        before: Sample | None = self._session.sample if self._session is not None else None
        self._session = session
        self.nuclei.turn_to(session)
        self.spots.turn_to(session.sample)
        stale = self.stack.turn_to(session.sample)
        self.turns.begin([partial(self.stack.drop, stale)] if stale else [])
        for part, make in makers(session).items():
            if make is not None:
                self.turns.then(partial(self._begin, part, drawn.get(part), make))
            elif part in self.stack:
                self.stack.remove(part)
        if not session.sample.same_as(before):
            self.turns.then(partial(frame, self.viewer, session), self._select_slide)
        self.turns.then(self._end_session)
        self._picker.watch(session.sample.spots)

    def show_nuclei(self, session: Session, drawn: Mapping[str, LayerData]) -> None:
        """Show new nuclei; the layer stays and gets new data."""
        self._session, self.nuclei.threshold = session, 0.0
        make = makers(session)["nuclei"]
        assert make is not None
        self.turns.then(partial(self._begin, "nuclei", drawn.get("nuclei"), make), self._tell_parts)

    def colour_nuclei(self, session: Session, codes: npt.NDArray[np.uint8]) -> None:
        """Show new types of the same nuclei; codes as of :func:`spotscope.layers.nuclei_codes`."""
        self._session = session
        self._in_order(partial(self.nuclei.show_types, session, codes))

    def recolour(
        self, codes: npt.NDArray[np.uint8], support: npt.NDArray[np.float32] | None = None
    ) -> None:
        """Show other codes of the same nuclei and types, and how sure they are, as a hand moves."""
        self._in_order(partial(self.nuclei.show_codes, codes, support))

    def show_inferred(
        self, codes: npt.NDArray[np.uint8] | None, colours: Colormap | None, said: str
    ) -> None:
        """Colour the nuclei by what is inferred, and say so on the canvas; None: by their types."""
        wanted = None if codes is None or colours is None else (codes, colours)
        self._in_order(partial(self.nuclei.show_inferred, wanted))
        self.title.say("nuclei", said)

    def show_edited(
        self,
        session: Session,
        levels: Sequence[Any],
        codes: npt.NDArray[np.uint8],
        boxes: Sequence[tuple[int, int, int, int]] | None,
    ) -> None:
        """Show nuclei of which some have changed: other labels in the layer that is there.

        ``boxes``: where the labels differ, in pixels of level 0; None: everywhere.
        """
        self._session = session
        self._in_order(partial(self.nuclei.show_edited, session, levels, codes, boxes))
        self.stack.call("nuclei", session.called)

    def show_ahead(self, ahead: NucleiAhead | None) -> None:
        """Show nuclei of a view for now; None: the session's again."""
        self._in_order(partial(self.nuclei.show_ahead, ahead))

    def let_pick(self, on: bool) -> None:
        """Let clicks select spots, or be for somebody else."""
        self._picker.paused = not on

    def show_threshold(self, probability: float) -> None:
        """Hide the nuclei that are less sure than this, until the next run."""
        self.nuclei.show_threshold(probability)

    def hide_types(self, names: frozenset[str]) -> None:
        """Hide the nuclei of these types."""
        self.nuclei.hide_types(names)

    def show_gene(self, counts: npt.NDArray[Any] | None, said: str = "") -> None:
        """Fill the spots by counts of a gene, by their logarithm, and say so; None: rings alone."""
        self.spots.show_gene(counts)
        self.title.say("spots", said)

    def select_spot(self, index: int | None) -> None:
        """Mark a spot."""
        self.spots.select(index)

    def show_outlines(self, shown: bool) -> None:
        """Draw nuclei as rims, or filled; before they have types they are always rims."""
        self.nuclei.show_outlines(shown)

    def show_part(self, part: str, shown: bool) -> None:
        """Show or hide a layer of ours; one that was removed by hand is made again."""
        if part in self.stack:
            self.stack[part].visible = shown
        elif shown and self._session is not None:
            self.stack.lull.do(part, partial(self._bring_back, part))

    def colours(self, session: Session) -> Mapping[str, layers.Colour]:
        """Colour of every type of a session's cells, and of those without one."""
        own = {**cell_colours(session, self.nuclei.looks), UNKNOWN: layers.UNKNOWN_COLOUR}
        return own if self.nuclei.eyes is layers.Eyes.ALL else seen_colours(own, self.nuclei.eyes)

    # the view, kept and brought back --------------------------------------------------------

    def view(self) -> dict[str, Any]:
        """What it takes to come back to this view (JSON)."""
        ours = {part: self.stack[part] for part in self.stack}
        return {
            "camera": camera_of(self.viewer),
            "visible": {part: bool(layer.visible) for part, layer in ours.items()},
            "opacity": {part: float(layer.opacity) for part, layer in ours.items()},
            "light": {part: light_of(layer) for part, layer in ours.items()},
            "hidden_types": sorted(self.nuclei.hidden),
            "outlines": self.nuclei.outlines,
            "selected": self.spots.selected,
            "legend": self.nuclei.looks.to_json(),
            "fades": self.nuclei.fades,
        }

    def restore(self, view: Mapping[str, Any]) -> None:
        """Come back to a view when all is shown; what it does not speak of stays."""
        self.nuclei.outlines = bool(view.get("outlines", False))
        self.turns.then(partial(self._restore, view))

    def _restore(self, view: Mapping[str, Any]) -> None:
        for part in self.stack:
            layer = self.stack[part]
            visible = bool(view.get("visible", {}).get(part, layer.visible))
            opacity = float(view.get("opacity", {}).get(part, layer.opacity))
            # napari draws anew for the same value too
            if visible != layer.visible:
                layer.visible = visible
            if opacity != layer.opacity:
                layer.opacity = opacity
            set_light(layer, view.get("light", {}).get(part, {}))
        if "camera" in view:
            set_camera(self.viewer, view["camera"])

    def find_samples(self) -> None:
        """Say so if there are layers of a sample that is not the one shown."""
        self.stack.find_samples()

    def close(self, kept: Any = None) -> None:
        """Let go of the viewer; the layers stay, and keep ``kept`` for the next dock."""
        self.turns.forget()
        self.blockSignals(True)
        self.stack.close(kept)
        if self._picker in self.viewer.mouse_drag_callbacks:
            self.viewer.mouse_drag_callbacks.remove(self._picker)
        self.viewer.scene.camera.events.zoom.disconnect(self._on_zoom)

    def _on_zoom(self, *_: object) -> None:
        self.spots.fit_rims(float(self.viewer.scene.camera.zoom))

    # making layers --------------------------------------------------------------------------

    def _begin(self, part: str, data: LayerData | None, make: Callable[[], LayerData]) -> None:
        """Make a layer in this turn, and add it in the next."""
        session = self._session
        assert session is not None
        there = self.stack.adopt(part) is not None
        if part == "nuclei":
            data = self.nuclei.dress(session, data or make())
            if there:
                self.stack.put(part, data)
                self.nuclei.paint()
                self.nuclei.catch_up()
        elif part == "spots":
            if there:
                self.spots.draw()
            self.spots.dress(data := data or make())
        if there:
            return
        if part == "nuclei":
            self.turns.first(self.nuclei.catch_up)
        self.turns.add(partial(self.stack.insert, part, self.stack.make(part, data or make())))

    def _in_order(self, colour: Callable[[], None]) -> None:
        """Colour nuclei now; if others are still to come, after them."""
        if self.turns.busy:
            self.turns.then(colour)
        else:
            colour()

    def _bring_back(self, part: str) -> None:
        make = makers(self._session)[part] if self._session is not None else None  # as it is now
        if make is None:
            return
        codes = self.nuclei.codes
        self._begin(part, None, make)
        if part == "nuclei":
            self.nuclei.show_codes(codes)

    def _select_slide(self) -> None:
        """Put down napari's tools: none is in the hand, and no key of one."""
        if "slide" in self.stack:
            self.viewer.layers.selection.active = self.stack["slide"]

    def _end_session(self) -> None:
        self.viewer.canvas.overlays.scale_bar.visible = True
        self.title.prepare()
        self._tell_parts()

    def _tell_parts(self) -> None:
        """Parts of the sample, and whether each is seen; a layer removed by hand is not."""
        if self._session is not None:
            there = [part for part, make in makers(self._session).items() if make is not None]
            seen = {p: p in self.stack and bool(self.stack[p].visible) for p in there}
            self.parts_changed.emit(seen)
