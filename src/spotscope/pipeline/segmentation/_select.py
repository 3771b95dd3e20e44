"""Thresholds in a moving hand: the candidates are kept, so other nuclei of them are chosen at once.

Nothing is looked for anew and nothing is written: the labels are drawn where one looks, the edits
are laid upon the nuclei as always, and the types follow with what was learned.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import cell_typing, segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import MethodError, Progress, update
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline.cell_typing._find_fit import load_fitted_of
from spotscope.pipeline.cell_typing._step import Typed, membership_of, retype
from spotscope.pipeline.segmentation._cells import forget_types
from spotscope.pipeline.segmentation._chosen import Candidates, read_candidates
from spotscope.pipeline.segmentation._drawn_labels import drawn_labels
from spotscope.pipeline.segmentation._edit import edit_record, with_marks
from spotscope.pipeline.segmentation._edit_types import EDITS
from spotscope.pipeline.segmentation._step import CANDIDATES, STEP

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from spotscope.methods.cell_typing import FittedTyping
    from spotscope.model import Labels, Session, StarConvex, Task

__all__ = [
    "Selected",
    "can_choose",
    "candidates_of",
    "considered",
    "fetch_candidates",
    "select_step",
]

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """Nuclei chosen from the candidates; of a view alone while the rest is under way.

    Parameters
    ----------
    nuclei, labels
        As they are now.
    old
        (nucleus,) row that each had before; -1 for those that were not there.
    session
        With all of this; None for a view.
    typed
        The same typed, with the fit carried over to these nuclei; None where nothing was typed.
    """

    nuclei: StarConvex
    labels: Labels
    old: npt.NDArray[np.intp]
    session: Session | None = None
    typed: Typed | None = None


def candidates_of(
    session: Session, params: SegmentationParams, cache: StepCache | None = None
) -> StarConvex | None:
    """All that the segmentation considered, for its live parameters to choose from.

    Returns
    -------
    None where it is gone from the cache, was found for a part of the slide only, or ``params``
    differ from the session's in more than live ones.
    """
    kept = _candidates(session, params, cache)
    return None if kept is None else kept.all


def considered(session: Session, cache: StepCache | None = None) -> StarConvex | None:
    """All candidates behind a session's nuclei, chosen or not; None where they are gone."""
    record = session.records.get(STEP)
    if record is None or "nuclei" in record.inputs:
        return None
    return candidates_of(session, SegmentationParams.model_validate(dict(record.params)), cache)


def fetch_candidates(session: Session, folder: Path, cache: StepCache | None = None) -> None:
    """Bring the candidates of a run from its folder of steps, so that thresholds act at once.

    Parameters
    ----------
    session
        As the run left it.
    folder
        ``steps`` of its result folder.
    cache
        Where they are looked for later; the user's cache by default.
    """
    record = session.records.get(STEP)
    if record is None or "nuclei" in record.inputs:
        return
    known = {k: v for k, v in record.params.items() if k in SegmentationParams.model_fields}
    params, cache = SegmentationParams.model_validate(known), cache or StepCache(user_cache())
    there = _folder(session, params, StepCache(folder))
    if there is not None and not cache.has(here := cache.folder(STEP, record.inputs, params)):
        with cache.writing(here) as part:
            shutil.copytree(there, part, dirs_exist_ok=True)
            cache.touch(part)


def can_choose(
    session: Session, params: SegmentationParams, cache: StepCache | None = None
) -> bool:
    """Whether :func:`candidates_of` finds any; nothing is read."""
    return _folder(session, params, cache) is not None


def select_step(
    session: Session,
    params: SegmentationParams,
    fitted: FittedTyping | None = None,
    *,
    cache: StepCache | None = None,
    view_um: Box | None = None,
) -> Task[Selected]:
    """Choose other nuclei by the live parameters.

    Parameters
    ----------
    session
        With nuclei that were found before.
    params
        Those of before, but for the live ones.
    fitted
        The fit behind the session's types, where there are any.
    cache
        Where the candidates are; the user's cache by default.
    view_um
        (y0, x0, y1, x1) that is chosen first and sent ahead as a preview.

    Raises
    ------
    MethodError
        If the candidates are not there.
    """
    params = _as_found(session, params)
    candidates, before = _candidates(session, params, cache), session.nuclei
    if candidates is None or before is None or session.labels is None:
        raise MethodError(
            "Expected the candidates of these nuclei in the cache, found none for these settings; "
            "find the nuclei again."
        )
    yield Progress("choosing nuclei", 0, 4)
    if view_um is not None:
        some = candidates.chosen_in(view_um, params)
        yield Progress("choosing nuclei", 0, 4, _shown(session, before, some))
    found = candidates.chosen(params)
    yield Progress("choosing nuclei", 1, 4)
    selected = _shown(session, before, found)
    edited = session.corrected(found)
    record = replace(session.records[STEP], params=params.model_dump(mode="json"))
    done = replace(
        session,
        nuclei=selected.nuclei,
        labels=selected.labels,
        found=found if session.edits.done else None,
        measures=with_marks(_carried(session, selected.old), edited),
        records=edit_record({**session.records, STEP: record}, session.edits, edited, 0.0),
    )
    yield Progress("choosing nuclei", 2, 4)
    if session.cells is None or fitted is None:
        return replace(selected, session=_untyped(done))
    typed = yield from _carry_types(done, fitted, cache)
    return replace(selected, session=typed.session, typed=typed)


def _shown(session: Session, before: StarConvex, found: StarConvex) -> Selected:
    assert session.labels is not None
    nuclei = session.corrected(found).outlines
    return Selected(nuclei, drawn_labels(nuclei, session.labels), _rows_before(before, nuclei))


def _rows_before(before: StarConvex, now: StarConvex) -> npt.NDArray[np.intp]:
    """(nucleus,) row of the nucleus that had the very same centre."""
    old = np.full(now.n, -1, np.intp)
    if not now.n:
        return old
    (y0, x0), (y1, x1) = now.yx_um.min(axis=0), now.yx_um.max(axis=0)
    y, x = before.yx_um.T
    near = np.flatnonzero((y >= y0) & (y <= y1) & (x >= x0) & (x <= x1))
    _, here, there = np.intersect1d(
        _as_keys(now.yx_um), _as_keys(before.yx_um[near]), return_indices=True
    )
    old[here] = near[there]
    return old


def _as_keys(yx_um: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
    """Places as single numbers that can be sorted."""
    return np.ascontiguousarray(yx_um).view(np.complex128).ravel()


def _carry_types(session: Session, fitted: FittedTyping, cache: StepCache | None) -> Task[Typed]:
    """Types of other nuclei, by what was learned.

    From the fit as it was made, if it is still there: thresholds moved away and back give the types
    of before, as ``fitted`` may have passed over nuclei that are chosen again now.
    """
    record = session.records["type"]
    figures = {**record.figures, EDITS: session.edits.to_json()}
    session = replace(
        session, records={**session.records, "type": replace(record, figures=figures)}
    )
    again = load_fitted_of(session, cache or StepCache(user_cache()))
    if again is None:
        membership, yx_um = membership_of(session)
        again = cell_typing.with_cells(fitted, membership.owner, yx_um)
    yield Progress("choosing nuclei", 3, 4)
    return retype(session, again, float(record.params["nu_used"]))


def _untyped(session: Session) -> Session:
    if session.cells is not None:
        session = forget_types(session)
    records = {step: record for step, record in session.records.items() if step != "type"}
    return replace(session, cells=None, records=records)


def _carried(session: Session, old: npt.NDArray[np.intp]) -> dict[str, npt.NDArray[np.generic]]:
    return {
        name: np.where(old >= 0, column[old], np.nan).astype(column.dtype)
        for name, column in session.measures.items()
        if column.dtype.kind == "f" and len(column)
    }


def _candidates(
    session: Session, params: SegmentationParams, cache: StepCache | None
) -> Candidates | None:
    folder = _folder(session, params, cache)
    if folder is not None:
        StepCache.touch(folder)
    return None if folder is None else read_candidates(folder / CANDIDATES)


def _folder(session: Session, params: SegmentationParams, cache: StepCache | None) -> Path | None:
    record = session.records.get(STEP)
    if record is None or "region" in record.inputs or "nuclei" in record.inputs:
        return None
    cache = cache or StepCache(user_cache())
    folder = cache.folder(STEP, record.inputs, _as_found(session, params))
    return folder if cache.has(folder) else None


def _as_found(session: Session, params: SegmentationParams) -> SegmentationParams:
    """With the model that the session's nuclei were found by, where it is left open."""
    record = session.records.get(STEP)
    if params.model != segmentation.AUTO or record is None or "model" not in record.params:
        return params
    return update(params, model=record.params["model"])
