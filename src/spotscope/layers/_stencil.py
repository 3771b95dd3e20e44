"""Two looks of the same labels side by side: one inside a stencil, the other outside it.

A stencil is a signed distance in pixels of level 0, positive inside. A lens is

    depth(y, x) = r - ‖(y, x) - centre‖,

and a swipe depth = x - x₀: left of the line the other look, right of it the one that is shown. A
line two pixels of the screen wide, dark and light, is drawn where the depth is zero. As with all
colours here, nothing is computed but what is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from spotscope.layers._lookup_rims import RIM_CODES

if TYPE_CHECKING:
    Floats = npt.NDArray[np.float32]
    Bytes = npt.NDArray[np.uint8]
    Values = npt.NDArray[Any]

__all__ = ["Disc", "RightOf", "Stencil", "between", "blend", "joined", "rule"]

#: Codes that a joined table may use for looks; the last three are rims and the unknown.
_ROOM = 252


class Stencil(Protocol):
    """Where one look is shown, and where the other."""

    def depth(self, y: Floats, x: Floats) -> Floats:
        """Signed distance to the line at pixels of level 0, positive inside; broadcast."""

    def reach(self, margin: float) -> tuple[float, float, float, float]:
        """(y0, x0, y1, x1) outside of which the depth is below ``-margin``."""


@dataclass(frozen=True, slots=True)
class Disc:
    """Inside a circle; pixels of level 0."""

    y: float
    x: float
    radius: float

    def depth(self, y: Floats, x: Floats) -> Floats:
        """Radius minus distance to the centre."""
        return np.float32(self.radius) - np.hypot(y - np.float32(self.y), x - np.float32(self.x))

    def reach(self, margin: float) -> tuple[float, float, float, float]:
        """A square."""
        r = self.radius + margin
        return self.y - r, self.x - r, self.y + r, self.x + r


@dataclass(frozen=True, slots=True)
class RightOf:
    """Right of a line; pixels of level 0."""

    x: float

    def depth(self, y: Floats, x: Floats) -> Floats:
        """Distance to the line."""
        return np.asarray(x - np.float32(self.x) + 0 * y[:1])

    def reach(self, margin: float) -> tuple[float, float, float, float]:
        """All to the right."""
        return -np.inf, self.x - margin, np.inf, np.inf


def blend(
    stencil: Stencil,
    labels: Values,
    lut: Values,
    other: Values,
    top: tuple[int, int],
    step: float,
) -> Values:
    """(y, x) values of ``lut`` inside, of ``other`` outside.

    Parameters
    ----------
    stencil
        Where.
    labels
        (y, x) of a level.
    lut, other
        (label + 1,) values.
    top
        (row, column) of the first label in its level.
    step
        Pixels of level 0 per pixel of this level.
    """
    values = np.take(other, labels, mode="clip")
    box, y, x = _window(stencil, labels.shape, top, step, 0.0)
    part = np.take(lut, labels[box], mode="clip")
    values[box] = np.where(stencil.depth(y, x) >= 0, part, values[box])
    return values


def rule(stencil: Stencil, values: Values, top: tuple[int, int], step: float) -> None:
    """Draw the line between the two looks, in place."""
    box, y, x = _window(stencil, values.shape, top, step, 3 * step)
    far = np.abs(np.broadcast_to(stencil.depth(y, x), values[box].shape)) / step
    part = values[box]
    part[far < 2] = RIM_CODES[0]
    part[far < 1] = RIM_CODES[1]


def between(
    before: Stencil, after: Stencil, shape: tuple[int, int], step: float
) -> tuple[slice, slice]:
    """The rectangle of a level outside of which a move of the line changes nothing."""
    one, other = (stencil.reach(3 * step) for stencil in (before, after))
    low = [min(a, b) for a, b in zip(one[:2], other[:2], strict=True)]
    high = [max(a, b) for a, b in zip(one[2:], other[2:], strict=True)]
    if isinstance(before, RightOf) and isinstance(after, RightOf):
        high[1] = max(before.x, after.x) + 3 * step  # right of both lines all is as it was
    starts = [int(np.clip(np.floor(v / step) - 1, 0, n)) for v, n in zip(low, shape, strict=True)]
    stops = [int(np.clip(np.ceil(v / step) + 2, 0, n)) for v, n in zip(high, shape, strict=True)]
    spans = [slice(a, max(a, b)) for a, b in zip(starts, stops, strict=True)]
    return spans[0], spans[1]


def joined(
    lut: Bytes, table: Floats, other: Bytes, other_table: Floats
) -> tuple[Bytes, Bytes, Floats]:
    """Two looks with colours of their own as two tables of codes that share one of colours.

    Codes that are used keep their colours where all find room; else neighbouring codes of the look
    with more of them share one.

    Parameters
    ----------
    lut, other
        (label + 1,) codes.
    table, other_table
        (256, 4) colours.

    Returns
    -------
    Codes of both, and their (256, 4) colours.
    """
    used = [np.flatnonzero(np.bincount(codes, minlength=256)[1:]) + 1 for codes in (lut, other)]
    room = [len(codes) for codes in used]
    if sum(room) > _ROOM:
        most = int(np.argmax(room))
        room[most] = _ROOM - min(room[1 - most], _ROOM // 2)
        room[1 - most] = min(room[1 - most], _ROOM - room[most])
    shared = np.zeros((256, 4), np.float32)
    for code in RIM_CODES:
        shared[code] = table[code]
    found, first = [], 1
    for codes, colours, mine, n in zip((lut, other), (table, other_table), used, room, strict=True):
        group = np.arange(len(mine)) * n // max(len(mine), 1)
        turn = np.zeros(256, np.uint8)
        turn[mine] = first + group
        shared[turn[mine]] = colours[mine]
        found.append(turn[codes])
        first += n
    return found[0], found[1], shared


def _window(
    stencil: Stencil, shape: tuple[int, ...], top: tuple[int, int], step: float, margin: float
) -> tuple[tuple[slice, slice], Floats, Floats]:
    """The part of a rectangle that a stencil may reach, and its pixels' places in level 0."""
    low_y, low_x, high_y, high_x = stencil.reach(margin)
    spans = []
    for first, size, low, high in (
        (top[0], shape[0], low_y, high_y),
        (top[1], shape[1], low_x, high_x),
    ):
        # pixel i of this level has its middle at (i + ½) step - ½ of level 0
        start = np.clip(np.floor(low / step - 0.5) - first, 0, size)
        stop = np.clip(np.ceil(high / step + 1.5) - first, start, size)
        spans.append(slice(int(start), int(stop)))
    axes = [
        ((np.arange(s.start, s.stop, dtype=np.float32) + first + 0.5) * step - 0.5).astype(
            np.float32
        )
        for s, first in zip(spans, top, strict=True)
    ]
    return (spans[0], spans[1]), axes[0][:, None], axes[1][None, :]
