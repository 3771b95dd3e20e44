"""Two looks of the nuclei on the two sides of a line: as shown now, as pinned before, or none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from spotscope import layers
from spotscope.widgets.canvas._layer_data import Pinned

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Look", "TwoLooks", "Whole"]


class Whole(Enum):
    """A look that is not kept."""

    NOW = "as it is now"
    BARE = "without nuclei"


Look = Pinned | Whole


@dataclass(frozen=True, slots=True)
class TwoLooks:
    """What is shown where.

    Parameters
    ----------
    stencil
        A line or a lens; None shows the look of this moment everywhere.
    outside, inside
        What is shown left of the line or around the lens, and on the other side.
    """

    stencil: layers.Stencil | None = None
    outside: Look = Whole.BARE
    inside: Look = Whole.NOW

    @property
    def only_hides(self) -> bool:
        """Whether one side is bare and the other as it is now: no colours but those of now."""
        return (self.outside, self.inside) == (Whole.BARE, Whole.NOW)

    def joined(
        self, now: Pinned
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
        """Codes inside, codes outside, and the colours of both; ``now`` is the look of now."""
        mine, other = (self._look(look, now) for look in (self.inside, self.outside))
        return layers.joined(mine.codes, mine.table, other.codes, other.table)

    @staticmethod
    def _look(look: Look, now: Pinned) -> Pinned:
        if look is Whole.NOW:
            return now
        if isinstance(look, Pinned) and len(look.codes) == len(now.codes):
            return look
        # none, or of nuclei that are no longer these
        return Pinned(np.zeros_like(now.codes), now.table)
