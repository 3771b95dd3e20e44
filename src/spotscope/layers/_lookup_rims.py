"""Rims of labels in a label image, and basic indices of images."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["RIM", "RIM_CODES", "as_slices", "draw_rims", "inner_of", "shade"]

#: Thickness of a rim, in pixels of the level that is shown.
RIM = 2
#: Values of the rim of marked labels, its outer and its inner line.
RIM_CODES = (253, 254)


def draw_rims(
    values: npt.NDArray[Any],
    labels: npt.NDArray[Any],
    inner: npt.NDArray[np.bool_],
    marked: npt.NDArray[np.bool_],
) -> None:
    """Draw the two lines around marked labels that are seen."""
    rim = ~inner
    rim[rim] = np.take(marked, labels[rim], mode="clip") & (values[rim] != 0)
    outer = rim & ~inner_of(labels, 1)
    values[rim] = RIM_CODES[1]
    values[outer] = RIM_CODES[0]


def shade(
    values: npt.NDArray[Any],
    labels: npt.NDArray[Any],
    plain: npt.NDArray[Any],
    marked: npt.NDArray[np.bool_],
) -> None:
    """Mark labels seen from afar, where a rim would be all that is left of them.

    They are drawn a pixel wider (``labels``) than they are (``plain``): that pixel is light.
    """
    wider = (plain == 0) & (labels != 0) & (values != 0)
    wider[wider] = np.take(marked, labels[wider], mode="clip")
    values[wider] = RIM_CODES[1]


def inner_of(labels: npt.NDArray[Any], thick: int = RIM) -> npt.NDArray[np.bool_]:
    """Pixels with no other label within a rim's thickness; over the edge counts as the same."""
    inner = np.ones(labels.shape, bool)
    for step in range(1, thick + 1):
        vertical = labels[step:] == labels[:-step]
        horizontal = labels[:, step:] == labels[:, :-step]
        inner[step:] &= vertical
        inner[:-step] &= vertical
        inner[:, step:] &= horizontal
        inner[:, :-step] &= horizontal
    return inner


def as_slices(key: Any, shape: tuple[int, int]) -> tuple[slice, slice, Any]:
    """Any basic index as two rising slices, and what to do with the rectangle afterwards."""
    key = key if isinstance(key, tuple) else (key,)
    if Ellipsis in key:
        at = key.index(Ellipsis)
        key = key[:at] + (slice(None),) * (3 - len(key)) + key[at + 1 :]
    key = key + (slice(None),) * (2 - len(key))
    spans: list[slice] = []
    rest: list[slice | int] = []
    for part, size in zip(key, shape, strict=True):
        if isinstance(part, slice):
            start, stop, step = part.indices(size)
            if step < 0:
                raise IndexError("labels are read forwards: give a slice with a positive step")
            spans.append(slice(start, max(start, stop), step))
            rest.append(slice(None))
        else:
            place = range(size)[int(part)]
            spans.append(slice(place, place + 1, 1))
            rest.append(0)
    return spans[0], spans[1], tuple(rest)
