"""Regions in the Explore card: draw one, name it, and read what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from spotscope.widgets.parts._bars import Bar, Bars
from spotscope.widgets.parts._card import HIT_PX, line, say
from spotscope.widgets.regions._region_nu import RegionNuRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spotscope.layers import Colour
    from spotscope.pipeline import RegionAnswer

__all__ = ["RegionsPanel"]

MOST_TYPES, MOST_GENES = 8, 6
#: Offered as they are called in QuPath.
CLASSES = ("Tumor", "Stroma", "Immune cells", "Necrosis", "Other")
TIP = (
    "Intervals (95%) say how much the number changes from place to place in the region, not how "
    "sure each cell's type is. Genes are a list to look at, not a test."
)


class RegionsPanel(QWidget):
    """Shows regions and the card of one.

    Requests: ``draw_toggled(on)``, ``move_toggled(on)``, ``chosen(index)``,
    ``renamed(name)``, ``classified(class)``, ``remarked(words)``,
    ``against_chosen(index or -1 for the rest)``, ``removed()``, ``export_requested()``.
    """

    draw_toggled = Signal(bool)
    move_toggled = Signal(bool)
    chosen = Signal(int)
    renamed = Signal(str)
    classified = Signal(str)
    remarked = Signal(str)
    against_chosen = Signal(int)
    removed = Signal()
    export_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.draw_button = QPushButton("Draw a region…")
        self.draw_button.setCheckable(True)
        self.draw_button.setToolTip("Press on the slide, go around what you mean, let go")
        self.move_button = QPushButton("Move")
        self.move_button.setCheckable(True)
        self.move_button.setToolTip(
            "Drag outlines, or the handles around them; press again when they lie right"
        )
        self.export_button = QPushButton("Export regions…")
        self.export_button.setToolTip("GeoJSON that QuPath opens, and tables as CSV")
        self.choice = QComboBox()
        self.choice.setAccessibleName("Region")
        # a number: the room is the name's
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.choice.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the region")
        self.name.setPlaceholderText("Name")
        self.kind = QComboBox()
        self.kind.setEditable(True)
        self.kind.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.kind.addItems(["", *CLASSES])
        self.kind.setMinimumContentsLength(8)
        self.kind.setAccessibleName("Class of the region")
        self.kind.setToolTip("What it is marked as, for QuPath and the report; write your own")
        self.kind.lineEdit().setPlaceholderText("Class")
        self.remark = QLineEdit()
        self.remark.setAccessibleName("Remark on the region")
        self.remark.setPlaceholderText("What you see here")
        self.remark.setToolTip("Kept with the region: in the report and in what is exported")
        self.remove = QToolButton()
        self.remove.setText("×")
        self.remove.setAutoRaise(True)
        self.remove.setMinimumSize(HIT_PX, HIT_PX)
        self.remove.setToolTip("Remove this region")
        self.remove.setAccessibleName("Remove this region")
        self.against = QComboBox()
        self.against.setAccessibleName("Compared with")
        self.facts = line()
        self.types_title = line()
        self.types = Bars()
        self.genes_title = line()
        self.genes = Bars()
        self.notes = line(quiet=True)
        self.types.setToolTip(TIP)
        self.genes.setToolTip(TIP)
        self._lay_out()
        self._connect()
        self.show_regions([], -1)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        self.row = QWidget()
        row = QHBoxLayout(self.row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.choice)
        row.addWidget(self.name, 1)
        row.addWidget(self.kind)
        row.addWidget(self.remove)
        below = QHBoxLayout()
        below.addWidget(self.draw_button)
        below.addWidget(self.move_button)
        below.addStretch()
        below.addWidget(self.export_button)
        layout.addLayout(below)
        self.nu = RegionNuRow()
        types = (self.row, self.remark, self.nu, self.facts, self.types_title, self.types)
        for widget in (*types, self.against, self.genes_title, self.genes, self.notes):
            layout.addWidget(widget)

    def _connect(self) -> None:
        self.draw_button.clicked.connect(self.draw_toggled)
        self.move_button.clicked.connect(self.move_toggled)
        self.export_button.clicked.connect(lambda: self.export_requested.emit())
        self.choice.activated.connect(self.chosen)
        self.name.editingFinished.connect(lambda: self.renamed.emit(self.name.text()))
        self.kind.lineEdit().editingFinished.connect(self._on_classified)
        self.kind.activated.connect(lambda _: self._on_classified())
        self.remark.editingFinished.connect(lambda: self.remarked.emit(self.remark.text()))
        self.against.activated.connect(lambda at: self.against_chosen.emit(at - 1))
        self.remove.clicked.connect(lambda: self.removed.emit())

    def show_drawing(self, drawing: bool) -> None:
        """Say whether the next drag draws."""
        self.draw_button.setChecked(drawing)
        self.draw_button.setText("Draw on the slide…" if drawing else "Draw a region…")

    def show_moving(self, moving: bool) -> None:
        """Say whether a drag moves outlines."""
        self.move_button.setChecked(moving)

    def _on_classified(self) -> None:
        self.classified.emit(self.kind.currentText().strip())

    def show_regions(
        self, names: Sequence[str], current: int, against: int = -1, kind: str = ""
    ) -> None:
        """Offer these regions; one, of a class, is shown, and compared with another or the rest."""
        self.kind.setCurrentText(kind)
        self.row.setVisible(bool(names))
        self.remark.setVisible(bool(names))
        for button in (self.export_button, self.move_button):
            button.setVisible(bool(names))
        self.against.setVisible(len(names) > 1)
        self.choice.clear()
        self.choice.addItems([str(number) for number in range(1, len(names) + 1)])
        self.choice.setCurrentIndex(current)
        self.against.clear()
        self.against.addItems(["against the rest", *(f"against {name}" for name in names)])
        self.against.setCurrentIndex(against + 1)
        self.name.setText(names[current] if names else "")
        if not names:
            self.nu.hide()
            self.show_answer(None, {})

    def show_trouble(self, said: str) -> None:
        """Say why there is no answer."""
        self.show_answer(None, {})
        say(self.notes, f"▲ {said}")

    def show_answer(self, answer: RegionAnswer | None, colours: Mapping[str, Colour]) -> None:
        """Show what a region holds; None shows nothing."""
        if answer is None:
            for words in (self.facts, self.types_title, self.genes_title, self.notes):
                say(words, "")
            self.types.show_bars([])
            self.genes.show_bars([])
            return
        parts = [f"{answer.area_mm2:.3g} mm²"]
        if answer.nuclei is not None:
            parts.append(f"{answer.nuclei:,} {answer.called}, {answer.per_mm2:,.0f} per mm²")
        if answer.spots is not None:
            parts.append(f"{answer.spots:,} spots")
        say(self.facts, "\n".join([" · ".join(parts), *answer.within]))
        said = f"Cell types · inferred · share (95%) · in {answer.against}"
        say(self.types_title, said if answer.types else "")
        self.types.show_bars(
            [
                Bar(
                    row.name,
                    row.share,
                    f"{row.share:.0%} ({100 * row.low:.0f}–{row.high:.0%}) · {row.elsewhere:.0%}",
                    colours.get(row.name),
                    inferred=True,
                )
                for row in answer.types[:MOST_TYPES]
            ]
        )
        said = f"More in it than in {answer.against} · measured · times (95%) · surest first"
        say(self.genes_title, said if answer.genes else "")
        most = max((gene.ratio for gene in answer.genes), default=1.0)
        self.genes.show_bars(
            [
                Bar(g.name, g.ratio / most, f"{g.ratio:.1f} ({g.low:.1f}–{g.high:.1f})")
                for g in answer.genes[:MOST_GENES]
            ]
        )
        none = not answer.genes and not answer.notes and answer.spots
        clear = ("no gene is clearly more in it than elsewhere",) if none else ()
        say(self.notes, "\n".join(f"· {note}" for note in (*answer.notes, *clear)))
