"""How colours look to eyes that lack one kind of cones.

Linear light is mapped by the matrices of Machado, Oliveira & Fernandes (2009), severity 1.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from spotscope.layers._oklab import DEUTERANOPIA, PROTANOPIA, light_of

__all__ = ["Eyes", "as_seen"]

_TRITANOPIA = np.array(
    [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ]
)


class Eyes(StrEnum):
    """Whose eyes."""

    ALL = "all colours"
    NO_GREEN = "without green cones"
    NO_RED = "without red cones"
    NO_BLUE = "without blue cones"


_MAPS = {Eyes.NO_GREEN: DEUTERANOPIA, Eyes.NO_RED: PROTANOPIA, Eyes.NO_BLUE: _TRITANOPIA}


def as_seen(rgb: npt.NDArray[np.floating[Any]], eyes: Eyes) -> npt.NDArray[np.float64]:
    """(…, 3) sRGB, 0 to 1, as other eyes see it."""
    colours = np.asarray(rgb, np.float64)
    if eyes is Eyes.ALL:
        return colours
    light = np.clip(light_of(colours) @ _MAPS[eyes].T, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
