"""What doublet mode returns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

__all__ = ["BeadKind", "BeadTyping"]


class BeadKind(StrEnum):
    """What a bead is."""

    SINGLET = "singlet"
    CERTAIN = "doublet_certain"
    UNCERTAIN = "doublet_uncertain"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, eq=False)
class BeadTyping:
    """Beads of one type or of two.

    Parameters
    ----------
    types
        Names of the cell types.
    kind
        (bead,) values of :class:`BeadKind`, as text.
    first, second
        (bead,) int16 index into ``types``; ``second`` is -1 for singlets, both are for rejects.
    share
        (bead,) float32 weight of the first type over that of both; 1 for singlets.
    gain
        (bead,) float32, nats by which the best pair is better than the best type alone.
    """

    types: tuple[str, ...]
    kind: npt.NDArray[np.str_]
    first: npt.NDArray[np.int16]
    second: npt.NDArray[np.int16]
    share: npt.NDArray[np.float32]
    gain: npt.NDArray[np.float32]

    @property
    def n_cells(self) -> npt.NDArray[np.int64]:
        """(bead,) cells it is taken to hold: 0 of a reject, 1 or 2."""
        return (self.first >= 0).astype(np.int64) + (self.second >= 0)

    def counts_per_kind(self) -> dict[str, int]:
        """Number of beads of every kind."""
        return {str(kind): int((self.kind == kind).sum()) for kind in BeadKind}
