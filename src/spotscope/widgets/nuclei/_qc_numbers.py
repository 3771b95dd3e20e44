"""A small table: numbers of the nuclei of the slide, and of those in view beside them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QGridLayout, QLabel, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.pipeline import NucleiNumbers

__all__ = ["NumbersTable"]


class _Row(NamedTuple):
    name: str
    spell: Callable[[NucleiNumbers], str]
    tip: str = ""


_AREA = 1
_ROWS: tuple[_Row, ...] = (
    _Row("nuclei", lambda n: f"{n.count:,}"),
    _Row(
        "tissue, mm²",
        lambda n: _area(n.area_mm2),
        "What was looked through for nuclei, without glass and what was excluded",
    ),
    _Row("nuclei per mm²", lambda n: f"{n.per_mm2:,.0f}"),
    _Row("median area, µm²", lambda n: f"{n.area_um2:.1f}"),
    _Row("median eccentricity", lambda n: f"{n.eccentricity:.2f}", "0 is round, towards 1 long"),
    _Row(
        "median haematoxylin, OD",
        lambda n: f"{n.haematoxylin_od:.3f}",
        "How dark the stain is inside a nucleus",
    ),
    _Row(
        "of them checked by hand",
        lambda n: f"{n.corrected:,}",
        "Accepted, merged, split or drawn; those deleted are gone",
    ),
)


def _area(mm2: float) -> str:
    """To a thousandth, and of less than a tenth in three digits: a view may be a few nuclei."""
    small = 0 < mm2 < 0.1
    return f"{mm2:.{2 - math.floor(math.log10(mm2))}f}" if small else f"{mm2:.3f}"


class NumbersTable(QWidget):
    """Counts and medians, in two columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        #: of each row its name, the slide's value and the view's
        self.names: list[QLabel] = []
        self.cells: list[tuple[QLabel, QLabel]] = []
        for column, text in ((1, "slide"), (2, "view")):
            head = QLabel(text)
            head.setAlignment(Qt.AlignmentFlag.AlignRight)
            grid.addWidget(head, 0, column)
        for at, row in enumerate(_ROWS, start=1):
            name, pair = QLabel(row.name), (QLabel(), QLabel())
            grid.addWidget(name, at, 0)
            for column, label in enumerate(pair, start=1):
                label.setAlignment(Qt.AlignmentFlag.AlignRight)
                label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                grid.addWidget(label, at, column)
            for label in (name, *pair):
                label.setToolTip(row.tip)
            self.names.append(name)
            self.cells.append(pair)
        grid.setColumnStretch(0, 1)
        grid.setColumnMinimumWidth(1, 70)
        grid.setColumnMinimumWidth(2, 70)

    def show_numbers(self, slide: NucleiNumbers | None, view: NucleiNumbers | None) -> None:
        """Show numbers of both; what is not known is a dash, what was not counted is empty."""
        for row, pair in zip(_ROWS, self.cells, strict=True):
            for label, numbers in zip(pair, (slide, view), strict=True):
                text = "" if numbers is None else row.spell(numbers)
                label.setText("–" if text == "nan" else text)
        # nuclei of a file were not looked for, so nobody has asked where the tissue is
        of = "tissue" if slide is None else slide.of
        self.names[_AREA].setText(f"{of}, mm²")
