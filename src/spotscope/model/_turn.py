"""The eight ways a rectangle lies upon itself: as it is, three turns, four mirrorings.

An image that was turned or mirrored by a scanner or an export has another frame than the one places
were written in. With c and c' the middles of the frames before and after, and G a matrix of the
eight, a place p of the first comes to lie at

    p' = G (p - c) + c',   c = |G| c',

as turns by a quarter swap height and width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotscope.model._transform import Transform

if TYPE_CHECKING:
    from spotscope.model._slide import Slide

__all__ = ["AS_IT_LIES", "TURNS", "Turn"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One of the eight.

    Parameters
    ----------
    name
        For files and scripts.
    words
        What was done to the image.
    matrix
        G, ((yy, yx), (xy, xx)).
    """

    name: str
    words: str
    matrix: tuple[tuple[int, int], tuple[int, int]]

    def upon(self, slide: Slide) -> Transform:
        """The map of spots whose places were written before ``slide`` was turned so."""
        matrix = np.array(self.matrix, float)
        after = (np.array(slide.shape) - 1) / 2 * slide.mpp
        return Transform.of(matrix, after - matrix @ (np.abs(matrix) @ after))


#: The first of the eight: nothing was done to the image.
AS_IT_LIES = Turn("as-it-lies", "as it lies", ((1, 0), (0, 1)))
TURNS = (
    AS_IT_LIES,
    Turn("180", "turned by 180°", ((-1, 0), (0, -1))),
    Turn("90-clockwise", "turned by 90° clockwise", ((0, 1), (-1, 0))),
    Turn("90-anticlockwise", "turned by 90° anticlockwise", ((0, -1), (1, 0))),
    Turn("left-right", "mirrored left to right", ((1, 0), (0, -1))),
    Turn("top-bottom", "mirrored top to bottom", ((-1, 0), (0, 1))),
    # the mirror image, turned to the left, has its rows where its columns were
    Turn("rows-as-columns", "mirrored and turned by 90° anticlockwise", ((0, 1), (1, 0))),
    Turn("rows-as-columns-180", "mirrored and turned by 90° clockwise", ((0, -1), (-1, 0))),
)
