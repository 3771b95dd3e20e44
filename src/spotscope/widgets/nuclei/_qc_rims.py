"""Outlines or fill: outlines while nuclei are corrected, so that the stain inside is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject

if TYPE_CHECKING:
    from qtpy.QtWidgets import QPushButton

    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.nuclei._qc_panel import CheckPanel

__all__ = ["Rims"]


class Rims(QObject):
    """Keeps canvas, the button of the Nuclei card and that of the Explore card alike.

    Opening the corrections turns fill into outlines; closing them brings back what was before,
    unless a hand has chosen meanwhile.
    """

    def __init__(
        self, canvas: Canvas, panel: CheckPanel, other: QPushButton, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._canvas, self._button, self._other = canvas, panel.outlines, other
        self._before: bool | None = None
        panel.outlines_toggled.connect(self._on_hand)
        other.clicked.connect(self._on_hand)
        # a view that is restored checks the other one
        other.toggled.connect(self._button.setChecked)

    def open(self) -> None:
        """Show outlines from now on."""
        if self._before is None:
            self._before = self._other.isChecked()
            self._show(True)

    def close(self) -> None:
        """Show what was shown before."""
        if self._before is not None:
            self._show(self._before)
            self._before = None

    def _on_hand(self, on: bool) -> None:
        if self._before is not None:
            self._before = on
        self._show(on)

    def _show(self, on: bool) -> None:
        self._other.setChecked(on)
        self._button.setChecked(on)
        if self._canvas.nuclei.outlines != on:
            self._canvas.show_outlines(on)
