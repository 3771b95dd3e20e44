"""Missing genes told by every method at once, each as far as it was right on this very panel.

The panel's own genes are hidden in turn and told from the others, as the missing ones will be: that
gives the methods' weights (``methods.imputation.fit_blend``), each measured gene's correlation, and
intervals that hold nine counts in ten. Two members are averages of others over the panel's cells:
those most alike, and those nearest in the tissue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import expression
from spotscope.methods.imputation import (
    FLOORS,
    alike_cells,
    fit_blend,
    fit_conformal,
    inner_folds,
    nearby_cells,
)
from spotscope.model import Progress, update

if TYPE_CHECKING:
    import numpy.typing as npt
    import scipy.sparse as sp

    from spotscope.methods.expression import ExpressionParams, FittedExpression
    from spotscope.methods.imputation import Blend, Conformal
    from spotscope.model import Reference, Task

    F32 = npt.NDArray[np.float32]

__all__ = ["Blended", "Panel", "Weighed", "blend_panel", "correlations", "members", "weigh_methods"]

_FOLDS = 3
_AVERAGED = ("knn", "principal", "gaussian")
#: Cells that methods are weighed on, at most.
_WEIGHED = 5000
#: Numbers in each member's answer at once.
_CHUNK = 40_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Cells measured with a panel.

    Parameters
    ----------
    counts
        (cell, gene) raw counts of genes that the reference has.
    genes
        Their columns in the reference.
    codes
        (cell,) types, an index into ``reference.types``.
    yx_um
        (cell, 2); None where cells have no place.
    """

    counts: sp.csr_matrix
    genes: npt.NDArray[np.integer]
    codes: npt.NDArray[np.integer]
    yx_um: npt.NDArray[np.floating] | None = None

    def take(
        self, cells: npt.NDArray[np.integer], genes: npt.NDArray[np.integer] | None = None
    ) -> Panel:
        """Only some cells, and only some of the genes."""
        yx_um = None if self.yx_um is None else self.yx_um[cells]
        counts = self.counts[cells]
        if genes is None:
            return Panel(counts, self.genes, self.codes[cells], yx_um)
        return Panel(counts[:, genes].tocsr(), self.genes[genes], self.codes[cells], yx_um)


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """What hiding the panel's own genes taught.

    Parameters
    ----------
    blend
        The methods' weights.
    conformal
        How far counts lie from what was told; None where the panel has too few genes.
    r
        (panel gene,) correlation of each gene with what was told of it; NaN where that is unknown.
    """

    blend: Blend
    conformal: Conformal | None
    r: F32

    def interval(self, mean: F32) -> tuple[F32, F32] | tuple[None, None]:
        """Bounds that hold nine counts in ten, where they are known."""
        return (None, None) if self.conformal is None else self.conformal.interval(mean)

    def sd(self, mean: F32) -> F32 | None:
        """Typical distance of counts from what was told, where it is known."""
        return None if self.conformal is None else self.conformal.sd(mean)

    def said(self) -> str:
        """What the methods are worth, and how well measured genes were told."""
        if self.conformal is None:
            return "too few genes on the panel to weigh methods by: all are worth the same"
        share = self.blend.weights / self.blend.weights.sum()
        order = np.argsort(-share)
        worth = ", ".join(f"{self.blend.names[i]} {share[i]:.0%}" for i in order if share[i] > 0)
        return (
            f"methods are worth {worth}; the panel's own genes, hidden and told, have a median "
            f"correlation of {np.nanmedian(self.r):.2f} with what was measured"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Blended:
    """(cell, gene) expected counts, and what was learned on the way."""

    mean: F32
    weighed: Weighed


def blend_panel(
    panel: Panel,
    reference: Reference,
    fitted: FittedExpression,
    wanted: npt.NDArray[np.integer],
    params: ExpressionParams,
    seed: int = 0,
) -> Task[Blended]:
    """Tell genes by all methods.

    Parameters
    ----------
    panel
        Cells.
    reference, fitted
        Cells whose types are known, and what was learned of them.
    wanted
        (gene,) columns of the reference to tell.
    params
        Of the expression.
    seed
        Of the folds.
    """
    weighed = yield from weigh_methods(panel, reference, fitted, params, seed)
    parts, at_once = [], max(1, _CHUNK // max(panel.counts.shape[0], 1))
    for first in range(0, len(wanted), at_once):
        yield Progress("blending methods", first, len(wanted))
        some = wanted[first : first + at_once]
        found = yield from members(panel, reference, fitted, some, params)
        parts.append(weighed.blend.answer(found.items()))
    return Blended(np.concatenate(parts, axis=1), weighed)


def weigh_methods(
    panel: Panel,
    reference: Reference,
    fitted: FittedExpression,
    params: ExpressionParams,
    seed: int = 0,
) -> Task[Weighed]:
    """Hide the panel's own genes in turn.

    Parameters are those of :func:`blend_panel`. Cells keep the types that all genes told.
    """
    n_genes = len(panel.genes)
    names = [*FLOORS, "gaussian", "alike", *(["nearby"] if panel.yx_um is not None else [])]
    cells = _some_cells(panel, seed)
    answers, truths, folds = [], [], inner_folds(n_genes, _FOLDS, seed)
    for done, hidden in enumerate(folds):
        yield Progress("weighing methods", done, len(folds))
        left = panel.take(cells, np.setdiff1d(np.arange(n_genes), hidden))
        wanted = panel.genes[hidden]
        answers.append((yield from members(left, reference, fitted, wanted, params)))
        truths.append(panel.counts[cells][:, hidden].toarray())
    blend = fit_blend(answers, truths, names, "gaussian")
    r = np.full(n_genes, np.nan, np.float32)
    told = [blend.answer(found.items()) for found in answers]
    for hidden, mean, truth in zip(folds, told, truths, strict=True):
        r[hidden] = correlations(mean, truth)
    if not folds:
        return Weighed(blend, None, r)
    flat = [np.concatenate([part.ravel() for part in parts]) for parts in (told, truths)]
    return Weighed(blend, fit_conformal(flat[0], flat[1]), r)


def members(
    panel: Panel,
    reference: Reference,
    fitted: FittedExpression,
    wanted: npt.NDArray[np.integer],
    params: ExpressionParams,
) -> Task[dict[str, F32]]:
    """(cell, gene) expected counts by every method.

    Parameters are those of :func:`blend_panel`.
    """
    every, codes = reference.table.X.tocsc(), reference.codes.astype(np.int64)
    known, sought = every[:, panel.genes].tocsr(), every[:, wanted].tocsr()
    found: dict[str, F32] = {}
    for name, impute in FLOORS.items():
        yield Progress(f"imputing by {name}", 0, 1)
        said = impute(panel.counts, panel.codes, known, codes, sought)
        found[name] = said.astype(np.float32)
    names = reference.table.var_names.to_numpy(str)
    closed = yield from expression.impute(
        fitted, panel.counts, tuple(names[panel.genes]), fitted.codes(reference.types, panel.codes),
        update(params, method="gaussian"), genes=tuple(names[wanted]), rng=0,
    )  # fmt: skip
    order = [closed.gene_names.index(name) for name in names[wanted]]
    found["gaussian"] = closed.mean[:, order]
    totals = np.maximum(np.asarray(panel.counts.sum(axis=1, dtype=float)), 1.0).reshape(-1, 1)
    average = sum(found[name] for name in _AVERAGED) / (len(_AVERAGED) * totals)
    found["alike"] = (alike_cells(panel.counts) @ average * totals).astype(np.float32)
    if panel.yx_um is not None:
        found["nearby"] = (nearby_cells(panel.yx_um) @ average * totals).astype(np.float32)
    return found


def _some_cells(panel: Panel, seed: int) -> npt.NDArray[np.intp]:
    """Cells to weigh methods on; neighbours in the tissue, as nearness is one of the methods."""
    n = panel.counts.shape[0]
    if n <= _WEIGHED:
        return np.arange(n)
    rng = np.random.default_rng(seed)
    if panel.yx_um is None:
        return np.sort(rng.choice(n, _WEIGHED, replace=False))
    away = ((panel.yx_um - panel.yx_um[rng.integers(n)]) ** 2).sum(axis=1)
    return np.sort(np.argpartition(away, _WEIGHED)[:_WEIGHED])


def correlations(
    told: npt.NDArray[np.floating], truth: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """(gene,) Pearson correlations; NaN where a gene was counted in no cell."""
    a, b = told - told.mean(axis=0), truth - truth.mean(axis=0)
    size = np.sqrt((a.astype(float) ** 2).sum(axis=0) * (b.astype(float) ** 2).sum(axis=0))
    inner = (a * b).sum(axis=0)
    r = np.divide(inner, size, out=np.zeros(len(size)), where=size > 0)
    return np.where(b.any(axis=0), r, np.nan)
