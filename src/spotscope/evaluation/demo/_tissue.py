"""Where everything is: the section, its layers, glands, tumour nests, vessels and fat.

The section is a piece of bowel wall cut obliquely: from one side to the other a mucosa with glands,
a submucosa of collagen with vessels, fat and a lymphoid aggregate, and a band of smooth muscle. A
carcinoma grows through the middle. Everything is a smooth field on a grid of 2 µm: a distance
inward in µm where a border is sharp, a weight 0 to 1 where it is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial import cKDTree

from spotscope.evaluation.demo._noise import Field, noise, ramp, sample
from spotscope.evaluation.demo._pack import pack
from spotscope.evaluation.demo._rings import Ring, inward_distance, make_ring

__all__ = ["STEP_UM", "Tissue", "lay_out"]

Floats = npt.NDArray[np.float64]
#: Pixel of the layout grid, in µm.
STEP_UM = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Tissue:
    """The layout of a section, each field (y, x) on the grid.

    Parameters
    ----------
    section, tumour, gland, gland_lumen, vessel, vessel_lumen, fat
        Distance inward from the border in µm, negative outside.
    mucosa, muscle, lymphoid, follicle
        Weights 0 to 1.
    angle
        Direction of the fibres, in radians.
    glands, vessels
        The rings themselves.
    fat_yx_um
        (n, 2) centres of fat cells.
    """

    section: Field
    tumour: Field
    gland: Field
    gland_lumen: Field
    vessel: Field
    vessel_lumen: Field
    fat: Field
    mucosa: Field
    muscle: Field
    lymphoid: Field
    follicle: Field
    angle: Field
    glands: list[Ring]
    vessels: list[Ring]
    fat_yx_um: Floats


def lay_out(rng: np.random.Generator, extent_um: float) -> Tissue:
    """Draw the layout of a square of ``extent_um``."""
    size = int(np.ceil(extent_um / STEP_UM)) + 1
    place = _Frame(rng, size, extent_um)
    section = _section(rng, place)
    depth = place.depth + 0.035 * noise(rng, size, size / 5) + 0.012 * noise(rng, size, 25)
    mucosa, muscle = ramp(-depth - 0.03, 0.05), ramp(depth - 0.215, 0.03)
    tumour = _nests(rng, place, section)
    lymphoid, follicle = _lymphoid(rng, place)
    vessels = _vessels(rng, place, section, tumour)
    vessel = inward_distance(vessels[:3], size, STEP_UM, lumen=False)
    blocked = np.maximum.reduce([tumour + 12, vessel + 12, 60 * (lymphoid - 0.4), -section + 12])
    glands = _glands(rng, place, np.maximum(blocked, 60 * (0.6 - mucosa)))
    gland = inward_distance(glands, size, STEP_UM, lumen=False)
    vessels = [v for v in vessels if sample(gland, v.yx_um[None], STEP_UM)[0] < -9]
    vessel = inward_distance(vessels, size, STEP_UM, lumen=False)
    fat, fat_yx = _fat(rng, place, np.maximum.reduce([blocked, gland + 15, 40 * (muscle - 0.3)]))
    return Tissue(
        section=section,
        tumour=tumour,
        gland=gland,
        gland_lumen=inward_distance(glands, size, STEP_UM, lumen=True),
        vessel=vessel,
        vessel_lumen=inward_distance(vessels, size, STEP_UM, lumen=True),
        fat=fat,
        mucosa=mucosa,
        muscle=muscle,
        lymphoid=lymphoid,
        follicle=follicle,
        angle=_fibre_angle(rng, place, muscle, np.maximum.reduce([tumour, gland, vessel, fat])),
        glands=glands,
        vessels=vessels,
        fat_yx_um=fat_yx,
    )


class _Frame:
    """The section's own axes: depth through its layers, way along them, both -0.5 … 0.5."""

    def __init__(self, rng: np.random.Generator, size: int, extent_um: float) -> None:
        self.size, self.extent_um = size, extent_um
        self.tilt = float(rng.uniform(-0.45, -0.15))
        y, x = (np.mgrid[:size, :size] * STEP_UM / extent_um - 0.5).astype(np.float32)
        self.depth = y * np.cos(self.tilt) - x * np.sin(self.tilt)
        self.way = y * np.sin(self.tilt) + x * np.cos(self.tilt)

    def at_um(self, depth: float, way: float) -> Floats:
        """(2,) place in µm of a point given on the section's axes."""
        c, s = np.cos(self.tilt), np.sin(self.tilt)
        return (np.array([depth * c + way * s, way * c - depth * s]) + 0.5) * self.extent_um


def _signed(mask: npt.NDArray[np.bool_]) -> Field:
    inside = distance_transform_edt(mask) - distance_transform_edt(~mask)
    return gaussian_filter(inside.astype(np.float32) * np.float32(STEP_UM), 1.0)


def _section(rng: np.random.Generator, place: _Frame) -> Field:
    """A rounded piece with a wavy cut edge, a few bays and torn fringes."""
    y, x = place.depth / 0.43, place.way / 0.455
    theta = np.arctan2(y, x)
    radius = (np.abs(y) ** 2.7 + np.abs(x) ** 2.7) ** (1 / 2.7)
    outline = np.ones_like(radius)
    for k in range(2, 8):
        outline += 0.045 / np.sqrt(k) * rng.normal() * np.cos(k * theta + rng.uniform(0, 6.28))
    rough = 0.010 * noise(rng, place.size, 40) + 0.004 * noise(rng, place.size, 6)
    mask = radius + rough < np.clip(outline, 0.8, 1.06)
    return _signed(mask)


def _nests(rng: np.random.Generator, place: _Frame, section: Field) -> Field:
    """Nests and cords of tumour: a blob cut up by noise."""
    y, x = (place.depth + 0.01) / 0.26, (place.way - 0.2) / 0.17
    blob = 1 - np.hypot(y, x)
    lumps = 0.8 * noise(rng, place.size, 24) + 0.65 * noise(rng, place.size, 11)
    mask = (blob + 0.42 * lumps > 0.24) & (section > 16)
    slivers = gaussian_filter(mask.astype(np.float32), 5) < 0.35
    return _signed(mask & ~slivers)


def _lymphoid(rng: np.random.Generator, place: _Frame) -> tuple[Field, Field]:
    """The aggregate, and the follicle of B cells in its middle."""
    yx = place.at_um(0.085, -0.215)
    y, x = np.mgrid[: place.size, : place.size] * STEP_UM - yx[:, None, None]
    radius = max(55.0, 0.118 * place.extent_um)
    bumpy = np.hypot(y * 1.15, x * 0.9) / radius + 0.13 * noise(rng, place.size, 18)
    return ramp((1 - bumpy).astype(np.float32), 0.25), ramp((0.68 - bumpy).astype(np.float32), 0.2)


def _vessels(rng: np.random.Generator, place: _Frame, section: Field, tumour: Field) -> list[Ring]:
    """An artery and its vein in the submucosa, and capillaries all about."""
    scale = np.clip(place.extent_um / 1000, 0.6, 1.2)
    big = [(0.125, 0.06, 36, 31, 14, 0.05), (0.10, 0.155, 40, 24, 7, 0.10)]
    big += [(0.15, -0.355, 30, 22, 9, 0.08)]
    rings = [
        make_ring(
            rng, place.at_um(d, w), a * scale, b * scale, rng.uniform(0, 3.14),
            wobble=wobble, wall_um=wall * scale,
        )
        for d, w, a, b, wall, wobble in big
    ]  # fmt: skip
    n = int(90 * (place.extent_um / 1000) ** 2)
    at = rng.uniform(0, place.extent_um, (n, 2))
    free = (sample(section, at, STEP_UM) > 25) & (sample(tumour, at, STEP_UM) < -14)
    for yx in at[free]:
        long_um = rng.uniform(5.5, 10)
        rings.append(
            make_ring(
                rng, yx, long_um, rng.uniform(4.5, 6), rng.uniform(0, 3.14), wobble=0.06, wall_um=2
            )
        )
    reach = np.array([[ring.radius_um.max() + 10] for ring in rings])
    stays = pack(np.array([[ring.yx_um] for ring in rings]), reach)
    return [ring for ring, stay in zip(rings, stays, strict=True) if stay]


def _glands(rng: np.random.Generator, place: _Frame, blocked: Field) -> list[Ring]:
    """Crypts, long in the direction of depth, wherever the mucosa has room."""
    n = int(4000 * (place.extent_um / 1000) ** 2)
    at = rng.uniform(0, place.extent_um, (n, 2))
    long_um, short_um = rng.uniform(36, 84, n), rng.uniform(33, 43, n)
    order = np.argsort(-long_um[: n // 2], kind="stable")  # a few long ones first
    order = np.concatenate([order, np.arange(n // 2, n)])
    at, long_um, short_um = at[order], np.maximum(long_um, short_um)[order], short_um[order]
    angle = np.pi / 2 + place.tilt + rng.normal(0, 0.22, n)
    axis = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    offset = np.linspace(-1, 1, 5)[:, None] * (long_um - short_um)[:, None, None]
    discs = at[:, None] + offset * axis[:, None]
    radii = np.repeat((short_um * 1.02 + 2)[:, None], 5, axis=1)
    clear = sample(blocked, discs.reshape(-1, 2), STEP_UM).reshape(n, 5) < -6
    inside = (discs > 30).all((1, 2)) & (discs < place.extent_um - 30).all((1, 2))
    keep = np.flatnonzero(clear.all(axis=1) & inside)
    if not keep.size:
        return []
    keep = keep[pack(discs[keep], radii[keep])]
    return [
        make_ring(
            rng, at[i], long_um[i], short_um[i], angle[i],
            wobble=0.045, wall_um=float(rng.uniform(22, 27)),
        )
        for i in keep
    ]  # fmt: skip


def _fat(rng: np.random.Generator, place: _Frame, blocked: Field) -> tuple[Field, Floats]:
    """A lobule of fat cells: bubbles pressed against one another."""
    lobule = 1 - np.hypot((place.depth - 0.145) / 0.085, (place.way + 0.05) / 0.15)
    lobule = lobule + 0.2 * noise(rng, place.size, 25)
    mask = (lobule > 0.05) & (blocked < -2)
    at = rng.uniform(0, place.extent_um, (6000, 2))
    at = at[sample(mask.astype(np.float32), at, STEP_UM) > 0.5]
    if not len(at):
        return np.full((place.size, place.size), -40, np.float32), at
    radius = rng.uniform(13, 21, (len(at), 1))
    at = at[pack(at[:, None], radius)]
    yx = np.indices((place.size, place.size)).reshape(2, -1).T * STEP_UM
    near = np.asarray(cKDTree(at).query(yx)[0]).reshape(place.size, place.size)
    return np.minimum(_signed(mask) + 3, 21 - near).astype(np.float32), at


def _fibre_angle(rng: np.random.Generator, place: _Frame, muscle: Field, obstacle: Field) -> Field:
    """Fibres run along the layers, wave, and bend around whatever stands in their way.

    Directions are blended as double angles, for which a turn by π is no turn.
    """
    wave = 0.75 * noise(rng, place.size, 55) + 0.28 * noise(rng, place.size, 14)
    straight = -place.tilt + 0.16 * noise(rng, place.size, 70) + 0.05 * noise(rng, place.size, 12)
    along = -place.tilt + wave * (1 - muscle)
    along = along * (1 - muscle) + straight * muscle
    smooth = gaussian_filter(np.clip(obstacle, -40, 10), 4)
    gy, gx = np.gradient(smooth)
    around = np.arctan2(gx, -gy)
    pull = np.exp(-np.maximum(-obstacle, 0) / 14) * ramp(np.hypot(gy, gx) - 0.35, 0.5)
    double = (1 - pull) * np.exp(2j * along) + pull * np.exp(2j * around)
    return (np.angle(double) / 2).astype(np.float32)
