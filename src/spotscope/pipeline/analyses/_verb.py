"""The verb of the analyses in the Python interface."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotscope.model import run, update
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._given import regions_from
from spotscope.pipeline.analyses._params import AnalyseParams, Question
from spotscope.pipeline.analyses._step import analyse_step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spotscope.model import Progress, Region, Session
    from spotscope.pipeline.analyses._step import Analysed

__all__ = ["analyse"]


def analyse(
    session: Session,
    questions: Sequence[Question | str] = ("neighbours", "ligands", "variable"),
    *,
    regions: Sequence[Region] | Any = (),
    seed: int = 0,
    cache: Path | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    **params: Any,
) -> Analysed:
    """Ask which types are neighbours, which ligands meet receptors, which genes vary or differ.

    Parameters
    ----------
    session
        With spots; with typed cells for neighbours; with expression for ligands of cells.
    questions
        ``neighbours``, ``ligands``, ``variable``, ``difference``.
    regions
        Two to compare, or one to compare with the rest, for ``difference``; also as records in µm,
        JSON text, or a GeoJSON file.
    seed
        Of every random number.
    cache
        Folder where steps are kept (``OUT/steps``), for types without smoothing.
    on_progress
        Called with every :class:`~spotscope.model.Progress`.
    **params
        Of :class:`~spotscope.pipeline.AnalyseParams`.

    Returns
    -------
    ``analysed["variable"].table`` and so on; each says in ``values`` whether a row is measured or
    inferred.

    Raises
    ------
    MissingDependencyError, ParamsError, MethodError
        If the extra ``analysis`` is not installed, a parameter is out of range, or there is
        nothing to answer from.
    """
    task = analyse_step(
        session,
        questions,
        update(AnalyseParams(), **params),
        regions=regions_from(regions, session.sample) if regions else (),
        cache=StepCache(Path(cache) if cache is not None else user_cache()),
        seed=seed,
    )
    return run(task, on_progress)
