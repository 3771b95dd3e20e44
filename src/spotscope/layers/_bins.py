"""A dense square lattice of bins (Visium HD) as one rotated image, a pixel a bin.

    place = a + R (s ∘ (i, j)),   R a rotation, s = pitch along both axes, fitted by least squares

so a gene is shown by writing as many pixels as there are bins, and 400,000 of them cost what a
small photograph does. As points or polygons they would take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.layers._names import LayerPart, layer_name

if TYPE_CHECKING:
    from spotscope.model import Spots

__all__ = ["BINS_FROM", "BinGrid", "bin_grid", "bins_layer"]

LayerTuple = tuple[Any, dict[str, Any], str]
#: Fewer spots than this are drawn as discs, one by one.
BINS_FROM = 20_000
#: Bins that no gene is shown in: there, and out of the way.
_PLAIN = (0.55, 0.55, 0.58, 0.12)
_SOME = 500
#: Centres that stray further from the lattice than this share of the pitch are no lattice.
_STRAY = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class BinGrid:
    """Where every bin stands in the image, and the image on the slide.

    Parameters
    ----------
    rows, columns
        (bin,) its pixel.
    shape
        Of the image.
    rotate
        (2, 2) rotation of (y, x).
    scale
        µm a pixel, along both axes.
    translate
        (y, x) in µm of the first pixel.
    """

    rows: npt.NDArray[np.intp]
    columns: npt.NDArray[np.intp]
    shape: tuple[int, int]
    rotate: npt.NDArray[np.float64]
    scale: tuple[float, float]
    translate: tuple[float, float]

    def paint(self, colours: npt.NDArray[np.floating[Any]] | None) -> npt.NDArray[np.uint8]:
        """(row, column, 4) pixels of (bin, 4) colours, 0 to 1; None paints all plain."""
        pixels = np.zeros((*self.shape, 4), np.uint8)
        fill = np.array(_PLAIN) if colours is None else colours
        pixels[self.rows, self.columns] = (fill * 255 + 0.5).astype(np.uint8)
        return pixels


def bin_grid(spots: Spots) -> BinGrid | None:
    """Find the lattice of many square bins; None where spots are few, or no such lattice."""
    if spots.lattice.kind != "square" or spots.n < BINS_FROM:
        return None
    yx = np.asarray(spots.yx_um, float)
    angle = _angle(yx, spots.lattice.pitch_um)
    pitch = np.full(2, spots.lattice.pitch_um)
    rotate = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    along = yx @ rotate
    for _ in range(2):  # the second time with the pitch that fits all of them
        low = along.min(axis=0)
        ij = np.rint((along - low) / pitch)
        fits = [np.polyfit(ij[:, k], along[:, k], 1) for k in range(2)]
        pitch = np.array([fit[0] for fit in fits])
    first = np.array([fit[1] for fit in fits])
    ij = np.rint((along - first) / pitch)
    stray = np.abs(along - first - ij * pitch).max() / pitch.min()
    ij = (ij - ij.min(axis=0)).astype(np.intp)
    shape = int(ij[:, 0].max()) + 1, int(ij[:, 1].max()) + 1
    taken = np.zeros(shape, bool)
    taken[ij[:, 0], ij[:, 1]] = True
    if stray > _STRAY or int(taken.sum()) != spots.n:
        return None
    place = rotate @ (along - ij * pitch).mean(axis=0)
    at = float(place[0]), float(place[1])
    scale = float(pitch[0]), float(pitch[1])
    return BinGrid(ij[:, 0], ij[:, 1], shape, rotate, scale, at)


def bins_layer(grid: BinGrid, sample: str) -> LayerTuple:
    """Bins as an image layer; its metadata has the grid as ``"grid"``."""
    return (
        grid.paint(None),
        {
            "name": layer_name(sample, LayerPart.SPOTS),
            "rgb": True,
            "scale": grid.scale,
            "rotate": grid.rotate,
            "translate": grid.translate,
            "interpolation2d": "nearest",
            "blending": "translucent",
            "units": ("um", "um"),
            "metadata": {"grid": grid},
        },
        "image",
    )


def _angle(yx: npt.NDArray[np.float64], pitch: float) -> float:
    """Angle of the lattice, within ± 45°, from neighbours of some bins."""
    from scipy.spatial import cKDTree

    tree = cKDTree(yx)
    some = yx[:: max(1, len(yx) // _SOME)]
    _, near = tree.query(some, k=5, distance_upper_bound=1.3 * pitch)
    steps = [
        yx[neighbours[neighbours < len(yx)]] - place
        for place, neighbours in zip(some, near, strict=True)
    ]
    apart = np.concatenate(steps)
    apart = apart[np.hypot(*apart.T) > 0.5 * pitch]
    if not len(apart):
        return 0.0
    turned = np.exp(4j * np.arctan2(apart[:, 1], apart[:, 0])).sum()
    return float(np.angle(turned) / 4)
