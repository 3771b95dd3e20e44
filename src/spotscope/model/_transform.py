"""Where places come to lie: an affine map of the plane, in µm.

    p' = A p + b,   p = (y, x)

A shift has A = 1, a similarity a multiple of a rotation. From pairs of landmarks the similarity of
least squares is found in closed form (Umeyama, IEEE PAMI 13:376, 1991, without reflections), the
affine map by linear least squares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from spotscope.model._errors import ParamsError, ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Landmarks", "Transform", "fit_landmarks", "spell_shift"]

Kind = Literal["shift", "similarity", "affine"]
_FEWEST: dict[Kind, int] = {"shift": 1, "similarity": 3, "affine": 3}
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Transform:
    """An affine map of places (y, x) in µm; by default the one that moves nothing.

    Parameters
    ----------
    matrix
        ((yy, yx), (xy, xx)).
    offset_um
        (y, x), added after the matrix.

    Raises
    ------
    ReadError
        If a number is none, or the map flattens the plane.
    """

    matrix: tuple[tuple[float, float], tuple[float, float]] = ((1.0, 0.0), (0.0, 1.0))
    offset_um: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        numbers = [*self.matrix[0], *self.matrix[1], *self.offset_um]
        if not np.isfinite(numbers).all() or abs(np.linalg.det(np.array(self.matrix))) < 1e-6:
            raise ReadError(
                f"Expected a map that keeps places apart, found {self.matrix} and "
                f"{self.offset_um}; give a shift in µm (--shift=DOWN,RIGHT) or fit it anew."
            )

    @classmethod
    def shift(cls, down_um: float, right_um: float) -> Transform:
        """Move everything by so many µm."""
        return cls(offset_um=(float(down_um), float(right_um)))

    @classmethod
    def of(cls, matrix: npt.ArrayLike, offset_um: npt.ArrayLike) -> Transform:
        """Make one from arrays (2, 2) and (2,)."""
        (yy, yx), (xy, xx) = np.asarray(matrix, float).tolist()
        y, x = np.asarray(offset_um, float).tolist()
        return cls(((yy, yx), (xy, xx)), (y, x))

    def __call__(self, yx_um: npt.ArrayLike) -> Floats:
        """(..., 2) places, moved."""
        return np.asarray(yx_um, float) @ np.array(self.matrix).T + np.array(self.offset_um)

    def then(self, other: Transform) -> Transform:
        """Do this one first, then the other."""
        matrix = np.array(other.matrix) @ np.array(self.matrix)
        return Transform.of(matrix, other(self.offset_um))

    def inverse(self) -> Transform:
        """The one that takes it back."""
        back = np.linalg.inv(np.array(self.matrix))
        return Transform.of(back, -back @ np.array(self.offset_um))

    @property
    def is_identity(self) -> bool:
        """Whether nothing is moved, to a nanometre and a millionth."""
        moved = np.abs(np.array(self.offset_um)).max() >= 1e-3
        return not (moved or np.abs(np.array(self.matrix) - np.eye(2)).max() >= 1e-6)

    @property
    def scale(self) -> float:
        """Factor by which lengths grow, of the area's square root."""
        return float(np.sqrt(abs(np.linalg.det(np.array(self.matrix)))))

    @property
    def is_mirrored(self) -> bool:
        """Whether left and right change places, whatever is turned besides."""
        return bool(np.linalg.det(np.array(self.matrix)) < 0)

    @property
    def turn_degrees(self) -> float:
        """Clockwise on the screen, where y points down and x to the right.

        Of what is mirrored, the turn after it was mirrored left to right.
        """
        (yy, yx), (xy, xx) = self.matrix
        if self.is_mirrored:
            yx, xx = -yx, -xx
        return float(np.degrees(np.arctan2(yx - xy, yy + xx)))

    def describe(self, around_um: npt.ArrayLike = (0.0, 0.0)) -> str:
        """In words: how far the place ``around_um`` moves; mirrored, turned, resized if it is."""
        down, right = self(around_um) - np.asarray(around_um, float)
        words = [spell_shift(float(down), float(right))]
        if self.is_mirrored:
            words.append("mirrored left to right")
        if abs(self.turn_degrees) >= 0.005:
            words.append(_spell_turn(self.turn_degrees))
        if abs(self.scale - 1) >= 5e-5:
            words.append(f"{self.scale:.4f} times as large")
        return ", ".join(words)

    def to_json(self) -> dict[str, Any]:
        """As plain lists."""
        return {
            "matrix": [list(row) for row in self.matrix],
            "offset_um": list(self.offset_um),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Transform:
        """The inverse of :meth:`to_json`.

        Raises
        ------
        ReadError
            If it is no such record.
        """
        try:
            return cls.of(data["matrix"], data["offset_um"])
        except (KeyError, TypeError, ValueError) as err:
            raise ReadError(
                f"Expected a map with 'matrix' and 'offset_um', found {str(data)[:80]!r}; give one "
                "as spotscope wrote it."
            ) from err


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """A map fitted to pairs of places.

    Parameters
    ----------
    transform
        The map.
    residual_um
        (pair,) how far each lands from where it should.
    left_out_um
        (pair,) the same when the map is fitted to the others: what to expect elsewhere. Not a
        number where too few others are left.
    """

    transform: Transform
    residual_um: Floats
    left_out_um: Floats


def fit_landmarks(
    source_um: npt.ArrayLike, target_um: npt.ArrayLike, kind: Kind = "similarity"
) -> Landmarks:
    """Fit the map that takes places to places, by least squares.

    Parameters
    ----------
    source_um, target_um
        (pair, 2) (y, x) in µm.
    kind
        ``shift`` (one pair or more), ``similarity`` or ``affine`` (three or more).

    Raises
    ------
    ParamsError
        If there are too few pairs, or they do not pin the map down.
    """
    source, target = np.asarray(source_um, float), np.asarray(target_um, float)
    if kind not in _FEWEST or source.shape != target.shape or source.ndim != 2:
        raise ParamsError(
            f"Expected pairs of places and one of {', '.join(_FEWEST)}, found {source.shape}, "
            f"{target.shape} and {kind!r}; give as many places as their counterparts."
        )
    if len(source) < _FEWEST[kind]:
        raise ParamsError(
            f"Expected at least {_FEWEST[kind]} pairs of landmarks for a map of the kind {kind}, "
            f"found {len(source)}; mark more."
        )
    found = _fit(source, target, kind)
    left_out = np.full(len(source), np.nan)
    if len(source) > _FEWEST[kind]:
        for i in range(len(source)):
            others = np.arange(len(source)) != i
            try:
                left_out[i] = np.linalg.norm(
                    _fit(source[others], target[others], kind)(source[i]) - target[i]
                )
            except ParamsError:  # the others lie in a line
                continue
    return Landmarks(found, np.linalg.norm(found(source) - target, axis=1), left_out)


def _fit(source: Floats, target: Floats, kind: Kind) -> Transform:
    middle, there = source.mean(axis=0), target.mean(axis=0)
    if kind == "shift":
        return Transform.shift(*(there - middle))
    p, q = source - middle, target - there
    spread = np.linalg.svd(p, compute_uv=False)
    if spread[0] < 1e-6 or (kind == "affine" and spread[-1] < 1e-3 * spread[0]):
        raise ParamsError(
            "Expected landmarks that do not lie in one place or line, found such; mark places far "
            "apart, in three corners."
        )
    if kind == "affine":
        matrix = np.linalg.lstsq(p, q, rcond=None)[0].T
    else:
        u, d, vt = np.linalg.svd(q.T @ p)
        sign = np.array([1.0, np.sign(np.linalg.det(u @ vt))])
        matrix = (d * sign).sum() / (p**2).sum() * (u * sign) @ vt
    return Transform.of(matrix, there - matrix @ middle)


def _spell_turn(degrees: float) -> str:
    """In words: "turned 2.00° clockwise", "turned 180°"."""
    size = abs(degrees)
    if abs(size - 180) < 0.005:
        return "turned 180°"
    amount = "90" if abs(size - 90) < 0.005 else f"{size:.2f}"
    return f"turned {amount}° {'clockwise' if degrees > 0 else 'anticlockwise'}"


def spell_shift(down_um: float, right_um: float) -> str:
    """In words: "12 µm left and 3 µm down"."""
    words = []
    for amount, positive, negative in (
        (right_um, "right", "left"),
        (down_um, "down", "up"),
    ):
        if round(abs(amount)) >= 1:
            words.append(f"{abs(amount):.0f} µm {positive if amount > 0 else negative}")
    return " and ".join(words) or "less than 1 µm"
