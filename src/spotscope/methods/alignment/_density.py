"""What the image says of a spot at any place: the mean of a map over the spot's disc.

With the disc as a kernel of weights that sum to 1, the map of all disc means is one convolution;
what a spot would see at a place is then read off by bilinear interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["DensityMap", "disc_means"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class DensityMap:
    """Numbers on a grid in the slide's frame.

    Parameters
    ----------
    values
        (feature, y, x); pixel (i, j) has its centre at ``origin_um + (i, j) * um_per_px``.
    um_per_px
        Size of a pixel.
    origin_um
        (y, x) of the first pixel's centre.
    """

    values: npt.NDArray[np.float32]
    um_per_px: float
    origin_um: tuple[float, float] = (0.0, 0.0)

    def at(self, yx_um: Floats) -> Floats:
        """(feature, ...) values at (..., 2) places, bilinear; the rim's beyond the rim."""
        from scipy import ndimage

        where = (yx_um - np.array(self.origin_um)) / self.um_per_px
        points = np.moveaxis(where, -1, 0)
        return np.stack(
            [
                ndimage.map_coordinates(plane, points, order=1, mode="nearest")
                for plane in self.values
            ]
        ).astype(np.float64)


def disc_means(raw: DensityMap, diameter_um: float) -> DensityMap:
    """The map of means over discs of ``diameter_um``."""
    from scipy import signal

    radius = diameter_um / 2 / raw.um_per_px
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = np.clip(radius + 0.5 - np.hypot(y, x), 0, 1).astype(np.float32)
    disc /= disc.sum()
    padded = np.pad(raw.values, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    smooth = np.stack([signal.fftconvolve(plane, disc, mode="valid") for plane in padded])
    return DensityMap(smooth.astype(np.float32), raw.um_per_px, raw.origin_um)
