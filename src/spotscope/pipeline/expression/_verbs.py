"""The verbs of expression in the Python interface."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotscope import io
from spotscope.methods.expression import ExpressionParams
from spotscope.model import run, update
from spotscope.pipeline._cache import StepCache
from spotscope.pipeline._device import resolve_device
from spotscope.pipeline._given import regions_from
from spotscope.pipeline._read import read_reference
from spotscope.pipeline.expression._decompose import decompose_step
from spotscope.pipeline.expression._impute import impute_step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from anndata import AnnData

    from spotscope.model import Progress, Reference
    from spotscope.model import Session as SessionType
    from spotscope.pipeline.expression._decompose import Decomposed

    OnProgress = Callable[[Progress], None] | None

__all__ = ["decompose", "impute"]


def decompose(
    session: SessionType,
    reference: Reference | str | Path | None = None,
    *,
    regions: Any = (),
    seed: int = 0,
    device: str = "auto",
    cache: Path | None = None,
    on_progress: OnProgress = None,
    **params: Any,
) -> Decomposed:
    """Infer the expression of the session's cells.

    Parameters
    ----------
    session
        With typed cells.
    reference
        That the cells were typed from, or its path; found again where it was if not given.
    regions
        Only spots whose centre lies in one of these (:class:`~spotscope.model.Region`, records in
        µm, JSON text or a GeoJSON file); what is known of others stays.
    seed
        Of every random number.
    device
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    cache
        Folder where results are kept; the user's cache by default.
    on_progress
        Called with every :class:`~spotscope.model.Progress`.
    **params
        Of :class:`~spotscope.methods.expression.ExpressionParams`, such as ``method="split"``.

    Returns
    -------
    The session, whose cells have the layers ``counts_assigned``, ``expression`` and
    ``expression_sd``; the answer of this run alone; and the split beside it.

    Raises
    ------
    ParamsError, MethodError, ReadError
        If a parameter is out of range, or the inputs cannot be worked on.
    """
    chosen = update(ExpressionParams(), **params)
    if isinstance(reference, (str, Path)):
        reference = run(read_reference(reference), on_progress)
    within = regions_from(regions, session.sample) if regions else ()
    task = decompose_step(
        session,
        reference,
        chosen,
        cache=None if cache is None else StepCache(Path(cache)),
        regions=within,
        seed=seed,
        device=resolve_device(device),
    )
    return run(task, on_progress)


def impute(
    panel: AnnData | str | Path,
    reference: Reference | str | Path,
    *,
    method: str = "blend",
    genes: Sequence[str] | None = None,
    thin: Sequence[str] = (),
    seed: int = 0,
    device: str = "auto",
    on_progress: OnProgress = None,
    **params: Any,
) -> AnnData:
    """Tell the genes that a panel lacks.

    Parameters
    ----------
    panel
        AnnData (cell, gene) with raw counts, or the path of an h5ad.
    reference
        A reference, or the path of one.
    method
        ``blend``, ``gaussian``, ``score``, or one of the floors ``mean``, ``knn``, ``ridge``,
        ``principal``.
    genes
        Genes to tell; by default all of the reference, or of many cells those in which its cells
        differ most.
    thin
        Genes of the panel that dropped out: told by the others and by what is left of them.
    seed, device, on_progress
        As in :func:`decompose`.
    **params
        Of :class:`~spotscope.methods.expression.ExpressionParams`.

    Returns
    -------
    AnnData with the layers ``imputed``, ``imputed_sd``, and of the blend ``imputed_low`` and
    ``imputed_high``; see :func:`spotscope.pipeline.impute_step`.

    Raises
    ------
    ParamsError, MethodError, ReadError
        If a parameter is out of range, or the inputs cannot be worked on.
    """
    chosen = update(ExpressionParams(), **params)
    if isinstance(panel, (str, Path)):
        panel, _ = io.read_panel(panel)
    if isinstance(reference, (str, Path)):
        reference = run(read_reference(reference), on_progress)
    task = impute_step(
        panel,
        reference,
        method=method,
        genes=genes,
        thin=thin,
        params=chosen,
        seed=seed,
        device=resolve_device(device),
    )
    return run(task, on_progress)
