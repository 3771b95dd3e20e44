"""How many cells each spot holds, where nuclei do not tell: said, lent, or estimated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods import segmentation
from spotscope.methods.cell_typing import estimate_cell_counts
from spotscope.model import (
    MOST_CELLS,
    Edit,
    EditKind,
    Membership,
    MethodError,
    ReadError,
    SpotKey,
    is_estimated,
)
from spotscope.pipeline._regions import inside_any
from spotscope.pipeline.segmentation._nuclei_area import excluded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import pandas as pd

    from spotscope.methods.segmentation import CountModel
    from spotscope.model import Session, Spots

__all__ = ["Lent", "borrow_counts", "count_cells", "estimate_counts", "read_cell_counts"]

Counts = npt.NDArray[np.int64]
_TABLES = (".csv", ".tsv", ".txt")


@dataclass(frozen=True, slots=True, eq=False)
class Lent:
    """Cells lent to spots without nuclei.

    Parameters
    ----------
    edit
        That puts them there; None where every spot has nuclei.
    model
        How their number was told, and what that is worth.
    spots
        How many spots borrow.
    """

    edit: Edit | None
    model: CountModel
    spots: int

    @property
    def sentence(self) -> str:
        """What was lent, in words."""
        if self.edit is None:
            return "every spot on the tissue has nuclei: there is none to fill"
        n = sum(self.edit.counts)
        return (
            f"{self.spots:,} spots without nuclei get {n:,} estimated cells; {self.model.sentence}"
        )


def count_cells(spots: Spots, counts: Mapping[str, int], note: str = "") -> Edit:
    """Say how many cells spots hold: an edit that takes nuclei away, or puts cells there.

    Parameters
    ----------
    spots
        Of the session.
    counts
        Number of cells by the name of the spot.
    note
        Why.

    Raises
    ------
    ReadError
        If a spot has no such name, or a number is below 0.
    """
    rows = spots.table.obs_names.get_indexer(list(counts))
    if (rows < 0).any():
        lost = [name for name, row in zip(counts, rows, strict=True) if row < 0]
        raise ReadError(
            f"Expected names of spots, found {len(lost)} that are none (such as {lost[0]!r}); "
            "give the names that the spots have."
        )
    return _edit(spots, rows, np.array(list(counts.values()), np.int64), note)


def borrow_counts(session: Session) -> Lent:
    """Lend cells to the spots on tissue that have counts, but no nuclei.

    Their number is told by the counts of the spots that have nuclei; see
    :mod:`spotscope.methods.segmentation._count_model`.

    Raises
    ------
    MethodError
        If there are no nuclei, no spots, or too few spots with nuclei to learn from.
    """
    spots, nuclei = session.sample.spots, session.nuclei
    if spots is None or nuclei is None:
        raise MethodError(
            "Expected spots and nuclei to learn the number of cells from, found none; open the "
            "spots and find the nuclei first."
        )
    owner = Membership.from_discs(nuclei, spots).owner
    own = (owner >= 0) & ~is_estimated(nuclei)
    seen = np.bincount(owner[own], minlength=spots.n)
    apart = inside_any(excluded(session), spots.yx_um)
    for flag in (SpotKey.OUTSIDE_REGION, SpotKey.OFF_TISSUE, SpotKey.LOW_COUNTS):
        apart |= spots.flagged(flag)
    umis, genes = spots.umis, np.diff(spots.counts.indptr)
    known = np.flatnonzero((seen > 0) & ~apart)
    model = segmentation.fit_counts(umis[known], genes[known], seen[known])
    bare = np.flatnonzero((seen == 0) & ~apart)
    if not len(bare):
        return Lent(None, model, 0)
    lent = model.predict(umis[bare], genes[bare])
    return Lent(_edit(spots, bare, lent, "borrowed"), model, len(bare))


def estimate_counts(spots: Spots) -> tuple[Counts, str]:
    """Guess the number of cells of every spot where there is no image at all.

    See :func:`spotscope.methods.cell_typing.estimate_cell_counts`.

    Returns
    -------
    (spot,) counts, and a sentence about them.
    """
    counts = estimate_cell_counts(spots)
    if counts.max(initial=0) <= 1:
        return counts, "there is one cell in each bead or bin with any counts"
    return counts, "the number of cells of each spot is guessed from its area and its counts"


def read_cell_counts(source: str, spots: Spots) -> dict[str, int]:
    """Numbers of cells by spot: from a column of the spots, or a table with spot and ``n_cells``.

    Parameters
    ----------
    source
        Name of a column of ``obs``, or path of a csv or tsv: spot names in its first column, and
        a column ``n_cells``. Spots that are not in it, or have no number, are left out.

    Raises
    ------
    ReadError
        If there is neither, or a number is none.
    """
    import pandas as pd

    obs = spots.table.obs
    if source in obs:
        column = obs[source]
    elif Path(source).suffix.lower() in _TABLES:
        column = _column_of_table(Path(source))
    else:
        there = ", ".join(map(repr, obs.columns)) or "none"
        raise ReadError(
            f"Expected a column of the spots or a csv with the number of cells, found {source!r} "
            f"(columns: {there}); name one of them, or give a csv."
        )
    numbers = pd.to_numeric(column, errors="coerce")
    given = column.notna() & (column.astype(str).str.strip() != "")
    wrong = given & ~((numbers >= 0) & (numbers <= MOST_CELLS) & (numbers % 1 == 0))
    if wrong.any() or not given.any():
        found = repr(column[wrong].iloc[0]) if wrong.any() else "none"
        raise ReadError(
            f"Expected whole numbers of cells, 0 to {MOST_CELLS:,}, in {source!r}, found {found}; "
            "correct the numbers."
        )
    return {str(name): int(n) for name, n in numbers[given].items()}


def _column_of_table(path: Path) -> pd.Series[Any]:
    import csv

    import pandas as pd

    try:
        table = pd.read_csv(path, sep=None, engine="python", index_col=0, dtype=str)
    except (OSError, ValueError, csv.Error) as err:
        raise ReadError(
            f"Expected a table of spots and their number of cells in {path}, found none ({err}); "
            "check the path."
        ) from err
    table.index = table.index.astype(str)
    if (twice := table.index.duplicated()).any():
        raise ReadError(
            f"Expected every spot once in {path.name}, found {table.index[twice][0]!r} again; "
            "remove the copies."
        )
    if str(SpotKey.N_CELLS) not in table:
        raise ReadError(
            f"Expected a column 'n_cells' in {path.name}, found "
            f"{', '.join(map(repr, table.columns)) or 'none'}; name the column so."
        )
    return table[str(SpotKey.N_CELLS)]


def _edit(spots: Spots, rows: npt.NDArray[np.integer], counts: Counts, note: str) -> Edit:
    radius = spots.lattice.diameter_um / 2
    at = spots.yx_um[rows]
    return Edit.of(EditKind.COUNT, at, note=note, counts=counts, radius_um=radius)
