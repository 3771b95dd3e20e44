"""The menu of a type in the legend: rename, merge, recolour, show alone, take apart."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QMenu

from spotscope.layers import PALETTE
from spotscope.widgets.cell_typing._legend import swatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.widgets.cell_typing._legend import Legend
    from spotscope.widgets.cell_typing._types_desk import TypesDesk

__all__ = ["COLOURS", "legend_menu"]

#: The first of the palette, those told apart most easily, and their names for those who hear them.
COLOURS = {
    "Green": 0,
    "Yellow": 1,
    "Sky": 2,
    "Orange": 3,
    "Blue": 4,
    "Vermilion": 5,
    "Purple": 6,
    "Ultramarine": 7,
    "Red": 8,
    "Lavender": 9,
    "Peach": 10,
    "Slate": 11,
    "Apricot": 12,
    "Mist": 13,
    "Violet": 14,
    "Magenta": 15,
}


def legend_menu(
    legend: Legend, desk: TypesDesk, name: str, names: Sequence[str], changed: bool
) -> QMenu:
    """Make the menu of one row; it deletes itself when it closes.

    Parameters
    ----------
    legend
        Its parent.
    desk
        Does what is chosen.
    name
        Of the row.
    names
        Of all rows.
    changed
        Whether there is something to give back.
    """
    menu = QMenu(legend)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.addAction("Rename…").triggered.connect(lambda: legend.rename(name))
    merge = menu.addMenu("Merge into")
    for other in names:
        if other != name:
            merge.addAction(other).triggered.connect(partial(_merge, desk, name, other))
    merge.setEnabled(len(names) > 1)
    colour = menu.addMenu("Colour")
    for said, place in COLOURS.items():
        red, green, blue = map(int, PALETTE[place])
        action = colour.addAction(swatch((red, green, blue)), said)
        action.triggered.connect(partial(_paint, desk, name, (red, green, blue)))
    menu.addAction("Show alone").triggered.connect(lambda: legend.types.solo(name))
    back = menu.addAction("Give back name and colour")
    back.setEnabled(changed)
    back.triggered.connect(lambda: desk.part(name))
    return menu


def _merge(desk: TypesDesk, name: str, other: str, _checked: bool = False) -> None:
    desk.rename(name, other)


def _paint(
    desk: TypesDesk, name: str, colour: tuple[int, int, int], _checked: bool = False
) -> None:
    desk.recolour(name, colour)
