"""What the painters share: the stains they add to, the layout and textures they look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.evaluation.demo._noise import Field, enlarge, noise, streaks
from spotscope.evaluation.demo._stain import Stains
from spotscope.evaluation.demo._tissue import STEP_UM

if TYPE_CHECKING:
    from spotscope.evaluation.demo._tissue import Tissue

__all__ = ["FINE_UM", "Canvas", "make_canvas", "window"]

#: Fibres and cell borders are drawn on pixels of this size, in µm, then enlarged.
FINE_UM = 1.0
#: Half the length of a fibre, in steps of two such pixels.
FIBRE_STEPS = 11
_PAINTED = (
    "section",
    "mucosa",
    "muscle",
    "lymphoid",
    "tumour",
    "fat",
    "gland",
    "gland_lumen",
    "vessel",
    "vessel_lumen",
)


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """A section being painted; every field (y, x) has the size of the image.

    Parameters
    ----------
    stains
        What has been painted so far; changed in place.
    tissue
        The layout; its fields, enlarged, are the properties of ``at``.
    at
        Fields of the layout by name, enlarged.
    fibrils, bundles
        Fine and thick fibres, 0 to 1.
    fine, medium, coarse
        Noise of about 1, 5 and 60 µm, with mean 0 and deviation 1.
    mpp
        µm per pixel.
    """

    stains: Stains
    tissue: Tissue
    at: dict[str, Field]
    fibrils: Field
    bundles: Field
    fine: Field
    medium: Field
    coarse: Field
    mpp: float

    @property
    def size(self) -> int:
        """Pixels a side."""
        return len(self.fine)

    @property
    def fine_size(self) -> int:
        """Pixels of ``FINE_UM`` a side."""
        return int(np.ceil(self.size * self.mpp / FINE_UM)) + 1

    def enlarge(self, field: Field) -> Field:
        """Bring a field of ``FINE_UM`` pixels to the size of the image."""
        return enlarge(field, self.mpp / FINE_UM, self.size)


def make_canvas(rng: np.random.Generator, tissue: Tissue, size: int, mpp: float) -> Canvas:
    """Stretch an empty canvas over the layout."""
    at = {name: enlarge(getattr(tissue, name), mpp / STEP_UM, size) for name in _PAINTED}
    fine_size = int(np.ceil(size * mpp / FINE_UM)) + 1
    double = np.float32(2) * tissue.angle
    c, s = (enlarge(f, FINE_UM / STEP_UM, fine_size) for f in (np.cos(double), np.sin(double)))
    angle = (np.arctan2(s, c) / 2).astype(np.float32)
    fibrils, bundles = (
        1 / (1 + np.exp(np.float32(-2.0) * enlarge(f, mpp / FINE_UM, size)))
        for f in streaks(rng, angle, (0.55, 2.4), FIBRE_STEPS)
    )
    fine, medium, coarse = (noise(rng, size, max(um / mpp, 1.0)) for um in (1.2, 5.0, 60.0))
    stains = Stains(*(np.zeros((size, size), np.float32) for _ in range(3)))
    return Canvas(stains, tissue, at, fibrils, bundles, fine, medium, coarse, mpp)


def window(
    canvas: Canvas, yx_um: npt.NDArray[np.float64], reach_um: float
) -> tuple[Stains, Field, Field]:
    """A window of the stains about a place: itself, and its pixels' (y, x) from the place in µm."""
    reach = int(np.ceil(reach_um / canvas.mpp))
    row, column = np.rint(yx_um / canvas.mpp).astype(int)
    rows = slice(max(row - reach, 0), min(row + reach + 1, canvas.size))
    columns = slice(max(column - reach, 0), min(column + reach + 1, canvas.size))
    y, x = np.mgrid[rows, columns] * np.float32(canvas.mpp)
    s = canvas.stains
    part = Stains(*(f[rows, columns] for f in (s.haematoxylin, s.eosin, s.red)))
    return part, y - np.float32(yx_um[0]), x - np.float32(yx_um[1])
