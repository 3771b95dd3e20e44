"""Painting what has a sharp border: tumour nests, glands and vessels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spotscope.evaluation.demo._canvas import FINE_UM, window
from spotscope.evaluation.demo._noise import Field, enlarge, noise, ramp, sample
from spotscope.evaluation.demo._pack import pack
from spotscope.evaluation.demo._tissue import STEP_UM

if TYPE_CHECKING:
    from spotscope.evaluation.demo._canvas import Canvas
    from spotscope.evaluation.demo._nuclei import Nuclei

__all__ = ["Borders", "cell_borders", "paint_glands", "paint_tumour", "paint_vessels"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Borders:
    """Cells that lie wall to wall: 1 on the walls, and a tint of each cell, about 0."""

    wall: Field
    tint: Field


def cell_borders(rng: np.random.Generator, canvas: Canvas, nuclei: Nuclei) -> Borders:
    """Each point of an epithelium belongs to the nearest nucleus; walls are where two are near."""
    size, tissue = canvas.fine_size, canvas.tissue
    solid = enlarge(np.maximum(tissue.tumour, tissue.gland), FINE_UM / STEP_UM, size)
    where = np.flatnonzero(solid > -2)
    yx = np.stack(np.divmod(where, size), axis=1) * FINE_UM
    yx += 0.8 * np.stack([noise(rng, size, 7).ravel()[where] for _ in range(2)], axis=1)
    near, who = map(np.asarray, cKDTree(nuclei.outlines.yx_um).query(yx, k=[1, 2]))
    wall, tint = np.zeros(size * size, np.float32), np.zeros(size * size, np.float32)
    wall[where] = np.exp(-(((near[:, 1] - near[:, 0]) / 1.5) ** 2))
    tint[where] = rng.standard_normal(nuclei.outlines.n, np.float32)[who[:, 0]]
    return Borders(*(canvas.enlarge(f.reshape(size, size)) for f in (wall, tint)))


def paint_tumour(canvas: Canvas, borders: Borders) -> None:
    """Nests of two-toned cytoplasm, drawn back from the stroma here and there."""
    c, inward = canvas, canvas.at["tumour"]
    cleft = np.exp(-(((inward + 1.2) / 1.6) ** 2)) * ramp(c.coarse + 0.2 * c.medium, 0.8)
    c.stains.over(np.float32(0.85) * cleft, 0.01, 0.02)
    eosin = 0.36 + 0.06 * borders.tint + 0.055 * c.fine + 0.05 * c.medium + 0.10 * borders.wall
    basophil = 0.20 + 0.035 * (borders.tint + c.fine) + 0.02 * c.medium + 0.05 * borders.wall
    c.stains.over(ramp(inward + 0.3 * c.medium, 1.4), basophil, np.maximum(eosin, 0.05))


def paint_glands(rng: np.random.Generator, canvas: Canvas, borders: Borders) -> None:
    """Tall cells on a basement membrane, goblets of mucin toward the lumen, secretion in it."""
    c, stains = canvas, canvas.stains
    inward, open_ = c.at["gland"], c.at["gland_lumen"]
    stains.eosin += np.float32(0.30) * np.exp(-(((inward + 0.8) / 0.9) ** 2))
    height = np.clip(inward / 24, 0, 1)
    eosin = 0.30 + 0.10 * height + 0.05 * borders.tint + 0.05 * c.fine + 0.03 * c.medium
    basophil = 0.17 - 0.07 * height + 0.02 * borders.tint + 0.02 * c.fine
    share = ramp(inward + 0.2 * c.medium, 1.2)
    stains.over(share, basophil + 0.05 * borders.wall, eosin + 0.12 * borders.wall)
    for yx, radius in _goblets(rng, canvas):
        part, dy, dx = window(canvas, yx, radius + 2)
        part.over(ramp(np.float32(radius) - np.hypot(dy, dx), 0.9), 0.075, 0.045)
    secretion = np.clip(0.03 + 0.05 * c.coarse + 0.04 * c.medium, 0, 0.2) * ramp(open_ - 4, 6)
    stains.eosin += np.float32(0.22) * np.exp(-(((open_ + 0.9) / 0.8) ** 2))  # brush border
    stains.over(ramp(open_ + 0.35 * c.medium, 1.1), secretion, 0.5 * secretion)


def _goblets(rng: np.random.Generator, canvas: Canvas) -> list[tuple[Floats, float]]:
    """Places and radii of mucin drops, in the upper part of gland cells."""
    found: list[tuple[Floats, float]] = []
    for ring in canvas.tissue.glands:
        n = int(ring.radius_um.mean() * rng.uniform(0.15, 0.5))
        for turn in rng.choice(len(ring.radius_um), n, replace=False):
            phi = np.radians(turn)
            out = phi - np.arctan(ring.slope[turn])
            rim = ring.yx_um + ring.radius_um[turn] * np.array([np.sin(phi), np.cos(phi)])
            inset = rng.uniform(0.62, 0.78) * ring.wall_um
            place = rim - inset * np.array([np.sin(out), np.cos(out)])
            found.append((place, float(rng.uniform(2.6, 4))))
    return found


def paint_vessels(rng: np.random.Generator, canvas: Canvas) -> None:
    """Walls that run around, plasma, and red cells."""
    c, stains = canvas, canvas.stains
    wall = ramp(c.at["vessel"] + 0.2 * c.medium, 1.2)
    stains.over(wall, 0.09, 0.42 + 0.25 * c.fibrils + 0.04 * c.fine)
    stains.over(ramp(c.at["vessel_lumen"], 1.0), 0.0, 0.05 + 0.015 * c.medium)
    extent = c.size * c.mpp
    yx = rng.uniform(0, extent, (int(extent**2 / 6), 2))
    inside = sample(c.tissue.vessel_lumen, yx, STEP_UM) > 2.4
    yx = yx[inside & (sample(c.coarse, yx, c.mpp) > -1.0)]
    if len(yx):
        radius = rng.uniform(2.6, 3.1, len(yx))
        stays = pack(yx[:, None], radius[:, None])
        for place, size in zip(yx[stays], radius[stays], strict=True):
            _red_cell(rng, canvas, place, size)


def _red_cell(rng: np.random.Generator, canvas: Canvas, yx_um: Floats, radius_um: float) -> None:
    """A red cell seen at some slant, with its pale middle."""
    part, dy, dx = window(canvas, yx_um, 4.2)
    tilt, slant = rng.uniform(0, np.pi), rng.uniform(1.0, 1.35)
    along = dy * np.sin(tilt) + dx * np.cos(tilt)
    across = dy * np.cos(tilt) - dx * np.sin(tilt)
    depth = np.hypot(along, across * slant) / radius_um
    body = np.clip((1 - depth) * radius_um / 0.8 + 0.5, 0, 1)
    pale = 1 - rng.uniform(0.15, 0.5) * np.exp(-((depth / 0.45) ** 2))
    amount = (body * pale * rng.uniform(0.75, 1.1)).astype(np.float32)
    np.maximum(part.red, amount, out=part.red)
