"""The shift under which image and counts agree best.

A spot with more tissue under it catches more transcripts. With u_s the logarithm of the counts of
spot s and f_s(d) what the image shows under it when all spots are moved by d (density of nuclei,
density of stain), the shift is

    d* = argmax_d R²(d),   R²(d) = c(d)ᵀ C(d)⁻¹ c(d),

c the correlations of u with the features and C those among the features. Broad trends, which every
shift explains as well as any other, are taken out first: from u and from each f the mean of the
spot's neighbours. Between the shifts tried, a parabola through the best and its neighbours says
where the peak is. How sure that is, blocks of the section drawn with repetition say (the block
bootstrap, Künsch, Annals of Statistics 17:1217, 1989): where their peaks scatter as widely as they
can, nothing can be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model import MethodError, Rng, as_rng, spell_shift

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.methods.alignment._density import DensityMap

__all__ = [
    "CANNOT_TELL",
    "FEWEST_SPOTS",
    "REFERENCES",
    "ShiftFound",
    "check_spots",
    "estimate_shift",
]

REFERENCES = (
    "Künsch, H. R. The jackknife and the bootstrap for general stationary observations. Annals of "
    "Statistics 17, 1217 (1989).",
)
#: Said where the counts do not tell where the spots lie.
CANNOT_TELL = "the counts do not tell whether the spots are shifted"
#: From fewer nothing can be told.
FEWEST_SPOTS = 30
Floats = npt.NDArray[np.float64]
#: Shifts tried to either side of none, and how far, in pitches.
_STEPS, _REACH = 12, 1.0
_DRAWS = 200
#: Side of a block of the bootstrap, in pitches, and fewest blocks.
_BLOCK, _FEWEST_BLOCKS = 4.0, 12
#: Peaks that scatter farther than this share of the reach say nothing.
_SCATTERED = 0.4
_NEIGHBOURS = 6


@dataclass(frozen=True, slots=True)
class ShiftFound:
    """How far the spots are from where they should be.

    Parameters
    ----------
    yx_um
        (y, x): the spots lie this far down and to the right of their place.
    radius_um
        Within this of ``yx_um`` lie 95 of 100 peaks of the bootstrap.
    agreement, at_best
        R² as the spots lie, and at the best shift.
    tells
        Whether the counts tell at all.
    """

    yx_um: tuple[float, float]
    radius_um: float
    agreement: float
    at_best: float
    tells: bool

    @property
    def size_um(self) -> float:
        """Length of the shift."""
        return float(np.hypot(*self.yx_um))

    @property
    def is_off(self) -> bool:
        """Whether the spots are off by more than 10 µm, and by more than can be chance."""
        return self.tells and self.size_um > max(10.0, self.radius_um)

    @property
    def sentence(self) -> str:
        """What it comes to, in words."""
        if not self.tells:
            return CANNOT_TELL
        if self.size_um <= max(10.0, self.radius_um):
            return f"in place (to {max(self.radius_um, self.size_um):.0f} µm)"
        return f"shifted {spell_shift(*self.yx_um)} (± {self.radius_um:.0f} µm)"


def estimate_shift(
    umis: npt.NDArray[np.integer],
    yx_um: Floats,
    pitch_um: float,
    image: DensityMap,
    *,
    rng: Rng = None,
) -> ShiftFound:
    """Find the shift of the spots under which the image explains their counts best.

    Parameters
    ----------
    umis
        (spot,) counts.
    yx_um
        (spot, 2) where the spots are taken to lie.
    pitch_um
        Distance of neighbouring spots; shifts up to it are tried.
    image
        (feature, y, x) means over a spot's disc, as of
        :func:`~spotscope.methods.alignment.disc_means`.
    rng
        Of the bootstrap.

    Raises
    ------
    MethodError
        If there are too few spots to tell anything.
    """
    check_spots(len(umis))
    reach = _REACH * pitch_um
    steps = np.linspace(-reach, reach, 2 * _STEPS + 1)
    grid = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    local = _without_trend(yx_um, pitch_um)
    u = local(np.log1p(umis.astype(float))[:, None])[:, 0]
    seen = image.at(yx_um[:, None, :] + grid)
    features = np.stack([local(plane) for plane in seen])  # (feature, spot, shift)
    surface = _agreement(u, features, np.ones((1, len(u))))[0]
    best = _peak(surface, steps)
    weights = _block_weights(yx_um, pitch_um, as_rng(rng))
    peaks = np.array([_peak(one, steps) for one in _agreement(u, features, weights)])
    radius = float(np.quantile(np.linalg.norm(peaks - best, axis=1), 0.95))
    on_rim = np.abs(best).max() >= steps[-1] - 1e-9
    tells = bool(not on_rim and radius <= _SCATTERED * reach and np.isfinite(radius))
    # places at +d explain the counts: the spots lie at -d of where they should
    return ShiftFound(
        (float(-best[0]), float(-best[1])),
        radius,
        float(surface[len(surface) // 2]),
        float(surface.max()),
        tells,
    )


def check_spots(n: int) -> None:
    """Refuse too few spots.

    Raises
    ------
    MethodError
        If a shift cannot be told from ``n`` spots.
    """
    if n < FEWEST_SPOTS:
        raise MethodError(
            f"Expected at least {FEWEST_SPOTS} spots to tell a shift from, found {n}; align by "
            "landmarks instead."
        )


def _without_trend(yx_um: Floats, pitch_um: float) -> Callable[[Floats], Floats]:
    """A function that takes from (spot, …) values the mean of each spot's neighbours."""
    import scipy.sparse as sp
    from scipy.spatial import cKDTree

    n = len(yx_um)
    k = min(_NEIGHBOURS, n - 1)
    distance, index = cKDTree(yx_um).query(yx_um, k=k + 1)
    near = distance[:, 1:] <= 2.5 * pitch_um
    rows = np.repeat(np.arange(n), k)[near.ravel()]
    columns = index[:, 1:].ravel()[near.ravel()]
    count = np.maximum(near.sum(axis=1), 1)
    mean = sp.csr_matrix((1.0 / count[rows], (rows, columns)), shape=(n, n))

    def local(values: Floats) -> Floats:
        return np.asarray(values - mean @ values)

    return local


def _agreement(u: Floats, features: Floats, weights: Floats) -> Floats:
    """(draw, shift) R² of the weighted regression of u on the features."""
    total = weights.sum(axis=1, keepdims=True)

    def mean(values: Floats) -> Floats:
        return np.asarray(weights @ values / total)

    u_mean = mean(u[:, None])
    u_var = mean(u[:, None] ** 2) - u_mean**2
    n = len(features)
    means = [mean(f) for f in features]
    with_u = np.stack(
        [mean(u[:, None] * f) - u_mean * m for f, m in zip(features, means, strict=True)], axis=-1
    )
    among = np.empty((*with_u.shape, n))
    for i in range(n):
        for j in range(i, n):
            among[..., i, j] = mean(features[i] * features[j]) - means[i] * means[j]
            among[..., j, i] = among[..., i, j]
    scale = np.einsum("...ii->...i", among).mean(axis=-1)[..., None, None]
    among = among + (1e-6 * scale + 1e-12) * np.eye(n)
    told = np.einsum("...i,...i->...", with_u, np.linalg.solve(among, with_u[..., None])[..., 0])
    return np.asarray(told / np.maximum(u_var, 1e-12))


def _peak(surface: Floats, steps: Floats) -> Floats:
    """(2,) the shift at the top of a parabola through the best of the grid and its neighbours."""
    n = len(steps)
    plane = surface.reshape(n, n)
    i, j = np.unravel_index(int(np.argmax(plane)), plane.shape)
    found = np.array([steps[i], steps[j]])
    width = steps[1] - steps[0]
    for axis, (at, line) in enumerate(((i, plane[:, j]), (j, plane[i, :]))):
        if 0 < at < n - 1:
            left, top, right = line[at - 1], line[at], line[at + 1]
            bend = left - 2 * top + right
            if bend < 0:
                found[axis] += width * 0.5 * (left - right) / bend
    return found


def _block_weights(yx_um: Floats, pitch_um: float, rng: np.random.Generator) -> Floats:
    """(draw, spot) how often each spot is drawn when whole blocks are."""
    side = _BLOCK * pitch_um
    while True:
        cell = np.floor((yx_um - yx_um.min(axis=0)) / side).astype(int)
        blocks, block = np.unique(cell, axis=0, return_inverse=True)
        if len(blocks) >= _FEWEST_BLOCKS or side <= pitch_um:
            break
        side /= 1.5
    drawn = rng.multinomial(len(blocks), np.full(len(blocks), 1 / len(blocks)), size=_DRAWS)
    return np.asarray(drawn[:, block.ravel()], float)
