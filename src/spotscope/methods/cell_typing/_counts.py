"""How many cells a spot holds, guessed without an image: from its area, and its share of counts.

Counts alone cannot say, since platforms catch anything between a fiftieth of a cell's RNA and many
times what the reference's did. Area can, roughly: in sections of 5 to 10 µm a cell of tissue takes
some 500 to 1,000 µm². So the spot of median counts is taken to hold its area's worth, and the
others as many more or fewer as they have counts:

    M_i  =  (area / 600 µm²) · U_i / median U,       at least 1.

It is right to a factor of two; an image, or a column of counts, is better. On the development
parts of the benchmark proportions err 4 percent less with it, on the average, than with a guess
from depth and different genes, which was four times too high with a thin reference and a tenth of
what an old array of 100 µm spots has room for (most of them adipocytes then).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model import GeneSpace

if TYPE_CHECKING:
    from spotscope.model import Lattice, Reference, Spots

__all__ = ["estimate_cell_counts"]

_CELL_UM2 = 600.0
_FEWEST, _MOST = 1, 40


def estimate_cell_counts(spots: Spots, reference: Reference) -> npt.NDArray[np.int64]:
    """Guess the number of cells of every spot, 1 to 40.

    Parameters
    ----------
    spots, reference
        Raw counts; only shared genes are looked at.

    Returns
    -------
    (spot,) int64.

    Raises
    ------
    MethodError
        If no gene is shared.
    """
    space = GeneSpace.shared(spots.table, reference.table)
    counts = np.asarray((spots.counts @ space.left).sum(axis=1), float).ravel()
    seen = counts[counts > 0]
    relative = counts / (np.median(seen) if len(seen) else 1.0)
    guess = _area_um2(spots.lattice) / _CELL_UM2 * relative
    return np.clip(np.rint(guess), _FEWEST, _MOST).astype(np.int64)


def _area_um2(lattice: Lattice) -> float:
    """Of one spot: bins side by side are squares, all others discs."""
    width = lattice.diameter_um
    if lattice.kind == "square" and width > 0.9 * lattice.pitch_um:
        return float(width**2)
    return float(np.pi / 4 * width**2)
