"""What is said of a region's types: a ν of its own, or one type that all its nuclei have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from spotscope import pipeline
from spotscope.model import SpotscopeError
from spotscope.widgets.cell_typing._held_deeds import hold_by_hand, settle_around
from spotscope.widgets.cell_typing._hold_button import HoldButton
from spotscope.widgets.cell_typing._nu_dial import NU_MAX
from spotscope.widgets.parts._number import NumberEdit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.model import Region, Session
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.regions._regions import RegionsDesk

__all__ = ["RegionNu", "RegionNuRow"]

_same = pipeline.same_region


class RegionNuRow(QWidget):
    """``given(ν or None)`` and ``hold_requested(type or None)`` when the user says so."""

    given = Signal(object)
    hold_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.own = QCheckBox("ν of its own")
        self.own.setToolTip("Type the cells of this region with another smoothness than the rest")
        self.number = NumberEdit(0.0, NU_MAX)
        self.number.setAccessibleName("Smoothness ν of the region")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.own)
        layout.addWidget(self.number)
        layout.addStretch()
        self.hold = HoldButton("Every cell of the region is of this type, and stays so")
        layout.addWidget(self.hold)
        self.hold.asked.connect(self.hold_requested)
        self.own.clicked.connect(self._on_clicked)
        self.number.number_changed.connect(lambda nu: self.given.emit(nu))
        self.hide()

    def show_nu(self, nu: float | None, otherwise: float) -> None:
        """Show a region's ν, or that it has that of the section."""
        self.own.setChecked(nu is not None)
        self.number.setVisible(nu is not None)
        self.number.show_number(otherwise if nu is None else nu)

    def _on_clicked(self, on: bool) -> None:
        self.number.setVisible(on)
        self.given.emit(self.number.number if on else None)


class RegionNu(QObject):
    """Coordinates the row with the workbench; a region is known by its corners.

    ``refused(error)`` where nothing could be held.
    """

    refused = Signal(object)

    def __init__(
        self, workbench: Workbench, regions: RegionsDesk, row: RegionNuRow, canvas: Canvas
    ) -> None:
        super().__init__(regions)
        self._bench, self._regions, self._row, self._canvas = workbench, regions, row, canvas
        self._region: Region | None = None
        #: regions that were removed, with the ν they had
        self._gone: list[tuple[Region, float]] = []
        regions.chosen.connect(self.show)
        workbench.facts_changed.connect(lambda _: self.show(self._region))
        row.given.connect(self.give)
        row.hold_requested.connect(self.hold)

    def show(self, region: Region | None) -> None:
        """Show the ν of a region; nothing before there is a fit to ask."""
        self._region = region
        session, fitted = self._bench.session, self._bench.fitted
        known = region is not None and any(region is one for one in self._regions.regions)
        self._row.setVisible(known and session is not None and fitted is not None)
        if not known or region is None or session is None or fitted is None:
            return
        held = [nu for one, nu in pipeline.held_of(session).regions if _same(one, region)]
        used = float(session.records["type"].params.get("nu_used", fitted.auto_nu))
        self._row.show_nu(held[-1] if held else None, used)
        self._row.hold.setVisible(session.nuclei is not None)
        if session.cells is not None:
            looks, colours = self._canvas.nuclei.looks, self._canvas.colours(session)
            self._row.hold.offer([(n, looks.shown(n)) for n in session.cells.types], colours)

    def give(self, nu: float | None) -> None:
        """Give the region that is shown a ν of its own, or take it away."""
        region, session = self._region, self._bench.session
        if region is not None and session is not None and session.cells is not None:
            others = [pair for pair in self._there(session) if not _same(pair[0], region)]
            held = others if nu is None else [*others, (region, float(nu))]
            if self._bench.fitted is not None:
                said = (
                    f"{region.name} given {'the ν of the section' if nu is None else f'ν {nu:g}'}"
                )
                hold_by_hand(self._bench, pipeline.hold(session, regions=held), said)

    def hold(self, name: str | None) -> None:
        """Hold all nuclei of the region that is shown to a type, or let them go."""
        region, session, fitted = self._region, self._bench.session, self._bench.fitted
        if region is None or session is None or session.cells is None or fitted is None:
            return
        try:
            labels = pipeline.labels_in(session, [region])
            session = pipeline.hold(session, dict.fromkeys(labels, name))
        except SpotscopeError as error:
            self.refused.emit(error)
            return
        shown = self._canvas.nuclei.looks.shown
        did = f"held as {shown(name)}" if name else "let go"
        hold_by_hand(self._bench, session, f"{session.called} of {region.name} {did}")

    def follow(self, was: Sequence[Region]) -> None:
        """Regions are others than before: a moved one takes its ν along, a removed one loses it.

        One that comes back, as by undo, has it again.
        """
        session = self._bench.session
        if session is None or session.cells is None:
            return
        now = self._regions.regions
        kept = dict(zip(map(id, was), now, strict=True)) if len(was) == len(now) else {}
        held = []
        for region, nu in pipeline.held_of(session).regions:
            drawn = next((one for one in was if _same(one, region)), region)
            moved = kept.get(id(drawn), drawn)
            if any(_same(moved, one) for one in now):
                held.append((moved, nu))
            else:
                self._gone.append((region, nu))
        back = [pair for pair in self._gone if any(_same(pair[0], one) for one in now)]
        self._gone = [pair for pair in self._gone if all(pair is not one for one in back)]
        after = [*held, *back]
        before = pipeline.held_of(session).regions
        same = len(after) == len(before) and all(
            _same(one, other) and nu == mu
            for (one, nu), (other, mu) in zip(after, before, strict=True)
        )
        if not same and self._bench.fitted is not None:
            settle_around(self._bench, pipeline.hold(session, regions=after))

    def forget(self) -> None:
        """Another session: nothing comes back."""
        self._gone = []

    def _there(self, session: Session) -> list[tuple[Region, float]]:
        """Regions with a ν that are still drawn."""
        drawn = self._regions.regions
        held = pipeline.held_of(session).regions
        return [(one, nu) for one, nu in held if any(_same(one, region) for region in drawn)]
