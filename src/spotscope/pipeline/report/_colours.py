"""Pixels of any slide as colours that a picture can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["in_colours"]


def in_colours(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """(y, x, 3) colours: those of a stain as they are, the brightest channel of light as grey.

    Parameters
    ----------
    pixels
        (y, x, c) of any number type; of light, the brightest place becomes white.
    """
    if pixels.shape[2] == 3 and pixels.dtype == np.uint8:
        return pixels
    light = np.nan_to_num(pixels.astype(np.float64).max(axis=2))
    grey = 255 * np.clip(light / max(float(light.max(initial=0.0)), 1e-9), 0, 1)
    return np.repeat(np.rint(grey).astype(np.uint8)[..., None], 3, axis=2)
