"""Pixel sizes in files: which unit, and whether to believe them."""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["PixelSize", "believable_size", "to_um"]

#: µm in one of the unit, by the unit's lower-case name.
_UM = {
    "å": 1e-4,
    "angstrom": 1e-4,
    "pm": 1e-6,
    "picometer": 1e-6,
    "nm": 1e-3,
    "nanometer": 1e-3,
    "nanometre": 1e-3,
    "µm": 1.0,
    "μm": 1.0,  # the Greek letter, not the micro sign
    "um": 1.0,
    "\\u00b5m": 1.0,  # ImageJ writes it escaped
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometre": 1.0,
    "mm": 1e3,
    "millimeter": 1e3,
    "millimetre": 1e3,
    "cm": 1e4,
    "centimeter": 1e4,
    "centimetre": 1e4,
    "m": 1e6,
    "meter": 1e6,
    "metre": 1e6,
    "in": 25_400.0,
    "inch": 25_400.0,
}

#: 300 and 96 dots per inch, printers' and screens' defaults, are 85 and 265 µm.
_LARGEST_PRINTED_UM = 20.0
_SMALLEST_UM = 0.01
_LARGEST_UM = 100.0
#: Sizes along y and x that differ by less are rounding.
_SQUARE = 0.01


class PixelSize(NamedTuple):
    """Size of a pixel in µm, as a file says it."""

    y_um: float
    x_um: float

    @property
    def mpp(self) -> float | None:
        """µm per pixel; None where pixels are not square."""
        square = max(self) <= (1 + _SQUARE) * min(self)
        return self.x_um if square else None


def to_um(value: float, unit: str) -> float | None:
    """Convert a length to µm; None where the unit is no length ("pixel", "reference frame")."""
    factor = _UM.get(unit.strip().lower())
    return None if factor is None else value * factor


def believable_size(
    y_um: float | None, x_um: float | None, *, from_print: bool = False
) -> PixelSize | None:
    """Return the size of a pixel, or None where it is absent or absurd.

    Parameters
    ----------
    y_um, x_um
        Sizes along the axes; one of them is enough.
    from_print
        They come from a field meant for printing ("dots per inch"). Above 20 µm that is what a
        program writes that does not know the size.
    """
    sizes = [s for s in (y_um, x_um) if s is not None and math.isfinite(s)]
    largest = _LARGEST_PRINTED_UM if from_print else _LARGEST_UM
    if not sizes or not all(_SMALLEST_UM <= s <= largest for s in sizes):
        return None
    return PixelSize(sizes[0], sizes[-1])
