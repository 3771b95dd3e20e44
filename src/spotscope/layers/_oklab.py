"""Colours as they are seen: OKLab, and how they look to eyes with fewer cones.

OKLab (Ottosson 2020) takes cube roots of cone-like responses, so that equal distances look about
equally large. Dichromacy is simulated by a linear map of light (Machado, Oliveira & Fernandes 2009,
severity 1).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["DEUTERANOPIA", "PROTANOPIA", "light_of", "oklab", "seen_by_all"]

Floats = npt.NDArray[np.float64]

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
PROTANOPIA = np.array(
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
)


def light_of(value: Floats) -> Floats:
    """Linear light 0 to 1 of sRGB 0 to 1."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def oklab(rgb: npt.NDArray[np.uint8]) -> Floats:
    """(…, 3) OKLab lightness, green-red and blue-yellow of sRGB bytes."""
    return np.cbrt(light_of(np.asarray(rgb, np.float64) / 255) @ _TO_CONES.T) @ _TO_LAB.T


def seen_by_all(rgb: npt.NDArray[np.uint8]) -> Floats:
    """(3, …, 3) OKLab as seen with all cones, without M cones, without L cones."""
    light = light_of(np.asarray(rgb, np.float64) / 255)
    views = [light, light @ DEUTERANOPIA.T, light @ PROTANOPIA.T]
    return np.stack([np.cbrt(np.clip(view, 0, 1) @ _TO_CONES.T) @ _TO_LAB.T for view in views])
