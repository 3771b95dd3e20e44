"""The drop-out benchmark: genes that have lost most of their counts, told by all that is left.

*Thinned counts* are what is left, as they are; smoothing averages them, as shares of their cells,
over the 30 cells nearest in the tissue or most alike. The closed form has the thinned genes as
evidence beside all others; the blend has only the others; *blend and what is left* adds the thinned
counts to it (``methods.imputation.with_thinned``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.evaluation import DropoutScore, ImputationCase, score_dropout
from spotscope.methods import expression
from spotscope.methods.expression import ExpressionParams
from spotscope.methods.imputation import (
    alike_cells,
    nearby_cells,
    type_mean_impute,
    with_thinned,
)
from spotscope.model import Progress
from spotscope.pipeline.bench._imputation_peers import IMPUTATION_PEERS, ask_imputation_peer
from spotscope.pipeline.expression._fit import learn_reference
from spotscope.pipeline.expression._impute_blend import Panel, blend_panel
from spotscope.pipeline.expression._panel_types import panel_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from spotscope.evaluation import DropoutCase
    from spotscope.model import Task
    from spotscope.pipeline.bench._typing_peers import PeerRun

__all__ = ["bench_dropout"]


def bench_dropout(
    cases: Iterable[DropoutCase], peers: Sequence[str] = (), how: PeerRun | None = None
) -> Task[list[DropoutScore]]:
    """Score all methods on all cases.

    Parameters
    ----------
    cases
        Read one at a time. Types are inferred from the thinned counts.
    peers, how
        Packages of others, of ``IMPUTATION_PEERS``, and how they are run; they have only the other
        genes, and one that gives no answer is left out.
    """
    scores: list[DropoutScore] = []
    for case in cases:
        said = f"{case.name}, {case.level} counts"
        yield Progress(said, 0, 1)
        told = _smoothed(case)
        codes = yield from panel_types(case.counts, case.genes, case.reference, case.yx_um)
        told["type mean"] = yield from _by_type(case, codes)
        told["gaussian"] = yield from _closed(case, codes)
        told["blend, without them"] = yield from _blended(case, codes)
        told["blend and what is left"] = _with_what_is_left(case, told["blend, without them"])
        for name in peers:
            assert how is not None
            answer = yield from ask_imputation_peer(_as_hidden(case), name, how)
            if answer.mean is not None:
                told[f"{IMPUTATION_PEERS[name]}, without them"] = answer.mean
        scores += [score_dropout(case, name, found) for name, found in told.items()]
        yield Progress(said, 1, 1)
    return scores


def _smoothed(case: DropoutCase) -> dict[str, npt.NDArray[np.floating]]:
    totals = np.maximum(np.asarray(case.counts.sum(axis=1, dtype=float)), 1.0).reshape(-1, 1)
    thin = case.counts[:, case.thinned].toarray().astype(float)
    graphs = {
        "smoothed in the tissue": nearby_cells(case.yx_um),
        "smoothed over alike cells": alike_cells(case.counts),
    }
    found: dict[str, npt.NDArray[np.floating]] = {"thinned counts": thin}
    share = thin / totals
    for name, graph in graphs.items():
        n = graph.getnnz(axis=1).reshape(-1, 1)
        found[name] = (n * (graph @ share) + share) / (n + 1) * totals  # itself as one of them
    return found


def _by_type(case: DropoutCase, codes: npt.NDArray[np.int64]) -> Task[npt.NDArray[np.float64]]:
    yield Progress("imputing by mean", 0, 1)
    known, wanted = _in_reference(case)
    table, left = case.reference.table.X, _others(case)
    return type_mean_impute(
        case.counts[:, left], codes, table[:, known[left]], case.reference.codes, table[:, wanted]
    )


def _closed(case: DropoutCase, codes: npt.NDArray[np.int64]) -> Task[npt.NDArray[np.float32]]:
    params = ExpressionParams(method="gaussian")
    fitted = yield from learn_reference(case.reference, params)
    genes = tuple(case.genes[gene] for gene in case.thinned)
    codes = fitted.codes(case.reference.types, codes)
    found = yield from expression.impute(
        fitted, case.counts, case.genes, codes, params, genes=genes, rng=case.seed
    )
    return found.mean


def _blended(case: DropoutCase, codes: npt.NDArray[np.int64]) -> Task[npt.NDArray[np.float32]]:
    params = ExpressionParams(method="gaussian")
    fitted = yield from learn_reference(case.reference, params)
    known, wanted = _in_reference(case)
    left = _others(case)
    panel = Panel(case.counts[:, left].tocsr(), known[left], codes, case.yx_um)
    found = yield from blend_panel(panel, case.reference, fitted, wanted, params, case.seed)
    return found.mean


def _with_what_is_left(
    case: DropoutCase, blended: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    thin = case.counts[:, case.thinned].toarray()
    return with_thinned(blended, thin, alike_cells(case.counts))


def _as_hidden(case: DropoutCase) -> ImputationCase:
    """Return the case in which the thinned genes were not measured at all."""
    left = _others(case)
    return ImputationCase(
        case.name,
        case.seed,
        "dropout",
        0,
        case.counts[:, left].tocsr(),
        tuple(case.genes[gene] for gene in left),
        case.yx_um,
        tuple(case.genes[gene] for gene in case.thinned),
        case.counts[:, case.thinned],
        case.reference,
    )


def _others(case: DropoutCase) -> npt.NDArray[np.intp]:
    return np.setdiff1d(np.arange(len(case.genes)), case.thinned)


def _in_reference(case: DropoutCase) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Columns of the reference: of all genes, and of those that were thinned."""
    known = case.reference.table.var_names.get_indexer(list(case.genes))
    return known, known[case.thinned]
