"""The words of the overview: legend, scale bar, and the letters they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from spotscope.pipeline.report._letters import font, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.ImageFont import FreeTypeFont
    from PIL.ImageFont import ImageFont as BitmapFont

__all__ = [
    "COLUMN_PX",
    "INK",
    "ROW_PX",
    "SOFT_INK",
    "UNTYPED_GREY",
    "Entry",
    "draw_legend",
    "draw_scale_bar",
    "legend_entries",
    "nice_length_um",
]

INK, SOFT_INK, UNTYPED_GREY = (28, 30, 38), (104, 108, 120), (150, 150, 150)
#: Size of one entry of the legend, in pixels.
COLUMN_PX, ROW_PX = 340, 30


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the legend: a type, its cells, their share of all, its colour."""

    name: str
    count: int
    share: float
    colour: tuple[int, ...]


def legend_entries(
    codes: npt.NDArray[np.integer], types: Sequence[str], colours: npt.NDArray[np.uint8]
) -> list[Entry]:
    """The most frequent first, cells of no type last; types without a cell are left out."""
    counts = np.bincount(np.asarray(codes) + 1, minlength=len(types) + 1)
    total = max(int(counts.sum()), 1)
    entries = [
        Entry(name, int(count), count / total, tuple(colour))
        for name, count, colour in zip(types, counts[1:], colours.tolist(), strict=True)
        if count
    ]
    entries.sort(key=lambda entry: -entry.count)
    if counts[0]:
        entries.append(Entry("not typed", int(counts[0]), counts[0] / total, UNTYPED_GREY))
    return entries


def draw_legend(
    draw: ImageDraw.ImageDraw, entries: list[Entry], corner: tuple[int, int], rows: int
) -> None:
    """Write the entries from ``corner`` (x, y) down, ``rows`` to a column."""
    letters = font(18)
    for place, entry in enumerate(entries):
        x, y = corner[0] + place // rows * COLUMN_PX, corner[1] + place % rows * ROW_PX
        draw.rounded_rectangle((x, y + 3, x + 16, y + 19), 4, fill=entry.colour)
        name = _fitted(draw, written(entry.name), COLUMN_PX - 24 - 98 - 66, letters)
        draw.text((x + 24, y), name, INK, letters)
        for text, right in ((f"{entry.count:,}", 98), (f"{entry.share:.1%}", 32)):
            draw.text((x + COLUMN_PX - right, y), text, SOFT_INK, letters, anchor="ra")


def draw_scale_bar(
    page: Image.Image, lower_left: tuple[int, int], px_per_um: float, longest_um: float
) -> None:
    """A bar of a round length, on a light plate that keeps it readable on dark tissue."""
    length = nice_length_um(longest_um)
    wide = round(length * px_per_um)
    text = f"{length / 1000:g} mm" if length >= 1000 else written(f"{length:g} µm")
    draw, letters = ImageDraw.Draw(page, "RGBA"), font(18)
    x, y = lower_left[0] + 18, lower_left[1] - 18
    plate = max(wide, round(draw.textlength(text, letters)))
    draw.rounded_rectangle((x - 8, y - 38, x + plate + 8, y + 8), 6, fill=(255, 255, 255, 215))
    draw.rectangle((x, y - 5, x + wide, y), fill=INK)
    draw.text((x, y - 34), text, INK, letters)


def nice_length_um(longest_um: float) -> float:
    """The largest of 1, 2, 5 × 10ⁿ µm that is no longer than ``longest_um``."""
    power = 10.0 ** np.floor(np.log10(longest_um))
    return float(power * max(step for step in (1, 2, 5) if step * power <= longest_um))


def _fitted(
    draw: ImageDraw.ImageDraw, text: str, width: int, letters: FreeTypeFont | BitmapFont
) -> str:
    """The text, cut with an ellipsis where it would be wider than ``width`` pixels."""
    if draw.textlength(text, letters) <= width:
        return text
    while text and draw.textlength(f"{text}…", letters) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"
