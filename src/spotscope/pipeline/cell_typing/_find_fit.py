"""The fit behind a session's cells: where it is kept, and that it goes where the session goes.

It is some megabytes, needs neither slide nor reference, and answers any ν: a result folder that is
sent to somebody who has neither is still turned, held and corrected there.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from spotscope.methods import cell_typing
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.model import Membership, OutFile, WriteError
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._fingerprint import of_outlines
from spotscope.pipeline.cell_typing._inputs import spots_of
from spotscope.pipeline.cell_typing._slice_of import SLICES, fit_of_told
from spotscope.pipeline.segmentation._edit_types import fitted_nuclei

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.methods.cell_typing import FittedTyping
    from spotscope.model import RunRecord, Session

__all__ = ["FITTED", "STEP", "bring_fit", "carry_fit", "find_fitted", "load_fitted_of"]

STEP = "type"
#: What was learned, in the step's folder.
FITTED = "fitted"


def load_fitted_of(session: Session, cache: StepCache) -> FittedTyping | None:
    """The fit behind a session's cells, from the cache it was made in; None if it is gone.

    Of a slice that was typed with others: that of all, for questions of this one.
    """
    folder = _made(session, cache)
    if folder is None:
        return None
    cache.touch(folder)
    record = session.records[STEP]
    told = record.figures.get(SLICES)
    fitted = cell_typing.load_fitted(folder / FITTED).under(_params(record))
    nuclei = fitted_nuclei(session)
    if told is not None:
        fitted = fit_of_told(told, fitted, nuclei)
    if nuclei is None or of_outlines(nuclei) == record.inputs["cells"]:
        return fitted
    # other thresholds since: what was learned was carried over to other nuclei
    owner = Membership.from_discs(nuclei, spots_of(session)).owner
    return cell_typing.with_cells(fitted, owner, nuclei.yx_um)


def find_fitted(session: Session, folder: Path | None = None) -> FittedTyping | None:
    """The fit behind a session's cells, wherever it may have been kept; None if it is gone.

    Parameters
    ----------
    session
        Whose it is.
    folder
        The session's, if it has one.
    """
    found = (load_fitted_of(session, cache) for cache in _caches(folder))
    return next((fitted for fitted in found if fitted is not None), None)


def bring_fit(session: Session, folder: Path) -> None:
    """Bring the fit of a session from its folder into the user's cache, where all look for it."""
    with suppress(WriteError):  # a cache that may not be written to: it is found in the folder
        _copy_fit(session, _caches(folder), StepCache(user_cache()))


def carry_fit(session: Session, out: Path) -> None:
    """Put the fit of a session beside it as it is saved.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    _copy_fit(session, _caches(out), StepCache(out / OutFile.STEPS))


def _copy_fit(session: Session, caches: list[StepCache], to: StepCache) -> None:
    found = (_made(session, cache) for cache in caches)
    there = next((folder for folder in found if folder is not None), None)
    if there is None or to.has(here := to.root / there.name):
        return
    with to.writing(here) as part:
        shutil.copytree(there, part, dirs_exist_ok=True)


def _caches(folder: Path | None) -> list[StepCache]:
    """A folder's own steps, those one above (of slices that were typed together), the user's."""
    homes = [] if folder is None else [folder, folder.parent]
    roots = [*(home / OutFile.STEPS for home in homes), user_cache()]
    return [StepCache(root) for root in roots if root.is_dir()]


def _made(session: Session, cache: StepCache) -> Path | None:
    """The folder of the fit behind a session's cells."""
    record = session.records.get(STEP)
    if record is None:
        return None
    told = record.figures.get(SLICES)
    inputs = record.inputs if told is None else {SLICES: told.get("fit", "")}
    return cache.made(STEP, inputs, _params(record))


def _params(record: RunRecord) -> CellTypingParams:
    known = {k: v for k, v in record.params.items() if k in CellTypingParams.model_fields}
    return CellTypingParams.model_validate(known)
