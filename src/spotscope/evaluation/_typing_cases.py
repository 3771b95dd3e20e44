"""The cases on which cell typing is judged, and which of them may be looked at.

Whatever is chosen in the method - a constant, a rule, a piece kept or dropped - is chosen on the
*development* part of each set. The table that is shown is of the *reporting* part, which is not
used to choose: the other section (starmap), the other half of the section (all others).

Said once and plainly: the first version of the method was written by somebody who had seen results
on all of these sets as wholes. The parts were drawn afterwards, so the reporting parts are clean of
what was chosen since, not of everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from spotscope.evaluation._pseudospots import sum_into_spots
from spotscope.evaluation._real_cells import CELL_SETS, read_table
from spotscope.model import Lattice, Membership, Reference, Spots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spotscope.evaluation._real_cells import RealCells

__all__ = ["LAYOUTS", "Role", "TypingCase", "case_of", "pseudo_case", "typing_cases", "visium_case"]

Floats = npt.NDArray[np.float64]
Role = Literal["development", "reporting"]

#: Layout, pitch and width in µm: Visium's own, and bins that leave nothing out.
LAYOUTS: tuple[tuple[Literal["hex", "square"], float, float], ...] = (
    ("hex", 100.0, 55.0),
    ("square", 50.0, 50.0),
)


@dataclass(frozen=True, slots=True, eq=False)
class TypingCase:
    """Spots whose cells are known.

    Parameters
    ----------
    name
        Set and layout.
    seed
        Draw of the lattice and of the reference.
    spots, reference
        Raw counts.
    membership, yx_um
        The cells of the spots, and (cell, 2) where they lie.
    codes
        (cell,) true types; -1 where only the spot's composition is known.
    truth
        (spot, type) true proportions; rows of 0 where a spot has no cell.
    """

    name: str
    seed: int
    spots: Spots
    reference: Reference
    membership: Membership
    yx_um: Floats
    codes: npt.NDArray[np.int64]
    truth: Floats


def typing_cases(
    data: Path, role: Role, seeds: int = 3, sets: tuple[str, ...] = ()
) -> Iterator[TypingCase]:
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
    for name in (*CELL_SETS, "visium"):
        if sets and name not in sets:
            continue
        if name == "visium":
            yield from (visium_case(data, role, seed) for seed in range(seeds))
            continue
        for layout, pitch, width in LAYOUTS:
            for seed in range(seeds):
                yield pseudo_case(data, name, role, seed, layout, pitch, width)


def pseudo_case(
    data: Path,
    name: str,
    role: Role,
    seed: int,
    layout: Literal["hex", "square"],
    pitch_um: float,
    width_um: float,
) -> TypingCase:
    """Spots summed from single cells; the seed shifts the lattice."""
    cells = CELL_SETS[name](data, role == "development", seed)
    shift = np.random.default_rng(seed).uniform(0, pitch_um, 2)
    lattice = (layout, pitch_um, width_um, (float(shift[0]), float(shift[1])))
    return case_of(cells, f"{name}, {layout} {pitch_um:g} µm", seed, lattice)


def case_of(
    cells: RealCells,
    name: str,
    seed: int,
    lattice: tuple[Literal["hex", "square"], float, float, tuple[float, float]],
) -> TypingCase:
    """Spots summed from cells; the lattice is its layout, pitch, width and shift in µm."""
    layout, pitch_um, width_um, shift_um = lattice
    made = sum_into_spots(
        cells.counts,
        cells.yx_um,
        cells.codes,
        cells.reference.types,
        cells.genes,
        layout=layout,
        pitch_um=pitch_um,
        diameter_um=width_um,
        shift_um=shift_um,
    )
    inside = np.flatnonzero(made.owner >= 0)
    return TypingCase(
        name,
        seed,
        made.spots,
        cells.reference,
        _members(made.owner[inside], made.spots.n),
        cells.yx_um[inside],
        cells.codes[inside],
        made.proportions,
    )


def visium_case(data: Path, role: Role, seed: int) -> TypingCase:
    """Real Visium; its truth is the serial section measured cell by cell, in one frame.

    The cells are others than those the spots saw, so no method can come near to 1. The number of
    cells of a spot is that of the serial section. The seed draws nine tenths of the reference.
    """
    spots = read_table(data, "janesick_breast/visium_dev.h5ad")
    x = np.asarray(spots.obsm["spatial"])[:, 0]
    below = x < np.median(x)
    spots = spots[below if role == "development" else ~below].copy()
    cells = read_table(data, "janesick_breast/xenium_rep1_sample.h5ad")
    drawn = np.random.default_rng(seed).random(cells.n_obs) < 0.9
    reference = Reference.from_table(cells[drawn].copy())
    counted = spots.obsm["xenium_cell_type_counts"].reindex(columns=reference.types, fill_value=0)
    counts = counted.to_numpy().astype(np.int64)
    total = counts.sum(axis=1)
    yx = np.asarray(spots.obsm["spatial"], float)[:, ::-1]
    members = Membership.from_counts(total)
    spots.obsm.clear()
    return TypingCase(
        "visium, real",
        seed,
        Spots(spots, yx, Lattice("hex", 100.0, 55.0)),
        reference,
        members,
        yx[members.owner],
        np.full(len(members.owner), -1),
        counts / np.maximum(total, 1)[:, None],
    )


def _members(owner: npt.NDArray[np.int32], n_spots: int) -> Membership:
    """Cells that lie whole in their spots."""
    import scipy.sparse as sp

    ones = (np.ones(len(owner)), (owner, np.arange(len(owner))))
    return Membership(sp.csr_matrix(ones, shape=(n_spots, len(owner))), owner.astype(np.int32))
