"""Nuclei as a list of pixels, each with its place inside its nucleus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.evaluation._rim import rim_distance
from spotscope.evaluation.demo._pack import first_come

if TYPE_CHECKING:
    from spotscope.model import StarConvex

__all__ = ["Pixels", "draw_labels", "rasterise", "without_overlap"]


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """Pixels in and about nuclei; a pixel between two nuclei stands here for each of them.

    Parameters
    ----------
    index
        (pixel,) place in the flattened image.
    nucleus
        (pixel,) row of its nucleus.
    depth
        (pixel,) distance from the centre over the distance of the rim: 1 on the rim.
    rim_um
        (pixel,) distance of the rim in the pixel's direction.
    dy_um, dx_um
        (pixel,) place relative to the nucleus' centre.
    """

    index: npt.NDArray[np.intp]
    nucleus: npt.NDArray[np.int32]
    depth: npt.NDArray[np.float32]
    rim_um: npt.NDArray[np.float32]
    dy_um: npt.NDArray[np.float32]
    dx_um: npt.NDArray[np.float32]


def rasterise(outlines: StarConvex, shape: tuple[int, int], mpp: float, margin_um: float) -> Pixels:
    """List every pixel whose centre is inside an outline or at most ``margin_um`` outside it."""
    reach = np.ceil((outlines.reach_um() + margin_um) / mpp).astype(int)
    parts = []
    for width in np.unique(-(-reach // 4) * 4):
        group = np.flatnonzero((reach <= width) & (reach > width - 4))
        parts.append(_window(outlines, group, int(width), shape, mpp, margin_um))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[1], kind="stable")
    return Pixels(*(column[order] for column in columns))


def _window(
    outlines: StarConvex,
    group: npt.NDArray[np.intp],
    width: int,
    shape: tuple[int, int],
    mpp: float,
    margin_um: float,
) -> tuple[npt.NDArray[np.generic], ...]:
    """The pixels of nuclei that fit a window of 2 · width + 1 pixels, as columns of Pixels."""
    side = np.arange(-width, width + 1)
    wy, wx = (axis.ravel() for axis in np.meshgrid(side, side, indexing="ij"))
    centre = np.rint(outlines.yx_um[group] / mpp).astype(np.intp)
    offset = (centre * mpp - outlines.yx_um[group]).astype(np.float32)
    dy = offset[:, :1] + (wy * mpp).astype(np.float32)
    dx = offset[:, 1:] + (wx * mpp).astype(np.float32)
    rim = rim_distance(outlines.radii_um[group], dy, dx)
    distance = np.hypot(dy, dx)
    row, column = centre[:, :1] + wy, centre[:, 1:] + wx
    near = (distance <= rim + margin_um) & (row >= 0) & (column >= 0)
    near &= (row < shape[0]) & (column < shape[1])
    nucleus = np.broadcast_to(group[:, None], near.shape)[near].astype(np.int32)
    index = (row * shape[1] + column)[near]
    rim = rim[near]
    return index, nucleus, distance[near] / rim, rim, dy[near], dx[near]


def draw_labels(outlines: StarConvex, shape: tuple[int, int], mpp: float) -> npt.NDArray[np.uint32]:
    """Draw outlines as a label image (y, x): i + 1 inside nucleus i, the first one on top."""
    pixels = rasterise(outlines, shape, mpp, 0.0)
    flat = np.zeros(shape[0] * shape[1], np.uint32)
    flat[pixels.index[::-1]] = pixels.nucleus[::-1] + 1
    return flat.reshape(shape)


def without_overlap(
    outlines: StarConvex, shape: tuple[int, int], mpp: float
) -> npt.NDArray[np.bool_]:
    """(nucleus,) which stay so that no pixel lies in two; of any two the first stays."""
    pixels = rasterise(outlines, shape, mpp, 0.0)
    order = np.argsort(pixels.index, kind="stable")
    index, nucleus = pixels.index[order], pixels.nucleus[order].astype(np.intp)
    # two or more nuclei on a pixel: compare neighbours in the list, at distance 1 and 2
    pairs = [np.stack([nucleus[:-k], nucleus[k:]], axis=1)[index[:-k] == index[k:]] for k in (1, 2)]
    conflicts = np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)
    return first_come(conflicts, outlines.n)
