"""Rings: glands and vessels as closed curves r(θ) about a centre, with a wall of some thickness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from spotscope.evaluation.demo._noise import Field

__all__ = ["Ring", "inward_distance", "make_ring", "walk"]

Floats = npt.NDArray[np.float64]
#: Directions in which a ring's radius is known.
_TURN = 360


@dataclass(frozen=True, slots=True, eq=False)
class Ring:
    """A closed curve about a centre, and the thickness of the wall inside it.

    Parameters
    ----------
    yx_um
        (2,) centre.
    radius_um
        (360,) distance to the curve in each degree of direction.
    wall_um
        Thickness of the wall; further in is the lumen.
    """

    yx_um: Floats
    radius_um: Floats
    wall_um: float

    @property
    def slope(self) -> Floats:
        """(360,) r'(θ) / r(θ): the tangent of the angle between curve and circle."""
        change = np.roll(self.radius_um, -1) - np.roll(self.radius_um, 1)
        return change / (2 * 2 * np.pi / _TURN) / self.radius_um


def make_ring(
    rng: np.random.Generator,
    yx_um: Floats,
    long_um: float,
    short_um: float,
    angle: float,
    *,
    wobble: float,
    wall_um: float,
) -> Ring:
    """An ellipse with a few smooth bumps."""
    theta = 2 * np.pi * np.arange(_TURN) / _TURN
    radius = (
        long_um
        * short_um
        / np.hypot(short_um * np.cos(theta - angle), long_um * np.sin(theta - angle))
    )
    bumps = np.zeros(_TURN)
    for k in range(2, 7):
        bumps += rng.normal(0, 1 / k) * np.cos(k * theta + rng.uniform(0, 2 * np.pi))
    return Ring(np.asarray(yx_um, float), radius * (1 + wobble * bumps), wall_um)


def inward_distance(rings: list[Ring], size: int, step: float, *, lumen: bool) -> Field:
    """Distance in µm inward from the nearest ring's curve (or from its lumen's), below 0 outside.

    ``size`` pixels of ``step`` µm a side; far from every ring it is -40.
    """
    field = np.full((size, size), -40, np.float32)
    for ring in rings:
        reach = ring.radius_um.max() + 40
        low = np.clip(np.floor((ring.yx_um - reach) / step).astype(int), 0, size)
        high = np.clip(np.ceil((ring.yx_um + reach) / step).astype(int), 0, size)
        y, x = np.mgrid[low[0] : high[0], low[1] : high[1]] * step
        y, x = y - ring.yx_um[0], x - ring.yx_um[1]
        turn = np.degrees(np.arctan2(y, x)) % _TURN
        radius = np.interp(turn, np.arange(_TURN + 1), np.append(ring.radius_um, ring.radius_um[0]))
        slope = np.interp(turn, np.arange(_TURN), ring.slope)
        inward = (radius - np.hypot(y, x)) / np.sqrt(1 + slope**2)
        window = field[low[0] : high[0], low[1] : high[1]]
        np.maximum(window, inward - (ring.wall_um if lumen else 0), out=window, casting="unsafe")
    return field


def walk(ring: Ring, spacing_um: float, inset_um: float) -> tuple[Floats, Floats]:
    """Places along a ring, ``spacing_um`` apart and ``inset_um`` inside it.

    Returns
    -------
    (n, 2) places in µm and (n,) direction of the inward normal there, in radians.
    """
    theta = 2 * np.pi * np.arange(_TURN) / _TURN
    curve = ring.radius_um[:, None] * np.stack([np.sin(theta), np.cos(theta)], axis=1)
    edge = np.linalg.norm(np.roll(curve, -1, axis=0) - curve, axis=1)
    length = np.concatenate([[0.0], np.cumsum(edge)])
    at = np.arange(int(length[-1] / spacing_um)) * spacing_um
    turn = np.interp(at, length, np.arange(_TURN + 1))
    phi = np.radians(turn)
    radius = np.interp(turn % _TURN, np.arange(_TURN), ring.radius_um)
    outward = phi - np.arctan(np.interp(turn % _TURN, np.arange(_TURN), ring.slope))
    place = ring.yx_um + radius[:, None] * np.stack([np.sin(phi), np.cos(phi)], axis=1)
    place -= inset_um * np.stack([np.sin(outward), np.cos(outward)], axis=1)
    return place, outward + np.pi
