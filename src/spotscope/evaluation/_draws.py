"""Which cells of a set a case is made of: all draws of one set, then of the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spotscope.evaluation._real_cells import RealCells

__all__ = ["drawn", "some_cells"]

T = TypeVar("T")

#: Cells of a case at most.
_CELLS = 2000


def drawn(known: Mapping[str, T], sets: Sequence[str], seeds: int) -> Iterator[tuple[str, int, T]]:
    """Name of the set, draw, and what is known of the set; without names all sets."""
    for name, made in known.items():
        if not sets or name in sets:
            for seed in range(seeds):
                yield name, seed, made


def some_cells(cells: RealCells, rng: np.random.Generator) -> RealCells:
    """At most 2,000 of the cells, drawn at random, in their order; those that counted anything."""
    some = np.sort(rng.permutation(len(cells.codes))[:_CELLS])
    return cells.take(some[np.asarray(cells.counts[some].sum(axis=1)).ravel() > 0])
