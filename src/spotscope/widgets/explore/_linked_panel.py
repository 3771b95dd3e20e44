"""The fold with plot and table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from spotscope.pipeline import can_lay_out
from spotscope.widgets.explore._link_table import LinkTable
from spotscope.widgets.explore._scatter import Scatter
from spotscope.widgets.parts._card import line, say

if TYPE_CHECKING:
    from spotscope.pipeline import EmbedHow, EmbedOf

__all__ = ["LinkedPanel"]


class LinkedPanel(QWidget):
    """Choices, plot and table; ``asked()`` when points are to be laid out."""

    asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.what = QComboBox()
        self.what.setAccessibleName("Points are")
        self.method = QComboBox()
        self.method.setAccessibleName("Layout")
        self.method.addItem("PCA", "pca")
        if can_lay_out():
            self.method.addItem("UMAP", "umap")
        else:
            self.method.setToolTip('UMAP comes with: pip install "spotscope[analysis]"')
        self.button = QPushButton("Lay out")
        self.button.setToolTip("Place spots or cells that are alike side by side")
        self.said = line()
        self.plot = Scatter()
        self.chosen = line()
        self.table = LinkTable()
        row = QHBoxLayout()
        for widget in (self.what, self.method, self.button):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        for widget in (self.said, self.plot, self.chosen, self.table):
            layout.addWidget(widget)
        self.button.clicked.connect(lambda: self.asked.emit())
        self.clear()

    @property
    def of(self) -> EmbedOf:
        """What the points are to be."""
        return "cells" if self.what.currentData() == "cells" else "spots"

    @property
    def how(self) -> EmbedHow:
        """How they are to be laid out."""
        return "umap" if self.method.currentData() == "umap" else "pca"

    def offer(self, *, spots: bool, cells: bool) -> None:
        """Offer what there is."""
        there = {"spots": spots, "cells": cells}
        words = {"spots": "spots, measured", "cells": "cells, inferred"}
        for name, is_there in there.items():
            at = self.what.findData(name)
            if is_there and at < 0:
                self.what.addItem(words[name], name)
            elif not is_there and at >= 0:
                self.what.removeItem(at)
        self.button.setEnabled(spots)

    def clear(self) -> None:
        """Show no points."""
        say(self.said, "")
        say(self.chosen, "")
        self.plot.hide()
        self.table.hide()

    def show_said(self, said: str) -> None:
        """Say what is shown; with points come plot and table."""
        say(self.said, said)
        shown = not said.startswith("▲")
        self.plot.setVisible(shown)
        self.table.setVisible(shown)

    def show_chosen(self, n: int, of: str) -> None:
        """Say how many are chosen."""
        of = of if n > 1 else of.removesuffix("s")
        say(self.chosen, f"{n:,} {of} chosen, marked on the slide" if n else "")
