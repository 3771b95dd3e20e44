"""How sure one can be of a nucleus.

    p = σ(b₀ + b · z)

with z: how steeply the signal falls across the rim (in units of the slide's signal), how round the
outline is (4π area / perimeter²), the logarithm of its area over 40 µm², and that squared. The
weights are a logistic regression on hand-drawn nuclei: p is the share of such objects that matched
one with an overlap (IoU) above one half. On tiles of other patients the share found was within 0.13
of p all along its range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model import ray_directions

if TYPE_CHECKING:
    from spotscope.methods.segmentation._rays import Objects

__all__ = ["features", "probability"]

_INTERCEPT = -6.9
_WEIGHTS = np.array([1.18, 7.85, 0.34, -0.70])


def features(objects: Objects, mpp: float) -> npt.NDArray[np.float64]:
    """(object, feature) steepness, roundness, log area and its square."""
    corners = objects.radii[:, :, None] * ray_directions(objects.radii.shape[1])
    sides = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2).sum(axis=1)
    roundness = 4 * np.pi * objects.area / np.maximum(sides, 1e-6) ** 2
    size = np.log(np.maximum(objects.area * mpp**2, 1.0) / 40.0)
    return np.stack([objects.step, roundness, size, size**2], axis=1).astype(np.float64)


def probability(objects: Objects, mpp: float) -> npt.NDArray[np.float32]:
    """(object,) share of such objects that are nuclei, 0 to 1."""
    z = np.clip(features(objects, mpp), -5, 5)
    return (1.0 / (1.0 + np.exp(-(_INTERCEPT + z @ _WEIGHTS)))).astype(np.float32)
