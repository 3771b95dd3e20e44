"""Are the labels nearer to the truth than the baseline's? Told on a section whose truth is known.

The section is built again, of cells of the reference. Half of each type's cells is held back; from
the other half both methods learn the type. Spot s keeps its cells and its depth D_s, and

    n_s.   ~  Multinomial(n_s, ½ (p_s + b_s))        p what ours expects, b the baseline's shares
    drawn  =  sum of n_sk random cells of each type, of those held back
    y_sg   ~  Binomial(drawn_sg, q_g · min(1, D_s / Σ_g drawn_sg q_g))

where q_g, at most 1, says how well the spots' platform sees a gene beside the reference's: counts
observed over counts that the drawn cells would give at the spots' depths. (By counts that b would
give, b would be found again, whatever is true.) Both then label the cells of y, and are judged by
their shares of types. What reference and section do not share is not in it.

Counts held out of the section itself cannot judge labels: both halves of a spot hold the same large
and small cells, so labels that follow RNA, and not cells, foretell the other half better than the
truth does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from spotscope.methods.cell_typing._baseline import least_squares
from spotscope.methods.cell_typing._genes import share_genes
from spotscope.model import Membership, MethodError, Progress, Reference, Spots, spawn

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._fitted import FittedTyping
    from spotscope.methods.cell_typing._genes import SharedGenes
    from spotscope.methods.cell_typing._params import CellTypingParams
    from spotscope.model import Rng, Task

__all__ = ["AgainstBaseline", "against_baseline"]

Floats = npt.NDArray[np.float64]

#: More cells and spots than this tell little more: a neighbourhood of so many is looked at. Of few
#: spots, genes that two platforms catch differently could not be learned as in the section itself.
_CELLS, _SPOTS = 2000, 200
#: Of a type, more cells than this are not needed to know it.
_LEARNED = 1000
#: Spots built again of fewer counts than this share of the section's say nothing of its labels.
_DEEP_ENOUGH = 0.3
_STAGE = "comparing with the baseline"


@dataclass(frozen=True, slots=True)
class AgainstBaseline:
    """How far labels and baseline are from a truth that is known.

    Parameters
    ----------
    labels, baseline
        Root mean square error of the shares of types, over spots and types; 0 to 1.
    error
        Standard error of their difference.
    spots
        Number of spots judged.
    """

    labels: float
    baseline: float
    error: float
    spots: int

    @property
    def loses(self) -> bool:
        """Whether the baseline is nearer to the truth, beyond chance."""
        return self.labels - self.baseline > 2 * self.error

    @property
    def sentence(self) -> str:
        """One honest line, in hundredths of a spot's cells."""
        ours, plain, error = (100 * x for x in (self.labels, self.baseline, self.error))
        if abs(ours - plain) <= 2 * error:
            verdict = f"no difference beyond chance, ± {error:.1f}"
        elif self.loses:
            verdict = f"{ours - plain:.1f} ± {error:.1f} worse than the baseline"
        else:
            verdict = f"{plain - ours:.1f} ± {error:.1f} better"
        return (
            "With this section built again of reference cells held back, the labels' shares of "
            f"types are off by {ours:.1f} points, the baseline's by {plain:.1f} ({verdict})"
        )


def against_baseline(
    spots: Spots,
    reference: Reference,
    membership: Membership,
    yx_um: Floats,
    params: CellTypingParams,
    fitted: FittedTyping,
    *,
    rng: Rng = None,
) -> Task[AgainstBaseline]:
    """Compare labels and baseline on the section built again.

    Parameters
    ----------
    spots, reference, membership, yx_um, params
        As for ``fit``.
    fitted
        What it answered.
    rng
        Draws cells and their counts.

    Raises
    ------
    MethodError
        If the section built again has too little in it to be typed, or to speak for the section.
    """
    from spotscope.methods.cell_typing._fit import fit, predict

    yield Progress(_STAGE, 0, 1)
    for_world, for_fit = spawn(rng, 2)
    expected = predict(fitted, params).proportions
    kept, part, places = _neighbourhood(spots, membership, yx_um)
    genes = share_genes(_some(spots, kept), reference)
    plain = least_squares(genes, reference.types, part)
    shares = 0.5 * (np.asarray(expected, np.float64)[kept] + plain.proportions.astype(np.float64))
    learned, held = _parted(reference, for_world)
    truth, drawn = _draw(shares, part, reference, genes, held, for_world)
    seen = _on_platform(drawn, genes, for_world)
    _stop_if_shallow(seen, genes)
    world = _world(spots, kept, genes, seen)
    known = _on_genes(reference, genes, learned)
    yield Progress(_STAGE, 0, 1)
    again = yield from _quietly(fit(world, known, part, places, params, rng=for_fit))
    codes = predict(again, params).codes
    rounded = least_squares(share_genes(world, known), known.types, part).codes
    return _judge(truth, codes, rounded, part.owner, len(reference.types))


def _parted(
    reference: Reference, rng: np.random.Generator
) -> tuple[npt.NDArray[np.intp], list[npt.NDArray[np.intp]]]:
    """Cells to learn from, and of each type those held back; a type of one cell is both."""
    counted = np.diff(reference.table.X.indptr) > 0
    learned, held = [], []
    for code in range(reference.n_types):
        rows = rng.permutation(np.flatnonzero((reference.codes == code) & counted))
        half = len(rows) // 2
        learned.append(rows[half:][:_LEARNED])
        held.append(rows[:half] if half else rows)
    return np.sort(np.concatenate(learned)), held


def _draw(
    shares: Floats,
    membership: Membership,
    reference: Reference,
    genes: SharedGenes,
    held: list[npt.NDArray[np.intp]],
    rng: np.random.Generator,
) -> tuple[npt.NDArray[np.int16], sp.csr_matrix]:
    """(cell,) types, -1 where nothing is said; and (spot, gene) the sums of such cells."""
    there = np.array([len(rows) > 0 for rows in held])
    odds = np.cumsum(shares * there, axis=1)
    inside = np.flatnonzero((membership.owner >= 0) & (odds[membership.owner, -1] > 0))
    owner = membership.owner[inside]
    at = rng.uniform(size=len(inside)) * odds[owner, -1]
    types = (odds[owner] <= at[:, None]).sum(axis=1)
    truth = np.full(len(membership.owner), -1, np.int16)
    truth[inside] = types
    rows = np.empty(len(inside), np.intp)
    for code in np.unique(types):
        rows[types == code] = rng.choice(held[code], int((types == code).sum()))
    member = sp.csr_matrix(
        (np.ones(len(owner), np.int32), (owner, np.arange(len(owner)))),
        shape=(len(shares), len(owner)),
    )
    return truth, (member @ (reference.table.X[rows] @ genes.right)).tocsr()


def _on_platform(
    drawn: sp.csr_matrix, genes: SharedGenes, rng: np.random.Generator
) -> sp.csr_matrix:
    """The drawn counts as the spots' platform sees them, and no deeper than the spots are."""
    observed = np.asarray(genes.counts.sum(axis=0), float).ravel()
    depth = np.asarray(genes.counts.sum(axis=1), float).ravel()
    explained = drawn.T @ (depth / np.maximum(np.asarray(drawn.sum(axis=1)).ravel(), 1.0))
    # a gene with few counts is taken to be seen as any other
    caught = (observed + 10.0) / (explained + 10.0)
    caught = np.minimum(caught / max(float(np.quantile(caught, 0.95)), 1e-12), 1.0)
    share = np.minimum(depth / np.maximum(drawn @ caught, 1e-12), 1.0)
    row = np.repeat(np.arange(drawn.shape[0]), np.diff(drawn.indptr))
    counts = rng.binomial(drawn.data.astype(np.int64), share[row] * caught[drawn.indices])
    seen = sp.csr_matrix((counts.astype(np.int32), drawn.indices, drawn.indptr), shape=drawn.shape)
    seen.eliminate_zeros()
    return seen


def _stop_if_shallow(seen: sp.csr_matrix, genes: SharedGenes) -> None:
    built, real = (
        float(np.median(np.asarray(counts.sum(axis=1)))) for counts in (seen, genes.counts)
    )
    if built < _DEEP_ENOUGH * real:
        raise MethodError(
            f"Expected reference cells deep enough to build the section's spots again, found "
            f"{built:,.0f} counts for the {real:,.0f} of a spot; a deeper reference would tell "
            "whether the labels are better than the baseline's."
        )


def _world(
    spots: Spots, kept: npt.NDArray[np.intp], genes: SharedGenes, counts: sp.csr_matrix
) -> Spots:
    from anndata import AnnData

    table = spots.table
    obs = pd.DataFrame(index=table.obs_names[kept])
    return Spots(
        AnnData(counts, obs=obs, var=pd.DataFrame(index=list(genes.names))),
        spots.yx_um[kept],
        spots.lattice,
    )


def _on_genes(reference: Reference, genes: SharedGenes, rows: npt.NDArray[np.intp]) -> Reference:
    """Some cells of the reference, on the shared genes under their names in the section."""
    from anndata import AnnData

    counts = (reference.table.X[rows] @ genes.right).tocsr().astype(np.int32)
    table = AnnData(
        counts,
        obs=pd.DataFrame(index=reference.table.obs_names[rows]),
        var=pd.DataFrame(index=list(genes.names)),
    )
    return Reference(table, reference.types, reference.codes[rows], reference.name)


def _judge(
    truth: npt.NDArray[np.integer],
    codes: npt.NDArray[np.integer],
    rounded: npt.NDArray[np.integer],
    owner: npt.NDArray[np.int32],
    n_types: int,
) -> AgainstBaseline:
    """Errors of shares over spots; that of their difference by leaving out a spot at a time."""
    known = truth >= 0
    spots, spot = np.unique(owner[known], return_inverse=True)

    def shares(labels: npt.NDArray[np.integer]) -> Floats:
        found = np.zeros((len(spots), n_types))
        there = labels[known] >= 0
        np.add.at(found, (spot[there], labels[known][there]), 1.0)
        return found / np.maximum(found.sum(axis=1, keepdims=True), 1.0)

    right = shares(truth)
    off = [((shares(labels) - right) ** 2).mean(axis=1) for labels in (codes, rounded)]
    n = len(spots)
    rmse = [float(np.sqrt(one.mean())) for one in off]
    without = [np.sqrt((one.sum() - one) / max(n - 1, 1)) for one in off]
    less = without[0] - without[1]
    error = float(np.sqrt((n - 1) / n * ((less - less.mean()) ** 2).sum()))
    return AgainstBaseline(rmse[0], rmse[1], error, n)


def _quietly(task: Task[FittedTyping]) -> Task[FittedTyping]:
    """The same task under one name."""
    while True:
        try:
            next(task)
        except StopIteration as stop:
            return stop.value
        yield Progress(_STAGE, 0, 1)


def _some(spots: Spots, kept: npt.NDArray[np.intp]) -> Spots:
    return Spots(spots.table[kept].copy(), spots.yx_um[kept], spots.lattice)


def _neighbourhood(
    spots: Spots, membership: Membership, yx_um: Floats
) -> tuple[npt.NDArray[np.intp], Membership, Floats]:
    """The spots with cells that lie nearest to the middle one, and the cells they touch."""
    per_spot = membership.cells_per_spot
    busy = np.flatnonzero(per_spot > 0)
    if len(membership.owner) <= _CELLS or len(busy) <= _SPOTS:
        return np.arange(spots.n), membership, yx_um
    away = ((spots.yx_um[busy] - np.median(spots.yx_um[busy], axis=0)) ** 2).sum(axis=1)
    nearest = busy[np.argsort(away, kind="stable")]
    kept = np.sort(nearest[: max(_SPOTS, int((np.cumsum(per_spot[nearest]) <= _CELLS).sum()))])
    touched = membership.overlap[kept]
    cells = np.flatnonzero(touched.sum(axis=0).A1)
    renamed = np.full(spots.n + 1, -1, np.int32)
    renamed[kept] = np.arange(len(kept))
    part = Membership(touched[:, cells].tocsr(), renamed[membership.owner[cells]])
    return kept, part, yx_um[cells]
