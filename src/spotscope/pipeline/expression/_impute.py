"""Imputation: the genes a panel lacks, told from a reference."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import expression
from spotscope.methods.expression import ExpressionParams
from spotscope.methods.imputation import FLOORS, alike_cells, with_thinned
from spotscope.model import (
    GeneSpace,
    MethodError,
    ParamsError,
    Progress,
    ReadError,
    RunRecord,
    update,
    versions,
)
from spotscope.pipeline._fingerprint import of_reference, of_text
from spotscope.pipeline.expression._impute_genes import genes_to_impute
from spotscope.pipeline.expression._impute_told import Teller
from spotscope.pipeline.expression._panel_types import panel_types

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import scipy.sparse as sp
    from anndata import AnnData

    from spotscope.model import Reference, Task
    from spotscope.pipeline.expression._impute_told import Told

__all__ = ["IMPUTERS", "impute_step"]

IMPUTERS = ("blend", "gaussian", "score", *FLOORS)
STEP = "impute"


def impute_step(
    panel: AnnData,
    reference: Reference,
    *,
    method: str = "blend",
    genes: Sequence[str] | None = None,
    thin: Sequence[str] = (),
    params: ExpressionParams | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> Task[AnnData]:
    """Tell genes that a panel lacks.

    Parameters
    ----------
    panel
        AnnData (cell, gene) with raw counts. ``obs["cell_type"]``, where it names types of the
        reference, is taken as it is; else cells are typed from their own counts.
    reference
        Cells whose types are known, with the genes.
    method
        One of :data:`IMPUTERS`.
    genes
        Names of the genes to tell, as in the reference; by default all, or of many cells those in
        which the reference's cells differ most.
    thin
        Genes of the panel that dropped out: the others tell them, and what is left of their own
        counts is added to that afterwards.
    params
        Of the expression, but for the method.
    seed
        Of every random number.
    device
        ``cpu``, ``cuda`` or ``mps``.

    Returns
    -------
    AnnData (cell, gene): layers ``imputed`` (expected counts at the cell's depth) and, of methods
    that give one, ``imputed_sd``; of the blend ``imputed_low`` and ``imputed_high``, which hold
    nine counts in ten; ``obs["cell_type"]``; ``var["measured"]``. ``var["r_cross_validated"]``, of
    the blend, is each measured gene's correlation with what was told of it while it was hidden.
    ``var["r_in_reference"]`` is that over reference cells when the panel's genes are all that is
    told of them: a fit has seen those cells, so it is the best to be hoped for.

    Raises
    ------
    MethodError, ParamsError
        If no gene is shared, a gene is unknown, memory is too small, or there is no such method.
    """
    if method not in IMPUTERS:
        raise ParamsError(
            f"Expected a method of {', '.join(IMPUTERS)}, found {method!r}; choose one (--method)."
        )
    names, left_out = genes_to_impute(reference, panel.n_obs, genes, thin)
    started = time.perf_counter()
    whole, panel = panel, _without(panel, thin)
    space = GeneSpace.shared(panel, reference.table, ("panel", "reference"))
    counts = (panel.X @ space.left).tocsr()
    known = reference.table.X @ space.right
    codes = yield from _codes(panel, reference, counts, space.genes)
    chosen = params or ExpressionParams()
    places = panel.obsm.get("spatial")
    teller = Teller(reference, space, counts, known.tocsr(), codes, names, method, places)
    if method in FLOORS:
        told = teller.by_floor()
        yield Progress(f"imputing by {method}", 1, 1)
    elif method == "blend":
        told = yield from teller.by_blend(update(chosen, method="gaussian"), seed, device)
    else:
        told = yield from teller.by_tier(update(chosen, method=method), seed, device)
    if thin:
        told = _with_thin(told, names, whole, thin, counts)
    record = RunRecord(
        step=STEP,
        params={"method": method, "genes": len(names), "thin": list(thin)},
        seed=seed,
        inputs={"reference": of_reference(reference), "genes": of_text(str(names))},
        versions=versions(),
        seconds=round(time.perf_counter() - started, 3),
        notes=(space.summary(), *filter(None, (left_out,)), *told.notes),
        references=expression.info.references,
    )
    types = [reference.types[code] if code >= 0 else "" for code in codes]
    measured = np.isin(names, np.array(reference.table.var_names)[np.diff(space.right.indptr) > 0])
    return _table(panel, names, types, told, measured, record)


def _without(panel: AnnData, thin: Sequence[str]) -> AnnData:
    """Return the panel without genes that dropped out."""
    if lacking := [name for name in thin if name not in panel.var_names]:
        raise ParamsError(
            f"Expected thin genes of the panel, found {len(lacking)} that it lacks (such as "
            f"{lacking[0]!r}); name them as the panel does (--thin)."
        )
    return panel[:, ~panel.var_names.isin(list(thin))].copy() if thin else panel


def _with_thin(
    told: Told, names: tuple[str, ...], panel: AnnData, thin: Sequence[str], counts: sp.csr_matrix
) -> Told:
    """Add what is left of thin genes to what the others tell of them."""
    place = {name: i for i, name in enumerate(names)}
    known = [name for name in thin if name in place]
    columns = [place[name] for name in known]
    left = panel[:, known].X
    left = np.asarray(left.todense() if hasattr(left, "todense") else left)
    mean = told.mean.copy()
    mean[:, columns] = with_thinned(told.mean[:, columns], left, alike_cells(counts))
    ratio = (mean / np.maximum(told.mean, 1e-12)).astype(np.float32)
    sd = None if told.sd is None else told.sd * ratio
    low = None if told.low is None else told.low * ratio
    high = None if told.high is None else told.high * ratio
    note = f"{len(known)} genes told by the others and by what is left of their counts"
    return replace(told, mean=mean, sd=sd, low=low, high=high, notes=(*told.notes, note))


def _codes(
    panel: AnnData, reference: Reference, counts: sp.csr_matrix, genes: tuple[str, ...]
) -> Task[npt.NDArray[np.int64]]:
    import pandas as pd

    if "cell_type" in panel.obs:
        codes = pd.Index(reference.types).get_indexer(panel.obs["cell_type"].astype(str))
        if (codes >= 0).mean() > 0.5:
            return codes.astype(np.int64)
    if counts.sum() == 0:
        raise MethodError(
            f"Expected counts on the {len(genes)} genes the panel shares with {reference.name}, "
            "found none; check that both are of the same tissue and species."
        )
    return (yield from panel_types(counts, genes, reference))


def _table(
    panel: AnnData,
    names: tuple[str, ...],
    types: Sequence[str],
    told: Told,
    measured: npt.NDArray[np.bool_],
    record: RunRecord,
) -> AnnData:
    import pandas as pd
    from anndata import AnnData

    if not np.isfinite(told.mean).all():
        raise ReadError(
            "Expected finite expected counts, found some that are not; leave cells without counts "
            "out of the panel."
        )
    obs = panel.obs.copy()
    obs["cell_type"] = pd.Categorical([name or None for name in types])
    columns = {"measured": measured, "r_in_reference": told.r_in_reference}
    if told.r_cross_validated is not None:
        columns["r_cross_validated"] = told.r_cross_validated
    var = pd.DataFrame(columns, index=pd.Index(names, name="gene"))
    obsm = {"spatial": np.asarray(panel.obsm["spatial"])} if "spatial" in panel.obsm else {}
    made = AnnData(None, obs=obs, var=var, obsm=obsm)
    layers = {"": told.mean, "_sd": told.sd, "_low": told.low, "_high": told.high}
    for suffix, values in layers.items():
        if values is not None:
            made.layers[f"imputed{suffix}"] = values
    made.uns["imputation_record"] = json.dumps(record.to_json())
    return made
