"""A region with a ν of its own: smoother, or rougher, than the rest of the section."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from spotscope import pipeline
from spotscope.widgets._nu_dial import NU_MAX
from spotscope.widgets._number import NumberEdit

if TYPE_CHECKING:
    from spotscope.model import Region, Session
    from spotscope.widgets._regions import RegionsDesk
    from spotscope.widgets._workbench import Workbench

__all__ = ["RegionNu", "RegionNuRow"]


class RegionNuRow(QWidget):
    """``given(ν or None)`` when the user says so."""

    given = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.own = QCheckBox("ν of its own")
        self.own.setToolTip("Type the nuclei of this region with another smoothness than the rest")
        self.number = NumberEdit(0.0, NU_MAX)
        self.number.setAccessibleName("Smoothness ν of the region")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.own)
        layout.addWidget(self.number)
        layout.addStretch()
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
    """Coordinates the row with the workbench; a region is known by its corners."""

    def __init__(self, workbench: Workbench, regions: RegionsDesk, row: RegionNuRow) -> None:
        super().__init__(regions)
        self._bench, self._regions, self._row = workbench, regions, row
        self._region: Region | None = None
        regions.chosen.connect(self.show)
        workbench.facts_changed.connect(lambda _: self.show(self._region))
        row.given.connect(self.give)

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

    def give(self, nu: float | None) -> None:
        """Give the region that is shown a ν of its own, or take it away."""
        region, session = self._region, self._bench.session
        if region is not None and session is not None and session.cells is not None:
            others = [pair for pair in self._there(session) if not _same(pair[0], region)]
            self._hold(session, others if nu is None else [*others, (region, float(nu))])

    def forget_gone(self) -> None:
        """Regions that were removed have no ν any more."""
        session = self._bench.session
        if session is not None and len(self._there(session)) < len(
            pipeline.held_of(session).regions
        ):
            self._hold(session, self._there(session))

    def _there(self, session: Session) -> list[tuple[Region, float]]:
        """Regions with a ν that are still drawn."""
        drawn = self._regions.regions
        held = pipeline.held_of(session).regions
        return [(one, nu) for one, nu in held if any(_same(one, region) for region in drawn)]

    def _hold(self, session: Session, regions: list[tuple[Region, float]]) -> None:
        fitted = self._bench.fitted
        if fitted is not None:
            self._bench.session = pipeline.hold(session, regions=regions)
            used = session.records["type"].params.get("nu_used", fitted.auto_nu)
            self._bench.set_nu(float(used))


def _same(one: Region, other: Region) -> bool:
    """Whether two regions have the same corners, to a hundredth of a µm."""
    corners = one.polygon_yx_um.round(2), other.polygon_yx_um.round(2)
    return corners[0].shape == corners[1].shape and np.allclose(*corners, atol=0.011)
