"""The ground the nuclei lie in, from the widest tissue to the smallest thing in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from spotscope.evaluation.demo._canvas import Canvas, make_canvas
from spotscope.evaluation.demo._noise import ramp
from spotscope.evaluation.demo._organs import (
    cell_borders,
    paint_glands,
    paint_tumour,
    paint_vessels,
)

if TYPE_CHECKING:
    from spotscope.evaluation.demo._nuclei import Nuclei
    from spotscope.evaluation.demo._stain import Stains
    from spotscope.evaluation.demo._tissue import Tissue

__all__ = ["paint_ground"]


def paint_ground(
    rng: np.random.Generator, tissue: Tissue, nuclei: Nuclei, size: int, mpp: float
) -> Stains:
    """Paint everything but the nuclei."""
    canvas = make_canvas(rng, tissue, size, mpp)
    _paint_matrix(canvas)
    _paint_fat(canvas)
    borders = cell_borders(rng, canvas, nuclei)
    paint_tumour(canvas, borders)
    paint_glands(rng, canvas, borders)
    paint_vessels(rng, canvas)
    _paint_edge(canvas)
    return canvas.stains


def _paint_matrix(canvas: Canvas) -> None:
    """Collagen; over it the loose ground of the mucosa, muscle, and the lymphoid reticulum."""
    c, over = canvas, canvas.stains.over
    rope = 0.6 * c.fibrils + 0.4 * c.bundles
    gap = ramp(rope - 0.27 + 0.05 * c.coarse, 0.16)
    collagen = gap * (0.10 + 0.68 * rope ** np.float32(1.4)) * (1 + 0.10 * c.coarse + 0.08 * c.fine)
    over(np.ones_like(gap), 0.04 + 0.05 * gap, (collagen + 0.03).astype(np.float32))
    loose = ramp(c.bundles - 0.22 + 0.06 * c.medium, 0.25)
    web = loose * (0.15 + 0.26 * c.fibrils + 0.05 * c.fine + 0.04 * c.medium)
    over(c.at["mucosa"], 0.07 + 0.06 * loose + 0.02 * c.medium, web + 0.02)
    split = ramp(0.75 * c.bundles + 0.25 * c.fibrils - 0.12 + 0.03 * c.coarse, 0.07)
    meat = 0.30 + 0.36 * c.fibrils + 0.24 * c.bundles + 0.04 * c.coarse
    over(c.at["muscle"], 0.09 + 0.03 * c.fibrils, split * (meat + 0.04 * c.fine))
    reticulum = 0.16 + 0.10 * c.fibrils + 0.05 * c.medium + 0.04 * c.fine
    over(c.at["lymphoid"] * np.float32(0.9), 0.17 + 0.04 * c.medium, reticulum)


def _paint_fat(canvas: Canvas) -> None:
    """Fat cells: emptied by the solvents, thin rims left."""
    centres = canvas.tissue.fat_yx_um
    if len(centres) < 2:
        return
    fat = canvas.at["fat"].ravel()
    where = np.flatnonzero(fat > -2)
    yx = np.stack(np.divmod(where, canvas.size), axis=1) * canvas.mpp
    near = np.asarray(cKDTree(centres).query(yx, k=2)[0])
    room = np.minimum((near[:, 1] - near[:, 0]) / 2, fat[where])
    room += 0.25 * canvas.medium.ravel()[where]
    empty = np.zeros(canvas.size**2, np.float32)
    empty[where] = np.clip((room - 0.9) / 0.7, 0, 1)
    canvas.stains.over(empty.reshape(canvas.size, canvas.size), 0.0, 0.012)


def _paint_edge(canvas: Canvas) -> None:
    """The cut edge takes more stain; beyond it is glass. Thickness varies over the section."""
    stains = canvas.stains
    inward = canvas.at["section"] + 0.8 * canvas.medium + 0.5 * canvas.fine
    stains.eosin *= 1 + 0.55 * np.exp(-np.maximum(inward, 0) / 5)
    stains.haematoxylin += 0.10 * np.exp(-np.maximum(inward, 0) / 4)
    tissue = ramp(inward, 1.6)
    thick = tissue * (1 + 0.07 * canvas.coarse)
    for field in (stains.haematoxylin, stains.eosin, stains.red):
        np.maximum(field, 0, out=field)
        field *= thick
    stains.eosin += (1 - tissue) * np.float32(0.006)
