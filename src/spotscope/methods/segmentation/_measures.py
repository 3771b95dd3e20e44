"""What pathologists measure of a nucleus: how long it is, and how much haematoxylin it holds.

With the corners p_i of an outline, a_i = p_i × p_{i+1} and S = Σ a_i (twice its area),

    centroid    c = Σ a_i (p_i + p_{i+1}) / 3S
    spread      C = Σ a_i (p_i p_iᵀ + p_{i+1} p_{i+1}ᵀ + s_i s_iᵀ) / 12 S - c cᵀ

(s_i = p_i + p_{i+1}) are exact for the polygon. The eccentricity is that of the ellipse with the
same spread, √(1 - b²/a²).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation._draw import LabelDrawer
from spotscope.methods.segmentation._grid import open_window, working_grid
from spotscope.methods.segmentation._stain import estimate_stains, signal_weights
from spotscope.model import MethodError, Progress, tissue_mask

if TYPE_CHECKING:
    from spotscope.model import Slide, StarConvex, Task

__all__ = ["eccentricity", "measure_stain"]

_MPP, _TILE = 0.5, 512
#: Nuclei whose corners are held at once.
_BLOCK = 8192
_THUMBNAIL_PX = 1024
_STAGE = "measuring the stain"


def eccentricity(outlines: StarConvex) -> npt.NDArray[np.float32]:
    """(nucleus,) 0 for a circle, towards 1 for a line.

    Parameters
    ----------
    outlines
        The nuclei.
    """
    found = np.zeros(outlines.n, np.float32)
    for start in range(0, outlines.n, _BLOCK):  # polygons take sixteen times the rays' memory
        rows = np.arange(start, min(start + _BLOCK, outlines.n))
        found[rows] = _eccentricity(outlines.take(rows))
    return found


def _eccentricity(outlines: StarConvex) -> npt.NDArray[np.floating]:
    p = outlines.polygons() - outlines.yx_um[:, None]
    q = np.roll(p, -1, axis=1)
    a = p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]
    total = a.sum(axis=1)
    both = p + q
    centre = np.einsum("nr,nrd->nd", a, both) / (3 * total[:, None])
    square = sum(np.einsum("nr,nrd,nre->nde", a, part, part) for part in (p, q, both))
    spread = square / (12 * total[:, None, None]) - centre[:, :, None] * centre[:, None, :]
    short, long = np.linalg.eigvalsh(spread).T
    return np.asarray(np.sqrt(np.clip(1 - short / np.maximum(long, 1e-12), 0, 1)))


def measure_stain(
    slide: Slide,
    outlines: StarConvex,
    rows: npt.NDArray[np.intp] | None = None,
) -> Task[npt.NDArray[np.float32]]:
    """Mean optical density of haematoxylin inside each outline, tile by tile.

    The stains are read off the slide as for the watershed; the density is that of pixels of
    0.5 µm, so that slides of other resolutions compare.

    Parameters
    ----------
    slide
        In colour.
    outlines
        The nuclei.
    rows
        Those to measure; all by default. Only tiles with one of them are read.

    Returns
    -------
    (nucleus,) NaN where it was not measured. Every progress report carries what there is so far.

    Raises
    ------
    MethodError
        If the slide is not in colour.
    """
    if not slide.is_rgb:
        raise MethodError(
            f"Expected a stained slide in colour to measure haematoxylin on, found {slide.name} "
            "with channels of its own; measure it on H&E."
        )
    thumbnail = slide.thumbnail(_THUMBNAIL_PX)
    tissue = tissue_mask(thumbnail, slide.extent_um[0] / thumbnail.shape[0])
    seen = thumbnail[tissue] if tissue.any() else thumbnail.reshape(-1, 3)
    weights = signal_weights(estimate_stains(seen))
    grid = working_grid(slide, _MPP)
    drawer = LabelDrawer(outlines, grid.mpp, grid.offset_um)
    wanted = np.ones(outlines.n, bool)
    if rows is not None:
        wanted[:] = False
        wanted[rows] = True
    tiles = []
    for y0, x0, y1, x1 in grid.tiles(_TILE):
        if wanted[drawer.touching(y0, x0, y1 - y0, x1 - x0)].any():
            tiles.append((y0, x0, y1, x1))
    total, pixels = np.zeros(outlines.n), np.zeros(outlines.n)
    for done, box in enumerate(tiles):
        yield Progress(_STAGE, done, len(tiles), _mean(total, pixels, wanted))
        y0, x0, y1, x1 = box
        labels = drawer.draw(y0, x0, y1 - y0, x1 - x0)
        inside = labels > 0
        signal = open_window(slide, grid, box).signal(weights, 0)
        row = np.searchsorted(outlines.label_id, labels[inside])
        total += np.bincount(row, signal[inside], outlines.n)
        pixels += np.bincount(row, minlength=outlines.n)
    yield Progress(_STAGE, len(tiles), len(tiles))
    return _mean(total, pixels, wanted)


def _mean(
    total: npt.NDArray[np.float64],
    pixels: npt.NDArray[np.float64],
    wanted: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float32]:
    seen = wanted & (pixels > 0)
    return np.where(seen, total / np.maximum(pixels, 1), np.nan).astype(np.float32)
