"""Which of the eight ways of laying the image under the spots their expression speaks for.

What spots express differs with the tissue under them. With y_sv what spot s expresses (the
logarithm of its counts, three principal components) and x_sf(p) what the image shows at its place
p (stain by colour, and how much it changes there), both less the mean of the spot's neighbours and
as normal scores, places explain the expression as far as

    a(p) = meanᵥ R²ᵥ(p) - F / (n - 1),   R²ᵥ = cᵥᵀ C⁻¹ cᵥ,

cᵥ the correlations of y_v with the F features, C those among the features. Neighbouring spots are
alike, so more is explained by chance than n spots alone would let one think. How much, spots that
are laid anywhere on the tissue say, turned by any angle and mirrored or not: they are as smooth,
and know nothing of the image (as the spin test of brain maps, Alexander-Bloch et al., NeuroImage
178:540, 2018). z is a(p) in standard deviations of theirs above their mean.

Where the image has glass around the tissue, the shape of the tissue tells by itself: of eight ways
one has the spots on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.alignment._shift import FEWEST_SPOTS
from spotscope.model import AS_IT_LIES, TURNS, Rng, Turn, as_rng

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spotscope.methods.alignment._density import DensityMap

    OnTissue = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.bool_]]

__all__ = ["TURN_REFERENCES", "TurnFound", "estimate_turn"]

TURN_REFERENCES = (
    "Alexander-Bloch, A. F. et al. On testing for spatial correspondence between maps of human "
    "brain structure and function. NeuroImage 178, 540 (2018).",
)

Floats = npt.NDArray[np.float64]
_NEIGHBOURS = 12
#: Places drawn by lot, and how far from the tissue's middle, in shares of its size.
_DRAWS, _TRIES, _ABOUT = 100, 3_000, 0.2
#: Less of the spots on tissue says nothing.
_ENOUGH = 0.5
#: Features that differ less from spot to spot, as a share of their mean, do not differ.
_EVEN = 1e-4
#: By expression: what a turn must reach, also over the best by lot, and what the image as it lies
#: must not.
_CLEAR, _OVER_LOT, _CHANCE = 6.0, 1.2, 3.0
#: By the tissue's shape: share of the spots on it, and the lead over all seven others.
_ON_TISSUE, _LEAD = 0.85, 0.1


@dataclass(frozen=True, slots=True)
class TurnFound:
    """What was done to the image, as far as it can be told.

    Parameters
    ----------
    turn
        ``AS_IT_LIES`` also where nothing can be told.
    clearness
        (turn,) z of :data:`~spotscope.model.TURNS`; NaN where it was not to be had.
    on_tissue
        (turn,) share of the spots on tissue; empty where nothing was looked at.
    """

    turn: Turn = AS_IT_LIES
    clearness: tuple[float, ...] = ()
    on_tissue: tuple[float, ...] = ()

    @property
    def is_off(self) -> bool:
        """Whether the image looks otherwise than it lies."""
        return self.turn != AS_IT_LIES

    @property
    def sentence(self) -> str:
        """What it comes to, in words; nothing where the image looks as it lies."""
        return f"the image looks {self.turn.words} against the spots" if self.is_off else ""


def estimate_turn(
    axes: Floats, places: Sequence[Floats], image: DensityMap, on_tissue: OnTissue, rng: Rng = None
) -> TurnFound:
    """Find what was done to the image; it lies as it should unless another way is clearly better.

    Parameters
    ----------
    axes
        (spot, axis) what spots express, as of
        :func:`~spotscope.methods.alignment.expression_axes`.
    places
        For each of :data:`~spotscope.model.TURNS`, (spot, 2) where spots would lie, in µm.
    image
        (feature, y, x) means over a spot's disc.
    on_tissue
        Of (place, 2), which lie on tissue.
    rng
        Draws places by lot.
    """
    if len(axes) < FEWEST_SPOTS:
        return TurnFound()
    shares = np.array([on_tissue(at).mean() for at in places])
    explained = _Explained(axes, places[0], image, on_tissue)
    reached = np.array([explained(at) for at in places])
    lot = np.array([explained(at) for at in _by_lot(places[0], image, on_tissue, as_rng(rng))])
    clear = np.full(len(places), np.nan)
    if len(lot) == _DRAWS and lot.std() > 1e-9:
        clear = (reached - lot.mean()) / lot.std()
        bar = _OVER_LOT * lot.max()
    else:
        bar = np.inf
    best = _by_shape(shares)
    if best and clear[0] >= _CHANCE and not clear[best] > clear[0]:
        best = 0
    if not best:
        best = _by_expression(clear, reached, shares, bar)
    return TurnFound(TURNS[best], tuple(clear.tolist()), tuple(shares.tolist()))


def _by_shape(shares: Floats) -> int:
    """The turn that alone puts the spots on tissue; 0 where none does."""
    best = int(shares.argmax())
    lead = shares[best] - np.delete(shares, best).max()
    return best if shares[best] >= _ON_TISSUE and lead >= _LEAD else 0


def _by_expression(clear: Floats, reached: Floats, shares: Floats, bar: float) -> int:
    """The turn that explains expression beyond chance, where the image as it lies does not."""
    can_be = (shares >= shares[0] - _LEAD) & np.isfinite(clear)
    if clear[0] > _CHANCE or not can_be.any():
        return 0
    best = int(np.where(can_be, clear, -np.inf).argmax())
    return best if clear[best] >= _CLEAR and reached[best] >= bar else 0


class _Explained:
    """a(p) of any places p; NaN where too few spots are on tissue.

    Whatever places are asked of are a turned, mirrored or moved copy of ``yx_um``: neighbours stay.
    """

    def __init__(self, axes: Floats, yx_um: Floats, image: DensityMap, on_tissue: OnTissue) -> None:
        from scipy.spatial import cKDTree

        k = min(_NEIGHBOURS, len(yx_um) - 1)
        self._near = cKDTree(yx_um).query(yx_um, k=k + 1)[1][:, 1:]
        self._levels = self._local(axes)
        self._image, self._on_tissue = image, on_tissue

    def __call__(self, at: Floats) -> float:
        on = self._on_tissue(at)
        if on.mean() < _ENOUGH:
            return float("nan")
        stain = self._image.at(at).T
        local = self._local(stain)[on]
        # what is even but for rounding would be ranked by rounding
        local[:, local.std(axis=0) <= _EVEN * np.abs(stain).mean(axis=0)] = 0.0
        seen = _scores(local)
        told = _scores(self._levels[on])
        n = len(told)
        values, vectors = np.linalg.eigh(seen.T @ seen / n)
        kept = values > 1e-3  # of features that say the same, one
        if not kept.any() or not told.any():
            return 0.0
        along = (vectors[:, kept].T @ (seen.T @ told / n)) ** 2 / values[kept][:, None]
        return float(along.sum(axis=0).mean() - kept.sum() / (n - 1))

    def _local(self, values: Floats) -> Floats:
        return np.asarray(values - values[self._near].mean(axis=1))


def _scores(values: Floats) -> Floats:
    """(spot, column) normal scores of variance 1; 0 where all are alike."""
    from scipy.special import ndtri
    from scipy.stats import rankdata

    scores = ndtri((rankdata(values, axis=0) - 0.5) / len(values))
    return np.asarray(scores / np.maximum(scores.std(axis=0), 1e-9))


def _by_lot(
    yx_um: Floats, image: DensityMap, on_tissue: OnTissue, rng: np.random.Generator
) -> list[Floats]:
    """Places of the same spots anywhere on the tissue, turned by any angle."""
    high, wide = image.values.shape[1:]
    pixels = np.argwhere(np.ones((-(-high // 4), -(-wide // 4)), bool))
    grid: Floats = pixels * (4.0 * image.um_per_px) + np.array(image.origin_um)
    grid = grid[on_tissue(grid)]
    found: list[Floats] = []
    if not len(grid):
        return found
    low, top = np.quantile(grid, (0.01, 0.99), axis=0)
    spread = yx_um - yx_um.mean(axis=0)
    for _ in range(_TRIES):
        angle, mirror = rng.uniform(0, 2 * np.pi), rng.choice((-1.0, 1.0))
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        middle = (low + top) / 2 + rng.uniform(-_ABOUT, _ABOUT, 2) * (top - low)
        at = (spread * (1.0, mirror)) @ turn.T + middle
        if on_tissue(at).mean() >= _ENOUGH:
            found.append(at)
        if len(found) == _DRAWS:
            break
    return found
