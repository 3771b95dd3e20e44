"""The spot that was clicked, and one that was pinned beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject

from spotscope.widgets.canvas._layer_data import UNKNOWN
from spotscope.widgets.spots._crop import draw_crop
from spotscope.widgets.spots._spot_card import CROP_PX
from spotscope.widgets.spots._spot_facts import lacking_genes, spot_facts
from spotscope.widgets.spots._spot_why import SpotWhy

if TYPE_CHECKING:
    import numpy.typing as npt
    from anndata import AnnData
    from qtpy.QtGui import QImage

    from spotscope.layers import Colour
    from spotscope.model import Session
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.explore._explore_card import ExploreCard
    from spotscope.widgets.spots._crop import Crop
    from spotscope.widgets.spots._spot_facts import SpotFacts

__all__ = ["SpotDesk"]

#: Of more nuclei than this the numbers would lie upon one another.
MOST_NUMBERS = 16


class SpotDesk(QObject):
    """Coordinates the spot cards with the workbench and the canvas."""

    def __init__(
        self, workbench: Workbench, canvas: Canvas, card: ExploreCard, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._card = workbench, canvas, card
        self._owner: npt.NDArray[np.int32] | None = None
        self._facts: SpotFacts | None = None
        self._picture: QImage | None = None
        #: the tables that were compared last, and which genes of the first the second lacks
        self._compared: tuple[AnnData, AnnData, npt.NDArray[np.bool_]] | None = None
        self.why = SpotWhy(workbench, canvas, card.spot, self)
        card.spot.closed.connect(lambda: self.select(None))
        card.spot.pin_requested.connect(self.pin)
        card.pinned.closed.connect(lambda: card.pinned.show_spot(None, {}))
        canvas.spot_clicked.connect(self.select)
        workbench.cropped.connect(self._on_cropped)
        workbench.reference_opened.connect(lambda _: self.show())

    @property
    def busy(self) -> bool:
        """Whether reasons are looked for."""
        return self.why.busy

    def close(self) -> None:
        """Stop."""
        self.why.close()

    def select(self, index: int | None) -> None:
        """Show a spot."""
        self._canvas.select_spot(index)
        self.show()

    def pin(self) -> None:
        """Keep the spot that is shown, to compare it with the next."""
        session = self._bench.session
        if self._facts is not None and session is not None:
            self._card.pinned.show_spot(self._facts, self._canvas.colours(session))
            self._card.pinned.show_crop(self._picture)

    def turn_to(self, owner: npt.NDArray[np.int32] | None, *, opened: bool = False) -> None:
        """Show spots of these cells from now on; what is pinned stays as it was."""
        self._owner = owner
        if opened:
            self._card.pinned.show_spot(None, {})

    def show(self) -> None:
        """Show the selected spot anew."""
        session, index = self._bench.session, self._canvas.selected
        spots = session.sample.spots if session is not None else None
        self._card.ask_for_spot(index is None and spots is not None)
        if session is None or index is None:
            self._facts = None
            self._card.spot.show_spot(None, {})
            if session is not None:
                self.why.show(session, None, None)
            return
        self._facts = self._called(spot_facts(session, index, self._owner, self._lacking(session)))
        self._card.spot.show_spot(self._facts, self._canvas.colours(session))
        self.why.show(session, index, self._owner)
        self._bench.beside.read_crop(session.sample, index, CROP_PX)

    def _lacking(self, session: Session) -> npt.NDArray[np.bool_] | None:
        """(gene,) which genes of the spots the reference lacks; None without one."""
        spots, reference = session.sample.spots, self._bench.reference
        if spots is None or reference is None:
            return None
        both, known = (spots.table, reference.table), self._compared
        if known is None or known[0] is not both[0] or known[1] is not both[1]:
            known = self._compared = (*both, lacking_genes(*both))
        return known[2]

    def _called(self, facts: SpotFacts) -> SpotFacts:
        """The same, types by the names they are shown by."""
        looks = self._canvas.nuclei.looks
        counts = looks.counts({name: count for name, count, _ in facts.by_type})
        weights = looks.shares({name: weight or 0.0 for name, _, weight in facts.by_type})
        known = any(weight is not None for _, _, weight in facts.by_type)
        rows = [(n, count, weights[n] if known else None) for n, count in counts.items()]
        rows.sort(key=lambda row: (-(row[2] or 0.0), -row[1]))
        return replace(facts, by_type=tuple(rows))

    def _on_cropped(self, crop: Crop) -> None:
        session = self._bench.session
        if session is None or crop.index != self._canvas.selected:
            return
        spots = session.sample.spots
        assert spots is not None
        centre, radius = spots.yx_um[crop.index], spots.lattice.diameter_um / 2
        polygons = np.zeros((0, 3, 2))
        colours: list[Colour] = []
        numbers: list[int] = []
        if session.nuclei is not None:
            near = np.hypot(*(session.nuclei.yx_um - centre).T) < radius * 1.5
            chosen = np.flatnonzero(near)
            polygons = session.nuclei.take(chosen).polygons()
            colours = self._colours_of(session, chosen)
            numbers = self._numbers_of(crop.index, chosen)
        spot = (float(centre[0]), float(centre[1]), radius)
        ratio = self._card.devicePixelRatioF()
        picture = draw_crop(crop, round(CROP_PX * ratio), polygons, colours, spot, numbers)
        if picture is not None:
            picture.setDevicePixelRatio(ratio)
        self._picture = picture
        self._card.spot.show_crop(picture)

    def _numbers_of(self, index: int, chosen: npt.NDArray[np.intp]) -> list[int]:
        """Numbers of the spot's own nuclei in the list; 0 for others, and where they crowd."""
        mine = np.flatnonzero(self._owner == index).tolist() if self._owner is not None else []
        if len(mine) > MOST_NUMBERS:
            mine = []
        place = {cell: n for n, cell in enumerate(mine, start=1)}
        return [place.get(cell, 0) for cell in chosen.tolist()]

    def _colours_of(self, session: Session, chosen: npt.NDArray[np.intp]) -> list[Colour]:
        """Colours of nuclei; unknown ones, and all before typing, are grey."""
        by_name = self._canvas.colours(session)
        if session.cells is None:
            return [by_name[UNKNOWN]] * len(chosen)
        names = (*map(self._canvas.nuclei.looks.shown, session.cells.types), UNKNOWN)
        return [by_name[names[code]] for code in session.cells.type_codes[chosen]]
