"""The spot card: what a clicked spot counted, and what its nuclei are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QPixmap
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QToolButton, QVBoxLayout, QWidget

from spotscope.widgets.parts._bars import Bar, Bars
from spotscope.widgets.parts._card import HIT_PX, line, say
from spotscope.widgets.parts._dress import Rank, give_rank
from spotscope.widgets.spots._nuclei_list import NucleiList

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qtpy.QtGui import QImage

    from spotscope.layers import Colour
    from spotscope.widgets.spots._spot_facts import SpotFacts

    Colours = Mapping[str, Colour]

__all__ = ["SpotCard"]

CROP_PX = 132  # of the screen
MEASURED = "Highest counts · measured"
#: After the name of a gene, and what it says.
LACKING = "○"
LACKING_SAID = f"{LACKING} not in the reference"
EXPLAINED = "Highest counts · measured, and given back by the {called} inferred"


class SpotCard(QWidget):
    """Shows one spot; ``closed()`` when the user puts it away.

    ``count_given(index, cells)`` when the user says how many cells it holds; ``pin_requested()``.

    Parameters
    ----------
    pinned
        A card that only stands beside another.
    """

    closed = Signal()
    count_given = Signal(int, int)
    pin_requested = Signal()

    def __init__(self, parent: QWidget | None = None, *, pinned: bool = False) -> None:
        super().__init__(parent)
        self._pinned = pinned
        self.pin = QToolButton()
        self.pin.setText("Pin")
        give_rank(self.pin, Rank.BUTTON)
        self.pin.setToolTip("Keep this spot here, to compare it with another")
        self.pin.setVisible(not pinned)
        self.pin.clicked.connect(lambda: self.pin_requested.emit())
        self.nuclei = NucleiList()
        self.reasons_title = line()
        self.reasons = Bars()
        self.title = line()
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        close = QToolButton()
        close.setText("×")
        close.setAutoRaise(True)
        close.setMinimumSize(HIT_PX, HIT_PX)
        close.setToolTip("Put the spot away")
        close.setAccessibleName("Put the spot away")
        close.clicked.connect(self.closed)
        self.crop = QLabel()
        self.crop.setFixedSize(CROP_PX, CROP_PX)
        self.crop.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.crop.setAccessibleName("The image around the spot, with its nuclei")
        self.crop.hide()
        self.flags = line()
        self.types = Bars()
        self.types_title = line()
        self.genes = Bars()
        self.genes_title = line(MEASURED)
        self.genes_note = line(quiet=True)
        self._index: int | None = None
        self._lay_out(close)
        self.hide()

    def _lay_out(self, close: QToolButton) -> None:
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.pin, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        middle = QHBoxLayout()
        middle.setSpacing(10)
        middle.addWidget(self.crop, 0, Qt.AlignmentFlag.AlignTop)
        middle.addWidget(self.genes, 1, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(5)
        layout.addLayout(head)
        layout.addWidget(self.flags)
        # over both: words that wrap beside the picture would take the room of the last gene
        layout.addWidget(self.genes_title)
        layout.addLayout(middle)
        layout.addWidget(self.genes_note)
        layout.addWidget(self._count_row())
        layout.addWidget(self.types_title)
        layout.addWidget(self.types)
        layout.addWidget(self.nuclei)
        layout.addWidget(self.reasons_title)
        layout.addWidget(self.reasons)

    def _count_row(self) -> QWidget:
        """The number of cells, to be said."""
        self.count = QSpinBox()
        self.count.setRange(0, 999)
        self.count.setKeyboardTracking(False)
        self.count.setAccessibleName("Cells of this spot")
        self.count.setToolTip(
            "How many cells this spot holds. Fewer: the least sure go; more: cells are put "
            "where there is room, marked as estimated. Undo takes it back."
        )
        self.count.valueChanged.connect(self._on_count_changed)
        self.count_note = QLabel()
        self.counting = QWidget()
        row = QHBoxLayout(self.counting)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel("Cells"))
        row.addWidget(self.count)
        row.addWidget(self.count_note)
        row.addStretch()
        return self.counting

    def _show_count(self, facts: SpotFacts) -> None:
        self._index = facts.index
        self.counting.setVisible(facts.nuclei is not None and not self._pinned)
        self.count.blockSignals(True)
        self.count.setValue(facts.nuclei or 0)
        self.count.blockSignals(False)
        self.count_note.setText(f"{facts.estimated} of them estimated" if facts.estimated else "")

    def _on_count_changed(self, n: int) -> None:
        if self._index is not None:
            self.count_given.emit(self._index, n)

    def show_spot(self, facts: SpotFacts | None, colours: Colours) -> None:
        """Show a spot, or nothing for None."""
        self.setVisible(facts is not None)
        if facts is None:
            return
        parts = [f"Spot {facts.name}", f"{facts.umis:,} UMI"]
        if facts.nuclei is not None:
            seen = facts.nuclei - facts.estimated
            if seen or not facts.estimated:  # else the number below says how many are estimated
                parts.append(f"{seen} nuclei" if seen != 1 else "1 nucleus")
            if self._pinned and facts.estimated:  # which has no number below
                parts.append(f"{facts.estimated} estimated")
        say(self.title, "Pinned · " * self._pinned + " · ".join(parts))
        self._show_count(facts)
        say(self.flags, "▲ " + ", ".join(facts.flags) if facts.flags else "")
        most = max((count for _, count in facts.genes), default=1)
        told = [back for back in facts.given_back if back is not None]
        say(self.genes_title, EXPLAINED.format(called=facts.called) if told else MEASURED)
        backs = facts.given_back or (None,) * len(facts.genes)
        lacking = facts.lacking or (False,) * len(facts.genes)
        bars = zip(facts.genes, backs, lacking, strict=True)
        self.genes.show_bars(
            [
                Bar(f"{g} {LACKING}" if lacks else g, n / most, _counts(n, back))
                for (g, n), back, lacks in bars
            ]
        )
        say(self.genes_note, LACKING_SAID if any(facts.lacking) else "")
        weighed = any(weight is not None for _, _, weight in facts.by_type)
        said = f"Cell types · inferred · share of the counts, and {facts.called}"
        say(self.types_title, said if weighed else ("Cell types · inferred" * bool(facts.by_type)))
        self.types.show_bars([self._bar(row, facts, colours) for row in facts.by_type])

    def show_reasons(self, said: str, bars: Sequence[Bar]) -> None:
        """Show the genes that decided, or nothing."""
        say(self.reasons_title, said if bars else "")
        self.reasons.show_bars(bars)

    def show_crop(self, image: QImage | None) -> None:
        """Show the image around the spot."""
        self.crop.setVisible(image is not None)
        if image is not None:
            self.crop.setPixmap(QPixmap.fromImage(image))

    @staticmethod
    def _bar(row: tuple[str, int, float | None], facts: SpotFacts, colours: Colours) -> Bar:
        name, count, weight = row
        share = weight if weight is not None else count / max(1, facts.nuclei or 1)
        return Bar(name, share, f"{share:.0%} · {count}", colours.get(name), inferred=True)


def _counts(measured: int, back: float | None) -> str:
    return f"{measured:,}" if back is None else f"{measured:,} · {back:,.0f}"
