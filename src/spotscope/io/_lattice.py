"""The lattice spots lie on, and how far neighbours are apart, from their positions alone.

The steps from every spot to the spots around it repeat: six directions 60° apart on a hexagonal
lattice, four 90° apart on a square one, none in particular for beads and cells. With steps of
angle θ, |mean exp(6iθ)| is near 1 for the first and near 0 for the second, |mean exp(4iθ)| the
other way round; turning the tissue turns all angles alike and changes neither. Folded onto one
direction the steps average to the pitch, and the jitter of single spots cancels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Kind", "LatticeGuess", "guess_lattice", "platform_diameter_um", "platform_pitch_um"]

Kind: TypeAlias = Literal["hex", "square", "free"]

#: Spots looked at; the neighbours of more would say the same.
_SAMPLE = 20_000
#: A first look takes steps up to this many of the shorter gaps. Jitter makes those too short, so
#: later looks take the steps around the pitch found, as far down as up. Longer ones, √2 or √3,
#: lead past the neighbours.
_FIRST_LOOK = 1.25
_REACH, _LOOKS = 0.25, 5
#: How well directions must agree, and how much better than with the other symmetry.
_ORDER, _LEAD = 0.5, 0.3
#: Few steps agree by chance: |mean| of n random directions passes r with probability exp(-n r²).
_CHANCE = 0.03

VISIUM_PITCH_UM, VISIUM_DIAMETER_UM = 100.0, 55.0
LEGACY_PITCH_UM, LEGACY_DIAMETER_UM = 200.0, 100.0
#: On the largest array that was sold.
LEGACY_SPOTS = 1934


@dataclass(frozen=True, slots=True)
class LatticeGuess:
    """Layout seen in the positions; ``pitch`` in their unit, NaN below two spots."""

    kind: Kind
    pitch: float


def guess_lattice(yx: npt.NDArray[np.float64]) -> LatticeGuess:
    """Infer layout and pitch from (spot, 2) positions, some of which may be missing or moved."""
    steps, gap = _steps(np.asarray(yx, float))
    near = steps[np.abs(steps) <= _FIRST_LOOK * gap]
    if len(near) == 0:
        return LatticeGuess("free", float("nan"))
    direction = near / np.abs(near)
    four, six = (float(np.abs(np.mean(direction**fold))) for fold in (4, 6))
    # Every step is there and back again: half as many are independent.
    by_chance = float(np.sqrt(-np.log(_CHANCE) / (len(near) / 2)))
    if max(four, six) < max(_ORDER, by_chance) or abs(four - six) < _LEAD:
        return LatticeGuess("free", float(np.median(np.abs(near))))
    kind: Kind = "hex" if six > four else "square"
    fold = 6 if kind == "hex" else 4
    pitch = _folded_mean(near, fold)
    for _ in range(_LOOKS):
        low, high = pitch * (1 - _REACH), pitch * (1 + _REACH)
        near = steps[(np.abs(steps) >= low) & (np.abs(steps) <= high)]
        pitch = _folded_mean(near, fold) if len(near) else pitch
    return LatticeGuess(kind, pitch)


def _steps(yx: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.complex128], float]:
    """Steps x + iy from spots to their six nearest, and a gap that is between neighbours."""
    from scipy.spatial import cKDTree

    yx = np.unique(yx, axis=0)
    if len(yx) < 2:
        return np.zeros(0, complex), float("nan")
    asked = yx[:: -(-len(yx) // _SAMPLE)]
    found = cKDTree(yx).query(asked, k=min(7, len(yx)))
    distance, index = map(np.asarray, found)
    step = yx[index[:, 1:]] - asked[:, None]
    # A quarter of the spots has a direct neighbour even when most of the lattice is missing.
    return (step[..., 1] + 1j * step[..., 0]).ravel(), float(np.quantile(distance[:, 1], 0.25))


def _folded_mean(steps: npt.NDArray[np.complex128], fold: int) -> float:
    """Mean length of the steps, turned onto the lattice direction nearest to the x axis."""
    tilt = np.angle(np.mean((steps / np.abs(steps)) ** fold)) / fold
    turns = np.rint((np.angle(steps) - tilt) * fold / (2 * np.pi))
    return float(np.abs(np.mean(steps * np.exp(-2j * np.pi * turns / fold))))


def platform_pitch_um(
    kind: Kind, diameter_um: float | None, n_spots: int | None = None
) -> float | None:
    """Pitch of the platform that has this layout and spot size, or None if none is known.

    Visium: hexagonal, 55 µm on 100 µm. Legacy ST: square, 100 µm on 200 µm, at most 1,934 spots
    a section. Bins: square, side by side, of any size, so a square layout of more spots that
    states no size tells no pitch.
    """
    if kind == "hex" and (diameter_um is None or 50 <= diameter_um <= 70):
        return VISIUM_PITCH_UM
    many = n_spots is not None and n_spots > LEGACY_SPOTS
    if kind == "square" and ((diameter_um is None and not many) or 90 <= (diameter_um or 0) <= 110):
        return LEGACY_PITCH_UM
    if kind == "square" and diameter_um is not None and diameter_um <= 20:
        return diameter_um
    return None


def platform_diameter_um(kind: Kind, pitch_um: float) -> float:
    """Spot diameter of the platform that has this layout and pitch.

    Where none is known, spots are taken to fill the pitch: bins, beads and cells lie side by side.
    """
    if kind == "hex" and 90 <= pitch_um <= 110:
        return VISIUM_DIAMETER_UM
    if kind == "square" and 180 <= pitch_um <= 220:
        return LEGACY_DIAMETER_UM
    return pitch_um
