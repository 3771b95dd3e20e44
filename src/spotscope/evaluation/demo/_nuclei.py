"""Where the nuclei lie, of which type, and their outlines.

Rows of epithelium and endothelium are set along their rings first; everything else then asks for
a random place with a type drawn from the mixture of the tissue there, and gets it if it touches
nobody who came before. Outlines are ellipses with smooth bumps, known along 32 rays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.evaluation.demo._kinds import KINDS, TYPES
from spotscope.evaluation.demo._noise import ramp, sample
from spotscope.evaluation.demo._pack import pack
from spotscope.evaluation.demo._rings import walk
from spotscope.evaluation.demo._tissue import STEP_UM
from spotscope.model import StarConvex

if TYPE_CHECKING:
    from spotscope.evaluation.demo._tissue import Tissue

__all__ = ["Nuclei", "place_nuclei"]

Floats = npt.NDArray[np.float64]
N_RAYS = 32

#: (tissue, type) number of nuclei that ask for a place on each mm², in the order of TYPES.
#:              B     Endo   Epi  Fibro  Macro Muscle   T     Tumour
WISHES = {
    "stroma": (150, 320, 0, 7000, 1000, 60, 1500, 0),
    "mucosa": (6500, 700, 0, 5600, 6200, 350, 12500, 0),
    "lymphoid": (16000, 200, 0, 500, 1800, 0, 120000, 0),
    "follicle": (180000, 60, 0, 120, 3500, 0, 3500, 0),
    "muscle": (40, 400, 0, 350, 150, 12000, 160, 0),
    "tumour": (0, 0, 0, 0, 420, 0, 1600, 90000),
}


@dataclass(frozen=True, slots=True, eq=False)
class Nuclei:
    """Nuclei and their types.

    ``outlines`` (nucleus), ``codes`` (nucleus,) index into TYPES, ``angle`` (nucleus,) direction of
    the long axis in radians.
    """

    outlines: StarConvex
    codes: npt.NDArray[np.int16]
    angle: Floats

    def take(self, index: npt.NDArray[np.bool_]) -> Nuclei:
        """Those at ``index``."""
        return Nuclei(self.outlines.take(index), self.codes[index], self.angle[index])


def place_nuclei(rng: np.random.Generator, tissue: Tissue, extent_um: float) -> Nuclei:
    """Fill the tissue with nuclei that do not overlap."""
    parts = [_epithelium(rng, tissue), _endothelium(rng, tissue), _free(rng, tissue, extent_um)]
    yx, angle, codes = (np.concatenate(items) for items in zip(*parts, strict=True))
    long_um, short_um = _axes(rng, codes)
    inside = (yx > 8).all(axis=1) & (yx < extent_um - 8).all(axis=1)
    inside &= sample(tissue.section, yx, STEP_UM) > 4
    yx, angle, codes = yx[inside], angle[inside], codes[inside]
    long_um, short_um = long_um[inside], short_um[inside]
    stays = _apart(yx, angle, long_um, short_um)
    yx, angle, codes = yx[stays], angle[stays], codes[stays]
    radii = _rims(rng, codes, angle, long_um[stays], short_um[stays])
    outlines = StarConvex(yx, radii, np.ones(len(yx), np.float32))
    return Nuclei(outlines, codes.astype(np.int16), angle)


def _epithelium(rng: np.random.Generator, tissue: Tissue) -> tuple[Floats, Floats, Floats]:
    """Nuclei at the base of gland cells, upright; a few T cells among them."""
    places, angles = [np.zeros((0, 2))], [np.zeros(0)]
    for ring in tissue.glands:
        yx, inward = walk(ring, rng.uniform(5.7, 6.5), 6.3)
        lift = np.abs(rng.normal(0, 2.0, len(yx)))
        yx = yx + lift[:, None] * np.stack([np.sin(inward), np.cos(inward)], axis=1)
        places.append(yx + rng.normal(0, 0.45, yx.shape))
        angles.append(inward + rng.normal(0, 0.16, len(yx)))
    yx = np.concatenate(places)
    codes = np.full(len(yx), TYPES.index("Epithelial"))
    codes[rng.random(len(yx)) < 0.03] = TYPES.index("T cell")
    return yx, np.concatenate(angles), codes


def _endothelium(rng: np.random.Generator, tissue: Tissue) -> tuple[Floats, Floats, Floats]:
    """Flat nuclei on the lumen of vessels, and muscle in the walls of the thick ones."""
    parts: list[tuple[Floats, Floats, Floats]] = []
    for ring in tissue.vessels:
        layers = [(ring.wall_um - 1.6, "Endothelial", 15.0)]
        if ring.wall_um > 3:
            layers += [
                (depth, "Smooth muscle", 15.0) for depth in np.arange(2.0, ring.wall_um - 4, 4.2)
            ]
        for inset, kind, spacing in layers:
            yx, inward = walk(ring, spacing * rng.uniform(0.9, 1.2), inset)
            yx = yx + rng.normal(0, 0.5, yx.shape)
            code = np.full(len(yx), TYPES.index(kind))
            parts.append((yx, inward + np.pi / 2 + rng.normal(0, 0.08, len(yx)), code))
    parts.append((np.zeros((0, 2)), np.zeros(0), np.zeros(0, int)))
    yx, angle, codes = (np.concatenate(items) for items in zip(*parts, strict=True))
    return yx, angle, codes


def _free(
    rng: np.random.Generator, tissue: Tissue, extent_um: float
) -> tuple[Floats, Floats, Floats]:
    """Wishes of all other nuclei: a place, a direction, a type."""
    table = np.array(list(WISHES.values()), float)
    most = table.sum(axis=1).max()
    yx = rng.uniform(0, extent_um, (rng.poisson(most * (extent_um / 1000) ** 2), 2))
    weights = _mixture(tissue, yx)
    wished = weights @ table
    total = wished.sum(axis=1)
    heard = rng.random(len(yx)) * most < total
    yx, wished, total = yx[heard], wished[heard], total[heard]
    draw = rng.random(len(yx)) * total
    codes = np.minimum((draw[:, None] > np.cumsum(wished, axis=1)).sum(axis=1), len(TYPES) - 1)
    along = sample(tissue.angle, yx, STEP_UM) + rng.normal(0, 0.16, len(yx))
    loose = np.isin(codes, [TYPES.index(k) for k in ("B cell", "T cell", "Macrophage", "Tumour")])
    return yx, np.where(loose, rng.uniform(0, np.pi, len(yx)), along), codes


def _mixture(tissue: Tissue, yx: Floats) -> Floats:
    """(place, tissue) share of each tissue of WISHES; all 0 in glands, vessels and fat."""

    def at(field: npt.NDArray[np.float32]) -> Floats:
        return sample(field, yx, STEP_UM).astype(float)

    tumour = at(ramp(tissue.tumour - 3, 1)) * (at(tissue.gland) < -1) * (at(tissue.vessel) < -2.5)
    free = np.ones(len(yx))
    for wall, room in ((tissue.gland, 2.5), (tissue.vessel, 2.5), (tissue.tumour, 3.5)):
        free *= at(wall) < -room
    free *= (at(tissue.fat) < 1) | (at(tissue.fat) > 1e3)
    muscle, mucosa = at(tissue.muscle), at(tissue.mucosa)
    lymphoid, follicle = at(tissue.lymphoid), at(tissue.follicle)
    rest = 1 - lymphoid
    shares = {
        "stroma": free * rest * (1 - muscle) * (1 - mucosa),
        "mucosa": free * rest * (1 - muscle) * mucosa,
        "lymphoid": free * lymphoid * (1 - follicle),
        "follicle": free * lymphoid * follicle,
        "muscle": free * rest * muscle,
        "tumour": tumour,
    }
    return np.stack([shares[name] for name in WISHES], axis=1)


def _axes(rng: np.random.Generator, codes: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """(nucleus,) half axes, long and short, in µm."""
    table = np.array(
        [[k.area_um2, k.area_spread, k.aspect, k.aspect_spread] for k in KINDS.values()]
    )
    area, area_spread, aspect, aspect_spread = table[codes].T
    area = area * np.exp(np.clip(rng.normal(0, 1, len(codes)), -2.2, 2.2) * area_spread)
    aspect = np.maximum(aspect * np.exp(rng.normal(0, 1, len(codes)) * aspect_spread), 1.0)
    short = np.sqrt(area / np.pi / aspect)
    return short * aspect, short


def _apart(yx: Floats, angle: Floats, long_um: Floats, short_um: Floats) -> npt.NDArray[np.bool_]:
    """Keep the first of any two that touch; five discs on its long axis stand for a nucleus.

    A cheap first round with one disc each clears the crowd.
    """
    stays = np.flatnonzero(pack(yx[:, None], short_um[:, None] + 0.12))
    long_, short, slant = long_um[stays, None], short_um[stays, None], angle[stays]
    shift = np.linspace(-1, 1, 5)
    taper = 1 - 0.3 * np.minimum(1, long_ / short - 1) * np.abs(shift)
    along = (long_ - short * taper[:, :1]) * shift
    axis = np.stack([np.sin(slant), np.cos(slant)], axis=1)
    discs = yx[stays, None] + along[..., None] * axis[:, None]
    kept = np.zeros(len(yx), bool)
    kept[stays[pack(discs, short * taper + 0.12)]] = True
    return kept


def _rims(
    rng: np.random.Generator,
    codes: npt.NDArray[np.intp],
    angle: Floats,
    long_um: Floats,
    short_um: Floats,
) -> npt.NDArray[np.float32]:
    """(nucleus, ray) distance to the rim: an ellipse with smooth bumps."""
    phi = 2 * np.pi * np.arange(N_RAYS) / N_RAYS - angle[:, None]
    long_, short = long_um[:, None], short_um[:, None]
    radius = long_ * short / np.hypot(short * np.cos(phi), long_ * np.sin(phi))
    bumps = np.array([k.bumps for k in KINDS.values()])[codes][:, None]
    wave = np.zeros_like(radius)
    for k in range(2, 7):
        size, shift = rng.normal(0, 1.6 / k, (len(codes), 1)), rng.uniform(0, 6.28, (len(codes), 1))
        wave += size * np.cos(k * phi + shift)
    return (radius * np.clip(1 + bumps * wave, 0.7, 1.3)).astype(np.float32)
