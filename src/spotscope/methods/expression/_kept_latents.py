"""What spots' counts said of their cells, kept: any gene can then be told without asking again.

The posterior of a spot's cells (``_posterior``, ``_together``) comes from all shared genes and is
nearly all the work, yet is the same whichever genes are told of it. Of a spot of K types and q
latents it is 2 K q means and the upper half of a (K q)² matrix; of a cell alone, K is 1.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.expression._posterior import Latents
from spotscope.methods.expression._together import Together

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spotscope.methods.expression._together import TypesInSpots

__all__ = ["KeptLatents"]

F32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class KeptLatents:
    """Posteriors by spot, put in as they are worked out and taken out where they are known.

    Parameters
    ----------
    most_bytes
        Spots that would take more than this together are not kept; they are asked again.
    """

    def __init__(self, most_bytes: int = 1 << 30) -> None:
        self._room = most_bytes
        #: latent numbers of a cell, once there is one
        self.q = 0
        #: by spot: (K, 2, q) both parts of the means, and the matrix's upper half
        self._of: dict[int, tuple[F32, F32]] = {}

    def __len__(self) -> int:
        """Spots that are known."""
        return len(self._of)

    def knows(self, spots: Ints) -> bool:
        """Whether all of these spots are known."""
        return all(spot in self._of for spot in spots.tolist())

    def keep_together(self, spots: Ints, found: Together) -> None:
        """Put in what is known of spots (b,) of several cells."""
        means = np.stack((found.own, found.common), axis=2).astype(np.float32)
        b, k, q = found.own.shape
        self.q = q
        upper = _upper(k * q)
        gain = found.gain.reshape(b, k * q, k * q).astype(np.float32)
        held = found.groups.picker.any(axis=2).sum(axis=1)  # slots come in order, empty ones last
        for row, spot in enumerate(spots.tolist()):
            n = int(held[row])
            few = upper if n == k else _upper(n * q)
            self._put(spot, means[row, :n].copy(), gain[row][few])

    def keep_alone(self, spots: Ints, found: Latents) -> None:
        """Put in what is known of spots (b,) of one cell."""
        self.q = found.mean.shape[2]
        upper = _upper(self.q)
        means = np.stack((found.mean, np.zeros_like(found.mean)), axis=2).astype(np.float32)
        cov = found.of_cells()[:, 0].astype(np.float32)
        for row, spot in enumerate(spots.tolist()):
            self._put(spot, means[row].copy(), cov[row][upper])

    def together(
        self, spots: Ints, groups: TypesInSpots, spread: Floats, alike: float
    ) -> Together | None:
        """Take out what is known of spots (b,) of several cells; None if one is not known.

        Parameters
        ----------
        spots, groups
            The spots, and their types.
        spread
            (spot, slot, q) prior variances.
        alike
            Correlation of the latents of cells in one spot.
        """
        if not self.knows(spots):
            return None
        b, k = groups.types.shape
        means = np.zeros((b, k, 2, self.q))
        gain = np.zeros((b, k, self.q, k, self.q))
        for row, spot in enumerate(spots.tolist()):
            of_spot, flat = self._of[spot]
            n = len(of_spot)
            means[row, :n] = of_spot
            gain[row, :n, :, :n] = _square(flat, n * self.q).reshape(n, self.q, n, self.q)
        return Together(groups, spread, means[:, :, 0], means[:, :, 1], gain, alike)

    def alone(self, spots: Ints) -> Latents | None:
        """Take out what is known of spots (b,) of one cell; None if one is not known."""
        if not self.knows(spots):
            return None
        found = [self._of[spot] for spot in spots.tolist()]
        mean = np.stack([means[:, 0] for means, _ in found]).astype(np.float64)
        cov = np.stack([_square(flat, self.q) for _, flat in found])
        return Latents(mean, cov[:, None, :, None, :])

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return all of it as few flat arrays, to be written."""
        spots = np.array(sorted(self._of), np.int64)
        found = [self._of[spot] for spot in spots.tolist()]
        nothing = np.zeros(0, np.float32)
        return {
            "spots": spots,
            "types": np.array([len(means) for means, _ in found], np.int64),
            "means": np.concatenate([nothing, *(means.ravel() for means, _ in found)]),
            "spread": np.concatenate([nothing, *(flat for _, flat in found)]),
            "q": np.array([self.q], np.int64),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> KeptLatents:
        """Return what :meth:`arrays` gave; the arrays may be on disk."""
        kept = cls()
        kept.q = int(arrays["q"][0])
        types = np.asarray(arrays["types"], np.int64)
        wide = types * kept.q
        ends = np.cumsum(2 * wide), np.cumsum(wide * (wide + 1) // 2)
        starts = [np.concatenate([[0], end[:-1]]) for end in ends]
        means, spread = (np.asarray(arrays[name]) for name in ("means", "spread"))
        for row, spot in enumerate(np.asarray(arrays["spots"]).tolist()):
            own = means[starts[0][row] : ends[0][row]].reshape(-1, 2, kept.q)
            kept._put(spot, own, spread[starts[1][row] : ends[1][row]])
        return kept

    def _put(self, spot: int, means: F32, flat: F32) -> None:
        size = means.nbytes + flat.nbytes
        if size <= self._room:
            self._room -= size
            self._of[spot] = means, flat


@lru_cache(maxsize=64)
def _upper(n: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    return np.triu_indices(n)


def _square(flat: F32, n: int) -> Floats:
    """(n, n) symmetric matrix from its upper half."""
    full = np.empty((n, n))
    upper = _upper(n)
    full[upper] = flat
    full.T[upper] = flat
    return full
