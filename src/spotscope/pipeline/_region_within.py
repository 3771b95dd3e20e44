"""How the nuclei of a region look, and which types lie beside each other in it.

Two nuclei touch if no third lies between them (an edge of Delaunay's triangulation) and their
centres are at most 30 µm apart. Of m contacts among n cells, n_a of type a, places shuffled give

    E_ab = m · 2 n_a n_b / (n (n - 1)) for a ≠ b,    E_aa = m · n_a (n_a - 1) / (n (n - 1)),

and the ratio is contacts over E. It is a figure to look at and no test: ν makes neighbours alike,
so pairs of one type are left out, and those of two seem rarer than they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay, QhullError

from spotscope.pipeline.segmentation._measure import nuclei_numbers

if TYPE_CHECKING:
    from spotscope.model import Cells, Region, Session

__all__ = ["Touching", "medians_of", "touching", "within_said"]

REACH_UM = 30.0
#: Pairs that shuffled places would let touch less often are not told.
FEWEST = 5.0
MOST_PAIRS = 3
_WORDS = {
    "area_um2": ("median area {:.0f} µm²"),
    "eccentricity": ("eccentricity {:.2f}"),
    "haematoxylin_od": ("haematoxylin {:.2f} OD"),
}


class Touching(NamedTuple):
    """Two types, how often they touch, and how many times as often as with places shuffled."""

    one: str
    other: str
    contacts: int
    ratio: float


def medians_of(session: Session, region: Region) -> dict[str, float]:
    """Medians over the nuclei of a region that were seen; what was not measured is left out."""
    numbers = nuclei_numbers(session, region)
    found = {name: float(getattr(numbers, name)) for name in _WORDS}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def touching(cells: Cells, inside: npt.NDArray[np.bool_]) -> tuple[Touching, ...]:
    """Pairs of two types that touch most often for their numbers, most first.

    Parameters
    ----------
    cells
        With types.
    inside
        (cell,) which are asked.
    """
    known = inside & (cells.type_codes >= 0)
    yx, codes = cells.yx_um[known], cells.type_codes[known]
    pairs = _edges(yx)
    n, k, m = len(codes), len(cells.types), len(pairs)
    if m == 0:
        return ()
    low, high = np.sort(codes[pairs], axis=1).T
    seen = np.bincount(low * k + high, minlength=k * k).reshape(k, k)
    number = np.bincount(codes, minlength=k).astype(float)
    expected = m * 2 * np.outer(number, number) / (n * (n - 1))
    a, b = np.nonzero(np.triu(expected >= FEWEST, 1))
    ratio = seen[a, b] / expected[a, b]
    order = np.argsort(-ratio, kind="stable")[:MOST_PAIRS]
    return tuple(
        Touching(cells.types[a[i]], cells.types[b[i]], int(seen[a[i], b[i]]), float(ratio[i]))
        for i in order
    )


def within_said(medians: dict[str, float], pairs: tuple[Touching, ...]) -> list[str]:
    """Both in words, a line each; nothing of what there is none."""
    look = ", ".join(
        words.format(medians[name]) for name, words in _WORDS.items() if name in medians
    )
    beside = ", ".join(f"{one} with {other} ×{ratio:.1f}" for one, other, _, ratio in pairs)
    return [
        *([f"Nuclei · {look}"] if look else []),
        *([f"Touching, against chance · inferred · {beside}"] if beside else []),
    ]


def _edges(yx: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """(edge, 2) rows of cells that touch."""
    none = np.zeros((0, 2), np.intp)
    if len(yx) < 4:
        return none
    try:
        corners = Delaunay(yx).simplices
    except QhullError:  # all on one line
        return none
    edges = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), 1)
    edges = np.unique(edges, axis=0)
    near = np.linalg.norm(yx[edges[:, 0]] - yx[edges[:, 1]], axis=1) <= REACH_UM
    return np.asarray(edges[near], np.intp)
