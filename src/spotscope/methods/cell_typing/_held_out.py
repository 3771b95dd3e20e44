"""Are the labels worth more than the baseline's? Told by counts that neither has seen.

Every count goes to one of two halves by the toss of a coin. The method and the baseline each label
the cells from the first half alone, and both are judged on the second by one rule that belongs to
neither: with m_sg the mean profile of the labels of spot s,

    m_sg  =  Σ_k n_sk r_k μ_kg / Σ_k n_sk r_k
    p_sg  ∝  (1 - ε) m_sg e_g + ε a_g
    gain  =  Σ_sg z_sg log2 (p_sg / a_g) / Σ_sg z_sg            (second half z)

where a_g is the section's average: bits per count by which the labels tell where counts lie,
beyond what one knows without any label. The RNA of a cell of a type, r_k, and a factor a gene, e_g,
are fitted to each set of labels on the first half in the same way, by maximum likelihood (EM for r,
matching sums for e). The error is that of the difference between the two, over spots.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.methods.cell_typing._baseline import least_squares
from spotscope.methods.cell_typing._genes import share_genes
from spotscope.model import Membership, Progress, Spots, spawn

if TYPE_CHECKING:
    from anndata import AnnData

    from spotscope.methods.cell_typing._fitted import FittedTyping
    from spotscope.methods.cell_typing._params import CellTypingParams
    from spotscope.model import Reference, Rng, Task

__all__ = ["HeldOut", "gains", "held_out"]

Floats = npt.NDArray[np.float64]

#: More cells than this tell little more: a neighbourhood of so many is looked at.
_CELLS = 2000
#: Genes that are judged by: those with the most counts.
_GENES = 2000
#: Share of the section's average in every spot, so that nothing is impossible.
_FLOOR = 0.02
#: Rounds of fitting the judge's own numbers: RNA alone first, or the genes' factors take its part.
_RNA_TURNS, _TURNS = 40, 60
_STAGE = "comparing with the baseline"


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What labels tell of counts that were held out.

    Parameters
    ----------
    labels, baseline
        Bits per 1,000 counts, beyond the section's average.
    error
        Standard error of their difference.
    spots
        Number of spots looked at.
    """

    labels: float
    baseline: float
    error: float
    spots: int

    @property
    def sentence(self) -> str:
        """One honest line, to follow a colon."""
        more = self.labels - self.baseline
        if abs(more) <= 2 * self.error:
            verdict = f"no difference beyond chance, ± {self.error:.1f}"
        elif more > 0:
            verdict = f"{more:,.1f} ± {self.error:.1f} more"
        else:
            verdict = f"{-more:,.1f} ± {self.error:.1f} less than the baseline"
        return (
            f"of counts held out, the labels tell {self.labels:,.1f} bits per 1,000 and the "
            f"baseline {self.baseline:,.1f} ({verdict})"
        )


def held_out(
    spots: Spots,
    reference: Reference,
    membership: Membership,
    yx_um: Floats,
    params: CellTypingParams,
    *,
    nu: float,
    rng: Rng = None,
) -> Task[HeldOut]:
    """Compare labels and baseline on the half of the counts that neither has seen.

    Parameters
    ----------
    spots, reference, membership, yx_um, params
        As for ``fit``.
    nu
        Smoothness of the labels, in nats.
    rng
        Tosses the coins.
    """
    from spotscope.methods.cell_typing._fit import fit

    yield Progress(_STAGE, 0, 1)
    spots, membership, yx_um = _neighbourhood(spots, membership, yx_um)
    for_halves, for_fit = spawn(rng, 2)
    first, second = _halves(spots, for_halves)
    half = replace(spots, table=_with_counts(spots, first))
    task = fit(half, reference, membership, yx_um, params, rng=for_fit)
    fitted = yield from _quietly(task)
    codes = fitted.solve(nu).codes
    genes = share_genes(half, reference)
    plain = least_squares(genes, reference.types, membership).codes
    places = spots.table.var_names.get_indexer(list(genes.names))
    judged = np.sort(np.argsort(-genes.counts.sum(axis=0).A1, kind="stable")[:_GENES])
    seen, unseen = genes.counts[:, judged].tocsr(), second[:, places[judged]].tocsr()
    # a cell between spots has a label of its neighbours, but no counts
    inside = membership.owner >= 0
    owner = membership.owner[inside]
    told = [
        gains(labels[inside], owner, genes.profiles[:, judged], seen, unseen)
        for labels in (codes, plain)
    ]
    return _sum_up(told[0], told[1], np.asarray(unseen.sum(axis=1), float).ravel())


def gains(
    codes: npt.NDArray[np.integer],
    owner: npt.NDArray[np.int32],
    profiles: Floats,
    seen: sp.csr_matrix,
    unseen: sp.csr_matrix,
) -> Floats:
    """(spot,) bits by which labels tell unseen counts; NaN for spots without a labelled cell.

    Parameters
    ----------
    codes
        (cell,) type, -1 for none.
    owner
        (cell,) spot of the cell.
    profiles
        (type, gene) mean share of counts.
    seen, unseen
        (spot, gene) the two halves.
    """
    known = codes >= 0
    mix = np.zeros((seen.shape[0], len(profiles)))
    np.add.at(mix, (owner[known], codes[known]), 1.0)
    n = mix.sum(axis=1)
    there = n > 0
    average = np.asarray(seen.sum(axis=0), float).ravel() + 1e-3
    average /= average.sum()
    depth = np.asarray(seen.sum(axis=1), float).ravel()
    mean = _fitted_means(mix, depth, profiles, seen, average)
    spot = np.repeat(np.arange(unseen.shape[0]), np.diff(unseen.indptr))
    told = (1 - _FLOOR) * mean[spot, unseen.indices] + _FLOOR * average[unseen.indices]
    bits = unseen.data * np.log2(told / average[unseen.indices])
    return np.where(there, np.bincount(spot, bits, minlength=len(there)), np.nan)


def _fitted_means(
    mix: Floats, depth: Floats, profiles: Floats, seen: sp.csr_matrix, average: Floats
) -> Floats:
    """(spot, gene) shares of counts by the mean profiles of the spots' cells."""
    observed = np.asarray(seen.sum(axis=0), float).ravel()
    rna = np.ones(len(profiles))
    factor = np.ones(len(average))
    mean = np.zeros(seen.shape)
    spot = np.repeat(np.arange(seen.shape[0]), np.diff(seen.indptr))
    for turn in range(_TURNS):
        weights = mix * rna
        weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
        shown = profiles * factor
        shown /= shown.sum(axis=1, keepdims=True)
        mean = weights @ shown
        told = (1 - _FLOOR) * mean[spot, seen.indices] + _FLOOR * average[seen.indices]
        # EM: counts that each type explains, against the counts its cells would have at equal RNA
        ratio = sp.csr_matrix(
            ((1 - _FLOOR) * seen.data / told, seen.indices, seen.indptr), seen.shape
        )
        explained = weights * (ratio @ shown.T)
        share = mix / np.maximum((mix * rna).sum(axis=1, keepdims=True), 1e-12)
        rna = explained.sum(axis=0) / np.maximum(share.T @ explained.sum(axis=1), 1e-12)
        rna = np.clip(rna, 0.02, 50.0)
        if turn < _RNA_TURNS:
            continue
        # a gene with few counts keeps a factor near 1
        factor *= (observed + 1.0) / (depth @ mean + 1.0)
    return mean


def _sum_up(labels: Floats, plain: Floats, counts: Floats) -> HeldOut:
    """Bits per 1,000 counts, and the error of the difference of two ratios of sums."""
    both = np.isfinite(labels) & np.isfinite(plain)
    labels, plain, counts = labels[both], plain[both], counts[both]
    per = 1000.0 / max(float(counts.sum()), 1.0)
    more = (labels - plain) - counts * (labels - plain).sum() / max(counts.sum(), 1.0)
    n = len(more)
    error = float(np.sqrt((more**2).sum() * n / max(n - 1, 1)))
    return HeldOut(float(labels.sum() * per), float(plain.sum() * per), error * per, n)


def _quietly(task: Task[FittedTyping]) -> Task[FittedTyping]:
    """The same task under one name."""
    while True:
        try:
            next(task)
        except StopIteration as stop:
            return stop.value
        yield Progress(_STAGE, 0, 1)


def _halves(spots: Spots, rng: np.random.Generator) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    counts = spots.counts
    heads = rng.binomial(counts.data, 0.5).astype(counts.data.dtype)
    made = []
    for data in (heads, counts.data - heads):
        half = sp.csr_matrix((data, counts.indices.copy(), counts.indptr.copy()), counts.shape)
        half.eliminate_zeros()
        made.append(half)
    return made[0], made[1]


def _with_counts(spots: Spots, counts: sp.csr_matrix) -> AnnData:
    table = spots.table.copy()
    table.X = counts
    return table


def _neighbourhood(
    spots: Spots, membership: Membership, yx_um: Floats
) -> tuple[Spots, Membership, Floats]:
    """The spots with cells that lie nearest to the middle one, and the cells they touch."""
    per_spot = membership.cells_per_spot
    if len(membership.owner) <= _CELLS:
        return spots, membership, yx_um
    busy = np.flatnonzero(per_spot > 0)
    away = ((spots.yx_um[busy] - np.median(spots.yx_um[busy], axis=0)) ** 2).sum(axis=1)
    nearest = busy[np.argsort(away, kind="stable")]
    kept = np.sort(nearest[: max(1, int((np.cumsum(per_spot[nearest]) <= _CELLS).sum()))])
    touched = membership.overlap[kept]
    cells = np.flatnonzero(touched.sum(axis=0).A1)
    renamed = np.full(spots.n + 1, -1, np.int32)
    renamed[kept] = np.arange(len(kept))
    part = Membership(touched[:, cells].tocsr(), renamed[membership.owner[cells]])
    table = spots.table[kept].copy()
    return Spots(table, spots.yx_um[kept], spots.lattice), part, yx_um[cells]
