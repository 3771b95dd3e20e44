"""Learning from a reference."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.expression._calibrate import calibrate, held_out
from spotscope.methods.expression._check import check_reference, require_torch
from spotscope.methods.expression._fit_factors import fit_factors
from spotscope.methods.expression._fitted import FittedExpression, fingerprint
from spotscope.methods.expression._moments import type_dispersion, type_means, type_sums
from spotscope.methods.expression._quality import measure_quality
from spotscope.model import MethodError, Progress, as_rng

if TYPE_CHECKING:
    from collections.abc import Sequence

    import scipy.sparse as sp

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
    if params.method == "score":
        require_torch()
    generator = as_rng(rng)
    yield Progress("adding up the reference", 0, 1)
    columns = _columns(reference, genes)
    counts = reference.table.X.tocsr()
    if len(columns) < reference.table.n_vars:  # an atlas is not copied without need
        counts = counts[:, columns]
    cells = reference.cells_per_type()
    sums, squares = type_sums(counts, reference.codes, reference.n_types)
    means = type_means(sums, cells)
    dispersion = type_dispersion(sums, squares, means, cells)
    names = reference.table.var_names.astype(str)[columns]
    fitted = FittedExpression(
        reference.types,
        tuple(names),
        _ids(reference, columns),
        cells.astype(np.int64),
        means,
        dispersion,
        None,
        None,
        fingerprint(reference, params, genes),
        params,
        reference.notes,
    )
    if params.method == "split":
        return fitted
    return (yield from _differences(fitted, counts, reference.codes, generator, device))


def _differences(
    fitted: FittedExpression,
    counts: sp.csr_matrix,
    codes: npt.NDArray[np.integer],
    rng: np.random.Generator,
    device: str,
) -> Task[FittedExpression]:
    """Learn how cells differ from some, and from others how far that is to be trusted."""
    params = fitted.params
    taught, kept = held_out(codes, _balanced(codes, params.max_cells, rng), rng)
    fitted = replace(fitted, kept=kept.astype(np.int64))
    rank = min(params.rank, counts.shape[1] - 1, len(taught) - 1)
    factors = yield from fit_factors(
        counts[taught],
        codes[taught],
        fitted.means,
        fitted.dispersion,
        rank,
        params.rounds,
        rng,
    )
    fitted = replace(fitted, factors=factors)
    caution = yield from calibrate(fitted, counts[kept], codes[kept], rng)
    fitted = replace(fitted, factors=replace(factors, caution=caution))
    if params.method != "score":
        quality = yield from measure_quality(fitted, counts[kept], codes[kept], rng)
        return replace(fitted, quality=quality)

    from spotscope.methods.expression._train import known_cells, train_score

    cells = []
    for some in (taught, kept):
        cells.append((yield from known_cells(fitted, counts[some], codes[some])))
    seed = int(rng.integers(2**31))
    score = yield from train_score(
        cells[0], cells[1], fitted.means, params.train_steps, seed, device
    )
    fitted = replace(fitted, score=score)
    quality = yield from measure_quality(fitted, counts[kept], codes[kept], rng)
    return replace(fitted, quality=quality)


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
