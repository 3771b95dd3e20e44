"""The Nuclei step where no image tells nuclei: as many cells in a spot as are said or estimated."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import (
    MethodError,
    Progress,
    ReadError,
    RunRecord,
    cells_in_discs,
    versions,
)
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._fingerprint import of_spots, of_text
from spotscope.pipeline.segmentation._cell_counts import estimate_counts
from spotscope.pipeline.segmentation._step import STEP, lay_down

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from spotscope.model import Session, Spots, Task

__all__ = ["estimate_step"]


def estimate_step(
    session: Session,
    *,
    n_cells: Mapping[str, int] | None = None,
    cache: StepCache | None = None,
) -> Task[Session]:
    """Put cells into the spots of a sample whose image tells none; the Nuclei step's result.

    They are drawn where there is room in the spot, marked as estimated (their probability is not a
    number), and typed and corrected like nuclei.

    Parameters
    ----------
    session
        With spots.
    n_cells
        Number of cells by the name of the spot; of spots that are not named it is estimated.
    cache
        Where the drawn labels are kept; the user's cache by default.

    Raises
    ------
    MethodError
        If there are no spots, or no spot holds a cell.
    ReadError
        If no name is that of a spot.
    """
    spots = session.sample.spots
    if spots is None:
        raise MethodError(
            f"Expected spots to put cells into, found an image alone in {session.sample.name}; "
            "find its nuclei instead."
        )
    yield Progress("estimating the number of cells", 0, 1)
    started = time.perf_counter()
    counts, said = _counts(spots, n_cells or {})
    if not counts.sum():
        raise MethodError(
            f"Expected cells in the spots of {session.sample.name}, found none in any; check the "
            "counts, or the numbers of cells given."
        )
    slide = session.sample.slide
    why = "No image" if slide is None else "No image fine enough for nuclei"
    found = cells_in_discs(counts, spots.yx_um, spots.lattice.diameter_um / 2)
    record = RunRecord(
        step=STEP,
        params={"nuclei": "estimated"},
        seed=None,
        inputs={"spots": of_spots(spots), "nuclei": of_text(str(counts.tolist()))},
        versions=versions(),
        seconds=round(time.perf_counter() - started, 3),
        notes=(f"{why}: {'; '.join(said)}. Cells are drawn anywhere in their spot.",),
    )
    return (yield from lay_down(session, found, record, cache or StepCache(user_cache())))


def _counts(spots: Spots, named: Mapping[str, int]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """(spot,) cells as named, else estimated; and what is to be said of them."""
    if not named:
        counts, told = estimate_counts(spots)
        return counts, [told]
    rows = spots.table.obs_names.get_indexer(list(named))
    known = rows >= 0
    if not known.any():
        raise ReadError(
            f"Expected names of spots, found {len(named):,} that are none (such as "
            f"{next(iter(named))!r}); give the names that the spots have."
        )
    counts, said = np.zeros(spots.n, np.int64), []
    if known.sum() < spots.n:
        counts, told = estimate_counts(spots)
        said.append(told)
    counts[rows[known]] = np.array(list(named.values()), np.int64)[known]
    said.append(f"the number of cells of {int(known.sum()):,} spots is as given")
    if lost := int((~known).sum()):
        which = "names in the table are" if lost > 1 else "name in the table is"
        said.append(f"{lost:,} {which} of no spot")
    return counts, said
