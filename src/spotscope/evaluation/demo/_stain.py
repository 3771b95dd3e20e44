"""Light through stained tissue, by Beer and Lambert, and the camera that sees it.

    I_c = I0_c · exp(-Σ_s a_s v_sc)

with a_s the amount of stain s at a pixel and v_s the optical density per channel of a unit of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from spotscope.evaluation.demo._noise import Field, noise

__all__ = ["Stains", "photograph"]

#: Haematoxylin, eosin, and eosin on haemoglobin: unit vectors of optical density in R, G, B.
VECTORS = ((0.585, 0.725, 0.36), (0.17, 0.88, 0.45), (0.15, 0.78, 0.60))


@dataclass(slots=True, eq=False)
class Stains:
    """Amounts of haematoxylin, eosin and red-cell eosin at every pixel, painted in place."""

    haematoxylin: Field
    eosin: Field
    red: Field

    def over(self, share: Field, haematoxylin: Field | float, eosin: Field | float) -> None:
        """Put a material over what is there; ``share`` is how much of a pixel it covers."""
        for amount, new in ((self.haematoxylin, haematoxylin), (self.eosin, eosin)):
            amount += share * (new - amount)


def photograph(rng: np.random.Generator, stains: Stains) -> npt.NDArray[np.uint8]:
    """Photograph the section: lens blur, stain batch, lamp, sensor.

    Returns
    -------
    (y, x, 3) uint8.
    """
    size = len(stains.eosin)
    vectors = np.array(VECTORS) * np.exp(rng.normal(0, 0.05, (3, 3)))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors *= np.exp(rng.normal(0, 0.06, (3, 1)))
    amounts = [
        gaussian_filter(field, 0.55) for field in (stains.haematoxylin, stains.eosin, stains.red)
    ]
    lamp = np.array([244.0, 241.5, 245.5]) + rng.normal(0, 1.0, 3)
    ramp_ = np.linspace(-1, 1, size, dtype=np.float32) ** 2
    vignette = 1 - 0.012 * (ramp_[:, None] + ramp_[None]) + 0.003 * noise(rng, size, size / 6)
    image = np.empty((size, size, 3), np.uint8)
    for channel in range(3):
        density = sum(a * np.float32(v[channel]) for a, v in zip(amounts, vectors, strict=True))
        light = np.float32(lamp[channel]) * vignette * np.exp(-density)
        grain = rng.standard_normal((size, size), np.float32)
        light += grain * (0.6 + 0.11 * np.sqrt(np.maximum(light, 0)))
        image[..., channel] = np.clip(np.rint(light), 0, 255)
    return image
