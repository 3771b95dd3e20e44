"""Learning from a reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.expression._check import check_reference
from spotscope.methods.expression._factors import fit_factors
from spotscope.methods.expression._fitted import FittedExpression, fingerprint
from spotscope.methods.expression._moments import type_dispersion, type_means, type_sums
from spotscope.model import MethodError, Progress, as_rng

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.methods.expression._params import ExpressionParams
    from spotscope.model import Reference, Rng, Task

__all__ = ["fit"]


def fit(
    reference: Reference,
    params: ExpressionParams,
    *,
    genes: Sequence[str] | None = None,
    rng: Rng = None,
    device: str = "cpu",
) -> Task[FittedExpression]:
    """Learn from a reference what the tier asked for needs, and all that is simpler.

    Parameters
    ----------
    reference
        Raw counts of typed cells.
    params
        Parameters.
    genes
        Names of the genes to learn; all by default.
    rng
        Draws cells and first guesses.
    device
        Where a network is trained; nothing else is computed there.

    Raises
    ------
    MethodError
        If the reference stands in the way, or lacks a gene that is asked for.
    """
    for problem in check_reference(reference, params):
        if problem.fatal:
            raise MethodError(problem.message)
    generator = as_rng(rng)
    yield Progress("adding up the reference", 0, 1)
    columns = _columns(reference, genes)
    counts = reference.table.X[:, columns].tocsr()
    cells = reference.cells_per_type()
    sums, squares = type_sums(counts, reference.codes, reference.n_types)
    means = type_means(sums, cells)
    dispersion = type_dispersion(sums, squares, means, cells)
    factors = None
    if params.method != "split":
        some = _balanced(reference.codes, params.max_cells, generator)
        rank = min(params.rank, len(columns) - 1, len(some) - 1)
        factors = yield from fit_factors(
            counts[some], reference.codes[some], means, dispersion, rank, params.rounds, generator
        )
    names = reference.table.var_names.astype(str)[columns]
    return FittedExpression(
        reference.types,
        tuple(names),
        _ids(reference, columns),
        cells.astype(np.int64),
        means,
        dispersion,
        factors,
        fingerprint(reference, params, genes),
        params,
        reference.notes,
    )


def _columns(reference: Reference, genes: Sequence[str] | None) -> npt.NDArray[np.intp]:
    names = reference.table.var_names.astype(str)
    first = ~names.duplicated()
    if genes is None:
        return np.flatnonzero(first)
    known = set(names)
    missing = [gene for gene in genes if gene not in known]
    if missing:
        raise MethodError(
            f"Expected genes of {reference.name}, found {len(missing)} that it lacks (such as "
            f"{missing[0]!r}); name genes as the reference does."
        )
    return np.flatnonzero(first & names.isin(list(genes)))


def _ids(reference: Reference, columns: npt.NDArray[np.intp]) -> tuple[str, ...]:
    for name in ("gene_ids", "ensembl", "ensembl_id", "gene_id", "feature_id"):
        if name in reference.table.var:
            return tuple(reference.table.var[name].astype(str).iloc[columns])
    return ()


def _balanced(
    codes: npt.NDArray[np.integer], most: int, rng: np.random.Generator
) -> npt.NDArray[np.intp]:
    """Cells to learn from: at most ``most``, no type cut before the larger ones are."""
    if len(codes) <= most:
        return np.arange(len(codes))
    sizes = np.sort(np.bincount(codes))
    limit = sizes[-1]
    for left, size in enumerate(sizes):
        if sizes[:left].sum() + size * (len(sizes) - left) > most:
            limit = (most - sizes[:left].sum()) // (len(sizes) - left)
            break
    shuffled = rng.permutation(len(codes))
    order = shuffled[np.argsort(codes[shuffled], kind="stable")]
    within = np.arange(len(codes)) - np.searchsorted(codes[order], codes[order])
    return np.sort(order[within < max(int(limit), 1)])
