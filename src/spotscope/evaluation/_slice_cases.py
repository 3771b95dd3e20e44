"""Two slices made of one: adjacent slices whose cells are known.

Each cell of a section goes to one of two slices by the toss of a coin, so that both show the same
tissue and no cell is in both. The second is turned and shifted by chance, and spots are made of
each on a lattice of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spotscope.evaluation._real_cells import CELL_SETS
from spotscope.evaluation._typing_cases import LAYOUTS, TypingCase, case_of
from spotscope.model import Transform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spotscope.evaluation._real_cells import RealCells
    from spotscope.evaluation._typing_cases import Role

__all__ = ["SliceCase", "slice_cases", "two_slices"]

_SHIFT_UM = 500.0


@dataclass(frozen=True, slots=True, eq=False)
class SliceCase:
    """Slices of one tissue.

    Parameters
    ----------
    name, seed
        Set and layout; of the toss and the turn.
    slices
        Each in a frame of its own.
    true
        How each really lies on the first.
    """

    name: str
    seed: int
    slices: tuple[TypingCase, ...]
    true: tuple[Transform, ...]


def slice_cases(
    data: Path, role: Role, seeds: int = 3, sets: tuple[str, ...] = ()
) -> Iterator[SliceCase]:
    """All cases, one after another; each is read when it is asked for.

    Parameters
    ----------
    data
        Folder of the data sets.
    role
        Part that is looked at, or part that is shown.
    seeds
        Draws of every case.
    sets
        Names of sets; none means all.

    Raises
    ------
    ReadError
        If a set is not there.
    """
    for name, read in CELL_SETS.items():
        if sets and name not in sets:
            continue
        for at in range(len(LAYOUTS)):
            for seed in range(seeds):
                yield two_slices(read(data, role == "development", seed), name, seed, at)


def two_slices(cells: RealCells, name: str, seed: int, layout: int) -> SliceCase:
    """Share the cells of a section out to two slices.

    Parameters
    ----------
    cells
        With places and types.
    name
        Of the set.
    seed
        Of the toss, the turn and the lattices.
    layout
        Which of the benchmark's layouts.
    """
    rng = np.random.default_rng(seed + 100)
    second = rng.random(len(cells.codes)) < 0.5
    angle = rng.uniform(-np.pi, np.pi)
    turn = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    away = Transform.of(turn, rng.uniform(-_SHIFT_UM, _SHIFT_UM, 2))
    kind, pitch, width = LAYOUTS[layout]
    made = []
    for chosen, place in ((~second, Transform()), (second, away)):
        some = cells.take(np.flatnonzero(chosen))
        some = replace(some, yx_um=place(some.yx_um))
        shift = rng.uniform(0, pitch, 2)
        lattice = (kind, pitch, width, (float(shift[0]), float(shift[1])))
        made.append(case_of(some, f"{name}, {kind} {pitch:g} µm", seed, lattice))
    return SliceCase(made[0].name, seed, tuple(made), (Transform(), away.inverse()))
