"""Bright-field colour of 16 bits or fractions as the 8 bits that colour has everywhere else.

Three channels of them are stained tissue or three stains of fluorescence; files do not say.
Light tells: through glass most of it arrives, w/2 or more of the white w, and ground that glows
nowhere is dark. Where registration left no value in an image of fractions there was no light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import dask.array as da

__all__ = ["in_eight_bits"]

_LOOKED_AT_PX = 512
_WHITE_PERCENT = 99.9
#: Middle light of a section from rim to rim, over its white: 0.5 to 0.9 in stained tissue.
_BRIGHT = 0.4


def in_eight_bits(levels: tuple[da.Array, ...]) -> tuple[da.Array, ...]:
    """Bring bright-field colour to 8 bits; all else stays, but what is no number becomes 0.

    Parameters
    ----------
    levels
        (y, x, c) of a pyramid, finest first; the coarsest is looked at.

    Returns
    -------
    The levels, lazy; the white that most light comes near to has become 255.
    """
    fractions = levels[0].dtype.kind == "f"
    if fractions:
        levels = tuple(level.map_blocks(_numbers, dtype=level.dtype) for level in levels)
    if levels[0].shape[2] != 3 or (levels[0].dtype != np.uint16 and not fractions):
        return levels
    step = max(1, max(levels[-1].shape[:2]) // _LOOKED_AT_PX)
    light = np.asarray(levels[-1][::step, ::step]).mean(axis=2)
    white = float(np.percentile(light, _WHITE_PERCENT))
    if white == 0 or np.median(light) < _BRIGHT * white:
        return levels
    return tuple(level.map_blocks(_scaled, 255 / white, dtype=np.uint8) for level in levels)


def _numbers(block: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.where(np.isfinite(block), block, 0).astype(block.dtype)


def _scaled(block: npt.NDArray[Any], factor: float) -> npt.NDArray[np.uint8]:
    return np.rint(np.clip(block * np.float32(factor), 0, 255)).astype(np.uint8)
