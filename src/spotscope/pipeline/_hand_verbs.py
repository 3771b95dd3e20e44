"""Verbs for what is brought along: corrections, and nuclei that others found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotscope.model import MethodError, run
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._given import edits_from
from spotscope.pipeline.cell_typing._find_fit import load_fitted_of
from spotscope.pipeline.segmentation._edit import edit_step
from spotscope.pipeline.segmentation._estimate import estimate_step
from spotscope.pipeline.segmentation._import_nuclei import import_step
from spotscope.pipeline.segmentation._measure import measure_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.methods.cell_typing import FittedTyping
    from spotscope.model import Progress, Session

    OnProgress = Callable[[Progress], None] | None

__all__ = ["correct", "estimate_cells", "take_nuclei"]


def correct(
    session: Session,
    edits: Any,
    fitted: FittedTyping | None = None,
    *,
    cache: Path | None = None,
    on_progress: OnProgress = None,
) -> Session:
    """Put corrections of the nuclei in force, in place of those before.

    Parameters
    ----------
    session
        With nuclei.
    edits
        All that are to hold: an :class:`~spotscope.model.EditLog`, its records, JSON text, or a
        file (one of edits, or a ``run.json``).
    fitted
        The fit behind the session's types, where it is at hand; else looked for in the cache.
    cache
        Folder where results are kept; the user's cache by default.
    on_progress
        Called with every :class:`~spotscope.model.Progress`.

    Raises
    ------
    ReadError, MethodError
        If they are no edits, or there is nothing to correct.
    """
    log = edits_from(edits)
    if session.cells is not None and fitted is None:
        fitted = load_fitted_of(session, StepCache(cache or user_cache()))
    return run(edit_step(session, log, fitted), on_progress).session


def estimate_cells(
    session: Session, *, cache: Path | None = None, on_progress: OnProgress = None
) -> Session:
    """Put as many cells into the spots of a sample without an image as they look like holding.

    Parameters
    ----------
    session
        With spots.
    cache, on_progress
        As in :func:`correct`.

    Raises
    ------
    MethodError
        If there are no spots, or none holds a cell.
    """
    kept = None if cache is None else StepCache(Path(cache))
    return run(measure_step(run(estimate_step(session, cache=kept), on_progress)), on_progress)


def take_nuclei(
    session: Session,
    path: str | Path,
    *,
    cache: Path | None = None,
    on_progress: OnProgress = None,
) -> Session:
    """Take nuclei that others found, and measure them.

    Parameters
    ----------
    session
        With a slide.
    path
        A label image, or GeoJSON in pixels of the slide's full resolution.
    cache, on_progress
        As in :func:`correct`.

    Raises
    ------
    ReadError, MethodError
        If the file is not of this slide, or there is no slide.
    """
    if session.sample.slide is None:
        raise MethodError(
            f"Expected a slide image to lay nuclei on, found spots alone in {session.sample.name}; "
            "give the image (spotscope.read(…, image=…))."
        )
    kept = None if cache is None else StepCache(Path(cache))
    return run(measure_step(run(import_step(session, path, cache=kept), on_progress)), on_progress)
