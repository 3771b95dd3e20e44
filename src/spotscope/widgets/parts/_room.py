"""Words where there is little room: columns as wide as their words, names cut before numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QFontMetricsF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QFontMetrics

__all__ = ["cut_names", "shared_out"]


def shared_out(needs: Sequence[int], room: int) -> list[int]:
    """Widths that fill ``room``: what each needs, and where that is too much, the widest give.

    Parameters
    ----------
    needs
        (column,) pixels.
    room
        Pixels there are.

    Returns
    -------
    (column,) pixels that sum to ``room``.
    """
    widths, left = [0] * len(needs), room
    order = sorted(range(len(needs)), key=lambda column: needs[column])
    for place, column in enumerate(order):  # the narrowest first: what it leaves is the others'
        widths[column] = min(needs[column], left // (len(order) - place))
        left -= widths[column]
    for place, column in enumerate(order):
        more = left // (len(order) - place)
        widths[column] += more
        left -= more
    return widths


def cut_names(
    parts: Sequence[tuple[str, str]], between: str, metrics: QFontMetrics, room: int
) -> str:
    """Names with a number each, in one line; where that is too wide names are cut, longest first.

    Parameters
    ----------
    parts
        (name, what follows it) in their order.
    between
        What stands between two of them.
    metrics
        Of the font.
    room
        Pixels there are.
    """

    def said(most: int) -> str:
        cut = Qt.TextElideMode.ElideRight
        return between.join(metrics.elidedText(name, cut, most) + after for name, after in parts)

    whole = QFontMetricsF(metrics)  # in parts of a pixel, as what cuts a line measures it
    widest = max((metrics.horizontalAdvance(name) + 1 for name, _ in parts), default=0)
    fits, not_fit = 0, widest + 1  # no names at all, and more than all of them
    while not_fit - fits > 1:
        tried = (fits + not_fit) // 2
        if whole.horizontalAdvance(said(tried)) <= room:
            fits = tried
        else:
            not_fit = tried
    return said(fits)
