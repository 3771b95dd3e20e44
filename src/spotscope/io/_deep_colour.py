"""Bright-field colour of 16 bits as the 8 bits that colour has everywhere else.

Three channels of 16 bits are stained tissue or three stains of fluorescence; files do not say.
Light tells: through glass most of it arrives, w/2 or more of the white w, and ground that glows
nowhere is dark.
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
    """Bring bright-field colour of 16 bits to 8; return everything else as it is.

    Parameters
    ----------
    levels
        (y, x, c) of a pyramid, finest first; the coarsest is looked at.

    Returns
    -------
    The levels, lazy; the white that most light comes near to has become 255.
    """
    if levels[0].shape[2] != 3 or levels[0].dtype != np.uint16:
        return levels
    step = max(1, max(levels[-1].shape[:2]) // _LOOKED_AT_PX)
    light = np.asarray(levels[-1][::step, ::step]).mean(axis=2)
    white = float(np.percentile(light, _WHITE_PERCENT))
    if white == 0 or np.median(light) < _BRIGHT * white:
        return levels
    return tuple(level.map_blocks(_scaled, 255 / white, dtype=np.uint8) for level in levels)


def _scaled(block: npt.NDArray[Any], factor: float) -> npt.NDArray[np.uint8]:
    return np.rint(np.minimum(block * np.float32(factor), 255)).astype(np.uint8)
