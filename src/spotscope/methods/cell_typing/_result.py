"""What cell typing returns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["REJECT_ABOVE", "CellTyping"]

#: Misfit above which a spot is said to hold what the reference lacks.
REJECT_ABOVE = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class CellTyping:
    """A type for every cell, at one ν.

    Parameters
    ----------
    types
        Names of the cell types.
    codes
        (cell,) int16 index into ``types``; -1 where nothing is known.
    source
        (cell,) values of :class:`~spotscope.model.TypeSource`, as text.
    margin
        (cell,) float32, for cells of spots: energy in nats from the cell's type to the best other
        candidate type of its spot, all other cells as they are; below 0 where that one has less
        (labels are not those of least energy, unless asked for). 0 for other cells.
    support
        (cell,) float32, 0 to 1. Cells of spots: probability of the type, averaged over what other
        cells may be (where only counts are weighed: given all other cells).
        Cells between spots: share of the votes for it. 0 where nothing is known.
    weights
        (spot, type) float32 continuous fit; rows need not sum to 1.
    proportions
        (spot, type) float32, what is expected of the spot: where the reference's cells tell how
        they differ, the posterior mean over compositions, averaged with the weights, which errs
        less than any one composition; else those of the labels. Rows sum to 1, but are all 0 where
        a spot has no cell.
    nu
        Smoothness.
    energy
        E of the labels, in nats.
    share_flipped
        Share of the spots' cells that the neighbours gave another type than the counts alone would,
        Σ_i ½ |c_i(ν) - c_i(0)| over all spot cells: which cell of a spot has which of its types is
        no matter here, as the counts do not know.
    sigma
        Width of the noise.
    notes
        What the user should know.
    misfit
        (spot,) float32: how far the spot's counts stray from any mixture of the reference's types,
        in robust standard deviations over the section's spots (of the log). Above
        :data:`REJECT_ABOVE` the spot likely holds what the reference lacks. Empty where only
        counts are weighed. A missing type that resembles another is not seen.
    whole
        Of a slice that was typed with others: the answer on all of them, of which this is a part.
    """

    types: tuple[str, ...]
    codes: npt.NDArray[np.int16]
    source: npt.NDArray[np.str_]
    margin: npt.NDArray[np.float32]
    support: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    proportions: npt.NDArray[np.float32]
    nu: float
    energy: float
    share_flipped: float
    sigma: float
    notes: tuple[str, ...]
    misfit: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    whole: CellTyping | None = None

    @property
    def rejected(self) -> npt.NDArray[np.bool_]:
        """(spot,) whether none of the reference's types explain the spot; empty as ``misfit``."""
        return np.asarray(self.misfit > REJECT_ABOVE)

    def counts_per_type(self) -> dict[str, int]:
        """Number of cells of every type."""
        found = np.bincount(self.codes[self.codes >= 0], minlength=len(self.types))
        return dict(zip(self.types, map(int, found), strict=True))
