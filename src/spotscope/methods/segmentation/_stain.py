"""How much haematoxylin is in a pixel.

Light is absorbed in proportion to stain: with the optical density  OD = -log₁₀((I + 1) / 256)  of
the three channels, OD = c_H h + c_E e, where h and e are the unit colours of haematoxylin and eosin
(Ruifrok & Johnston 2001). The colours are those of the slide at hand: the OD of its tissue lies
near a plane, and the extreme directions within that plane are the two stains (Macenko et al. 2009).
A slide with too little colour of its own is read with the published colours instead.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from spotscope.model import optical_density

__all__ = [
    "STANDARD_STAINS",
    "estimate_stains",
    "is_bright_field",
    "signal_weights",
    "stain_signal",
]

#: Unit colours of haematoxylin and eosin in optical density (red, green, blue), Ruifrok & Johnston.
STANDARD_STAINS = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])
STANDARD_STAINS /= np.linalg.norm(STANDARD_STAINS, axis=1, keepdims=True)

#: Pixels paler than this carry no stain worth reading a colour from.
_PALE = 0.15
#: A picture whose median is above this share of white shows stained tissue in a bright field.
_BRIGHT_FIELD = 0.5
_ENOUGH = 2_000
#: Stains closer together, or further from the published ones, are not believed (degrees).
_LEAST_APART, _FURTHEST = 15.0, 30.0


def is_bright_field(picture: npt.NDArray[np.uint8]) -> bool:
    """Whether (y, x, 3) colours are of stained tissue, and not of light on dark ground."""
    return bool(np.median(picture.max(axis=2)) > _BRIGHT_FIELD * 255)


def estimate_stains(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Read the stain colours of a slide.

    Parameters
    ----------
    rgb
        (pixel, 3) tissue pixels.

    Returns
    -------
    (2, 3) unit optical densities of haematoxylin and eosin; :data:`STANDARD_STAINS` where the
    pixels do not show two stains.
    """
    density = optical_density(rgb).astype(np.float64)
    density = density[density.mean(axis=1) > _PALE]
    if len(density) < _ENOUGH:
        return STANDARD_STAINS.copy()
    _, _, axes = np.linalg.svd(density.T @ density)
    plane = axes[:2] * np.where(axes[:2].sum(axis=1) < 0, -1, 1)[:, None]
    along = density @ plane.T
    angles = np.arctan2(along[:, 1], along[:, 0])
    ends = np.quantile(angles, [0.01, 0.99])
    found = np.stack([np.cos(ends), np.sin(ends)], axis=1) @ plane
    # haematoxylin takes out more red for the green it takes out
    found = found[np.argsort(-(found[:, 0] - found[:, 1]))]
    return found if _believable(found) else STANDARD_STAINS.copy()


def _believable(stains: npt.NDArray[np.float64]) -> bool:
    if (stains < -0.05).any():
        return False
    apart = np.degrees(np.arccos(np.clip(stains[0] @ stains[1], -1, 1)))
    off = np.degrees(np.arccos(np.clip((stains * STANDARD_STAINS).sum(axis=1), -1, 1)))
    return bool(apart >= _LEAST_APART and (off <= _FURTHEST).all())


def signal_weights(stains: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """(3,) weights w with  c_H = OD · w  when whatever is neither stain is set aside."""
    rest = np.cross(stains[0], stains[1])
    basis = np.vstack([stains, rest / np.linalg.norm(rest)])
    return np.linalg.inv(basis)[:, 0].astype(np.float32)


def stain_signal(
    rgb: npt.NDArray[np.uint8], weights: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """(y, x) haematoxylin in every pixel of a (y, x, 3) image."""
    # one small table a channel: the logarithm is never taken per pixel
    table = optical_density(np.arange(256, dtype=np.uint8))[:, None] * weights[None, :].astype(
        np.float32
    )
    return _look_up(np.ascontiguousarray(rgb), np.ascontiguousarray(table))


@numba.njit(cache=True, nogil=True)
def _look_up(rgb, table):  # type: ignore[no-untyped-def]
    out = np.empty(rgb.shape[:2], np.float32)
    for y in range(rgb.shape[0]):
        for x in range(rgb.shape[1]):
            out[y, x] = table[rgb[y, x, 0], 0] + table[rgb[y, x, 1], 1] + table[rgb[y, x, 2], 2]
    return out
