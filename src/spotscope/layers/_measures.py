"""Nuclei coloured by a number of theirs, by what was corrected, or by what others marked them as.

A number is an 8-bit code: 0 background, 1 … 254 from the low end of the scale to the high end, 255
not known. Those outside a brushed range are drawn as background, so brushing touches one number a
nucleus and no pixel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.layers._palette import UNKNOWN_COLOUR, Colour, type_colours
from spotscope.model import EditMark

if TYPE_CHECKING:
    from spotscope.model import NucleusClasses

__all__ = [
    "MARK_COLOURS",
    "class_codes",
    "class_colormap",
    "class_colours",
    "mark_codes",
    "mark_colormap",
    "measure_codes",
    "measure_colormap",
    "measure_ramp",
]

_STEPS = 254
UNKNOWN_CODE = 255
_ALPHA, _UNKNOWN_ALPHA = 0.85, 0.35
_GREY = (0.55, 0.55, 0.58)

#: Colours (red, green, blue) from low to high. None is blue or violet, as stained nuclei are; eyes
#: that see no red or no green tell them by how bright they are.
_RAMPS = {
    # what is doubtful strikes the eye
    "sure": ((222, 66, 0), (253, 170, 60), (252, 232, 120), (110, 205, 150), (0, 150, 130)),
    "amount": ((255, 252, 205), (254, 217, 118), (254, 153, 41), (217, 85, 14), (125, 32, 4)),
}

#: Of what was done to a nucleus (red, green, blue); those left alone are pale.
MARK_COLOURS: dict[EditMark, tuple[int, int, int]] = {
    EditMark.NONE: (170, 170, 170),
    EditMark.ACCEPTED: (0, 158, 115),
    EditMark.MERGED: (230, 159, 0),
    EditMark.SPLIT: (86, 180, 233),
    EditMark.REDRAWN: (150, 10, 20),
    EditMark.DRAWN: (240, 228, 66),
    EditMark.ESTIMATED: (213, 94, 0),
}


def measure_codes(
    labels: npt.NDArray[np.uint32],
    values: npt.NDArray[np.floating[Any]],
    scale: tuple[float, float],
    shown: tuple[float, float] | None = None,
) -> npt.NDArray[np.uint8]:
    """(largest label + 1,) code of every label.

    Parameters
    ----------
    labels
        (nucleus,) rising.
    values
        (nucleus,) a number each; NaN where it is not known.
    scale
        Values at the ends of the colours.
    shown
        Values outside are not drawn; all are by default, and those not known.
    """
    low, high = scale
    known = np.isfinite(values)
    height = np.clip((np.where(known, values, low) - low) / max(high - low, 1e-12), 0, 1)
    code = np.where(known, 1 + np.rint(height * (_STEPS - 1)), UNKNOWN_CODE).astype(np.uint8)
    if shown is not None:
        code[~(known & (values >= shown[0]) & (values <= shown[1]))] = 0
    return _table(labels, code)


def measure_colormap(colours: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """(256, 4) colours of the codes, from colours (254, 3 or 4) of low to high, 0 to 1."""
    rgb = np.asarray(colours, np.float32)[:, :3]
    assert rgb.shape == (_STEPS, 3), rgb.shape
    table = np.zeros((256, 4), np.float32)
    table[1:255, :3], table[1:255, 3] = rgb, _ALPHA
    table[UNKNOWN_CODE] = (*_GREY, _UNKNOWN_ALPHA)
    return table


def measure_ramp(kind: str, n: int = _STEPS) -> npt.NDArray[np.float64]:
    """(n, 3) colours from low to high, 0 to 1; ``kind`` is ``sure`` or ``amount``."""
    stops = np.array(_RAMPS[kind]) / 255
    at = np.linspace(0, len(stops) - 1, n)
    return np.stack([np.interp(at, np.arange(len(stops)), one) for one in stops.T], axis=1)


def mark_codes(
    labels: npt.NDArray[np.uint32], marks: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """(largest label + 1,) code of every label: 1 + its :class:`~spotscope.model.EditMark`."""
    return _table(labels, np.asarray(marks + 1, np.uint8))


def mark_colormap() -> npt.NDArray[np.float32]:
    """(256, 4) colours of what was corrected."""
    table = np.zeros((256, 4), np.float32)
    for mark, colour in MARK_COLOURS.items():
        alpha = _UNKNOWN_ALPHA if mark is EditMark.NONE else 0.95
        table[1 + mark] = [*np.divide(colour, 255), alpha]
    return table


def class_colours(classes: NucleusClasses) -> dict[str, Colour]:
    """Colour of every class: the one it came with; else as a cell type of that name would have."""
    ours = type_colours(classes.names)
    given = zip(classes.names, classes.colours, strict=True)
    return {name: ours[name] if colour is None else colour for name, colour in given}


def class_codes(labels: npt.NDArray[np.uint32], classes: NucleusClasses) -> npt.NDArray[np.uint8]:
    """(largest label + 1,) code of every label: 1 + its class; 255 unmarked, or past the 254th."""
    code = classes.codes + 1
    return _table(
        labels, np.where((code < 1) | (code > _STEPS), UNKNOWN_CODE, code).astype(np.uint8)
    )


def class_colormap(classes: NucleusClasses) -> npt.NDArray[np.float32]:
    """(256, 4) colours of what others marked nuclei as."""
    table = np.zeros((256, 4), np.float32)
    for code, colour in enumerate(list(class_colours(classes).values())[:_STEPS], 1):
        table[code] = [*np.divide(colour, 255), _ALPHA]
    table[UNKNOWN_CODE] = [*np.divide(UNKNOWN_COLOUR, 255), _UNKNOWN_ALPHA]
    return table


def _table(labels: npt.NDArray[np.uint32], code: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    codes = np.zeros(int(labels[-1]) + 1 if len(labels) else 1, np.uint8)
    codes[labels] = code
    return codes
