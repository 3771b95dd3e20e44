"""Spots made of the reference's own cells, which stand in for those of the section.

Each is a random cell of its type, brought to the spots' platform: of a count of gene g in a cell of
type k so much is caught,

    f_kg = (B_k· / x_k·) (m B)_g / (m x)_g,

B the (type, gene) counts of a cell on the spots' platform, x those of the reference, m the
section's mix. A spot's cells are then summed. Which cells stand in, and what is caught of them,
hangs on no order of the reference's cells and genes.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.methods.cell_typing._fit_moments import expected_cells
from spotscope.methods.cell_typing._tosses import count_numbers
from spotscope.methods.cell_typing._weigh import cell_weights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spotscope.methods.cell_typing._state import State
    from spotscope.model import Reference

__all__ = ["drawing_order", "of_reference_cells"]

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int16]
Rows = npt.NDArray[np.intp]

#: Cells of the reference that are taken out of it together.
_AT_ONCE = 200


def of_reference_cells(
    part: State,
    truth: Codes,
    reference: Reference,
    picked: sp.csr_matrix,
    order: Rows,
    rng: np.random.Generator,
) -> State:
    """The same section, its counts those of cells of the reference.

    Parameters
    ----------
    part
        Of a section, with a metric.
    truth
        (spot cell,) types.
    reference, picked
        Its cells, and the (reference gene, gene) choice of the genes that are used.
    order
        (counted reference cell,) as :func:`drawing_order` has them.
    rng
        Draws cells, and which of their counts are caught.
    """
    assert part.metric is not None
    rows = _alike(truth, reference.codes[order], order, rng)
    by_name = np.argsort(part.genes)
    picked = picked[:, by_name]
    # how much of a gene of a type's cell the spots' platform sees: a factor for each of the two
    known = np.asarray(reference.profiles() @ picked) * reference.mean_total()[:, None]
    here = part.metric.profiles[:, by_name]
    depth = here.sum(axis=1) / np.maximum(known.sum(axis=1), 1e-12)
    caught = (part.mix @ here) / np.maximum(part.mix @ (depth[:, None] * known), 1e-12)
    factor = depth[:, None] * caught
    # a count cannot be made into two: where the spots are the richer, all is thinned alike
    seen = np.zeros(factor.size, np.int64)
    for _, _, _, at in _spots_at_a_time(part, rows, truth, reference, picked):
        seen += np.bincount(at, minlength=factor.size)
    share = 1 / max(1.0, _quantile(factor.ravel(), seen, 0.95))
    chance = np.minimum(share * factor.ravel(), 1.0)
    made = []
    for n_spots, spot, cells, at in _spots_at_a_time(part, rows, truth, reference, picked):
        kept = sp.csr_matrix(
            (rng.binomial(cells.data, chance[at]), cells.indices, cells.indptr), shape=cells.shape
        )
        ones = (np.ones(len(spot), np.int32), (spot, np.arange(len(spot))))
        made.append((sp.csr_matrix(ones, shape=(n_spots, len(spot))) @ kept).astype(np.int32))
    counts = sp.vstack(made).tocsr()[:, np.argsort(by_name)]
    counts.eliminate_zeros()
    counts.sort_indices()
    metric = part.metric.thinned(share)
    weights = cell_weights(metric, counts)
    umis = np.asarray(counts.sum(axis=1), float).ravel()
    mixtures = replace(part.mixtures, counts=counts, umis=umis)
    expected = expected_cells(weights, part.n_cells, part.mix)
    return replace(part, mixtures=mixtures, metric=metric, weights=weights, expected=expected)


def _spots_at_a_time(
    part: State,
    rows: Rows,
    truth: Codes,
    reference: Reference,
    picked: sp.csr_matrix,
) -> Iterator[tuple[int, npt.NDArray[np.int64], sp.csr_matrix, npt.NDArray[np.int64]]]:
    """The cells of some spots: number of spots, (cell,) spot of them, their counts, (value,) place.

    The place is that of a value's type and gene in a (type, gene) table. All cells at once would be
    the largest thing that typing a small section holds.
    """
    owner, n_spots = part.owner[part.spot_cells].astype(np.int64), len(part.weights)
    first = np.searchsorted(owner, np.arange(n_spots + 1))
    cuts = np.searchsorted(first, np.arange(_AT_ONCE, len(owner), _AT_ONCE))
    for low, high in itertools.pairwise(np.unique([0, *cuts, n_spots])):
        cells = slice(first[low], first[high])
        counts = (reference.table.X[rows[cells]] @ picked).tocsr()
        counts.sort_indices()
        types = np.repeat(truth[cells].astype(np.int64), np.diff(counts.indptr))
        yield int(high - low), owner[cells] - low, counts, types * picked.shape[1] + counts.indices


def _quantile(values: Floats, number: npt.NDArray[np.int64], share: float) -> float:
    """The quantile of values of which there are so many each; 1 where there are none.

    Parameters
    ----------
    values, number
        (value,).
    share
        0 to 1.
    """
    if not number.any():
        return 1.0
    order = np.argsort(values, kind="stable")
    up_to = np.cumsum(number[order])
    at = share * (up_to[-1] - 1)
    below, above = (
        values[order[np.searchsorted(up_to, k, "right")]] for k in (math.floor(at), math.ceil(at))
    )
    return float(below + (above - below) * (at - math.floor(at)))


def drawing_order(reference: Reference) -> Rows:
    """(counted cell,) cells of the reference in an order that goes with what they counted."""
    counts = reference.table.X
    order = np.argsort(count_numbers(counts, list(reference.table.var_names)), kind="stable")
    return np.asarray(order[np.diff(counts.indptr)[order] > 0], np.intp)


def _alike(truth: Codes, codes: Codes, order: Rows, rng: np.random.Generator) -> Rows:
    """(spot cell,) a random cell of each type; ``codes`` are those of the cells in ``order``."""
    rows = np.empty(len(truth), np.intp)
    for code in np.unique(truth):
        wanted = truth == code
        rows[wanted] = rng.choice(order[codes == code], wanted.sum())
    return rows
