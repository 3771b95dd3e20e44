"""The Nuclei step where there is no image: as many cells in each spot as are said or estimated."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import MethodError, Progress, RunRecord, cells_in_discs, versions
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._fingerprint import of_spots, of_text
from spotscope.pipeline.segmentation._cell_counts import estimate_counts
from spotscope.pipeline.segmentation._step import STEP, lay_down

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spotscope.model import Session, Task

__all__ = ["estimate_step"]


def estimate_step(
    session: Session,
    *,
    n_cells: Mapping[str, int] | None = None,
    cache: StepCache | None = None,
) -> Task[Session]:
    """Put cells into the spots of a sample without a slide; the Nuclei step's result.

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
    """
    spots = session.sample.spots
    if spots is None:
        raise MethodError(
            f"Expected spots to put cells into, found an image alone in {session.sample.name}; "
            "find its nuclei instead."
        )
    yield Progress("estimating the number of cells", 0, 1)
    started = time.perf_counter()
    said: list[str] = []
    if n_cells is not None and len(n_cells) >= spots.n:
        counts = np.zeros(spots.n, np.int64)
    else:
        counts, told = estimate_counts(spots)
        said.append(told)
    if n_cells:
        rows = spots.table.obs_names.get_indexer(list(n_cells))
        counts[rows[rows >= 0]] = np.array(list(n_cells.values()), np.int64)[rows >= 0]
        said.append(f"the number of cells of {int((rows >= 0).sum()):,} spots is as given")
    if not counts.sum():
        raise MethodError(
            f"Expected cells in the spots of {session.sample.name}, found none in any; check the "
            "counts, or the numbers of cells given."
        )
    found = cells_in_discs(counts, spots.yx_um, spots.lattice.diameter_um / 2)
    record = RunRecord(
        step=STEP,
        params={"nuclei": "estimated"},
        seed=None,
        inputs={"spots": of_spots(spots), "nuclei": of_text(str(counts.tolist()))},
        versions=versions(),
        seconds=round(time.perf_counter() - started, 3),
        notes=(f"No image: {'; '.join(said)}. Cells are drawn anywhere in their spot.",),
    )
    return (yield from lay_down(session, found, record, cache or StepCache(user_cache())))
