"""Every way of imputing behind one call, each tried on reference cells whose genes are hidden."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.methods import expression
from spotscope.methods.imputation import FLOORS
from spotscope.pipeline.expression._fit import learn_reference
from spotscope.pipeline.expression._impute_blend import Panel, blend_panel, correlations, members

if TYPE_CHECKING:
    import numpy.typing as npt
    import scipy.sparse as sp

    from spotscope.methods.expression import CellExpression, ExpressionParams, FittedExpression
    from spotscope.model import GeneSpace, Reference, Task
    from spotscope.pipeline.expression._impute_blend import Weighed

    F32 = npt.NDArray[np.float32]

__all__ = ["Teller", "Told"]

#: Cells of the reference whose genes are hidden and told, to say how well that goes.
_TESTED = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What a method says.

    Parameters
    ----------
    mean
        (cell, gene) expected counts.
    r_in_reference
        (gene,) correlation over reference cells of which only the panel's genes are shown.
    sd, low, high
        (cell, gene) spread and 90 % interval, of methods that give one.
    r_cross_validated
        (gene,) of measured genes, over the panel's cells; NaN of others.
    notes
        What the user should know.
    """

    mean: F32
    r_in_reference: F32
    sd: F32 | None = None
    low: F32 | None = None
    high: F32 | None = None
    r_cross_validated: F32 | None = None
    notes: tuple[str, ...] = ()


class Teller:
    """What every way of imputing is given.

    Parameters
    ----------
    reference
        Cells whose types are known.
    space
        Genes that the panel shares with it.
    counts, known
        (cell, shared gene) and (reference cell, shared gene).
    codes
        (cell,) types of the panel's cells.
    names
        Genes to tell.
    method
        Name.
    places
        (cell, 2) x, y of the panel's cells; None where they have none.
    """

    def __init__(
        self,
        reference: Reference,
        space: GeneSpace,
        counts: sp.csr_matrix,
        known: sp.csr_matrix,
        codes: npt.NDArray[np.int64],
        names: tuple[str, ...],
        method: str,
        places: npt.NDArray[np.floating] | None = None,
    ) -> None:
        self.reference, self.space, self.method = reference, space, method
        self.counts, self.known, self.codes, self.names = counts, known, codes, names
        self.places = places
        self.columns = reference.table.var_names.astype(str).get_indexer(list(names))
        self.wanted = reference.table.X[:, self.columns].tocsr()
        totals = np.asarray(known.sum(axis=1)).ravel()
        some = np.random.default_rng(0).permutation(np.flatnonzero(totals > 0))
        self.tested = np.sort(some[: min(_TESTED, len(totals) // 3)])

    def by_floor(self) -> Told:
        """By a simple method; tested on cells that it is not shown."""
        impute = FLOORS[self.method]
        learned = self.reference.codes.astype(np.int64)
        mean = impute(self.counts, self.codes, self.known, learned, self.wanted)
        rest = np.setdiff1d(np.arange(len(learned)), self.tested)
        said = impute(
            self.known[self.tested],
            learned[self.tested],
            self.known[rest],
            learned[rest],
            self.wanted[rest],
        )
        return Told(mean.astype(np.float32), self._correlation(said))

    def by_tier(self, params: ExpressionParams, seed: int, device: str) -> Task[Told]:
        """By a tier of the expression."""
        fitted = yield from learn_reference(self.reference, params, seed=seed, device=device)

        def told(counts: sp.csr_matrix, codes: npt.NDArray[np.int64]) -> Task[CellExpression]:
            own = fitted.codes(self.reference.types, codes)
            return expression.impute(
                fitted, counts, self.space.genes, own, params, genes=self.names, rng=seed,
                device=device,
            )  # fmt: skip

        found = yield from told(self.counts, self.codes)
        inside = self.known[self.tested]
        again = yield from told(inside, self.reference.codes[self.tested].astype(np.int64))
        return Told(found.mean, self._correlation(again.mean), found.sd)

    def by_blend(self, params: ExpressionParams, seed: int, device: str) -> Task[Told]:
        """By all methods, each as far as it is right on this panel."""
        fitted = yield from learn_reference(self.reference, params, seed=seed, device=device)
        right = self.space.right.tocsc()
        genes = right.indices[right.indptr[:-1]]
        panel = Panel(self.counts, genes, self.codes, self.places)
        found = yield from blend_panel(panel, self.reference, fitted, self.columns, params, seed)
        weighed = found.weighed
        again = yield from self._inside(weighed, genes, fitted, params)
        measured = np.full(self.reference.table.n_vars, np.nan, np.float32)
        measured[genes] = weighed.r
        low, high = weighed.interval(found.mean)
        return Told(
            found.mean,
            self._correlation(again),
            weighed.sd(found.mean),
            low,
            high,
            measured[self.columns],
            (weighed.said(),),
        )

    def _inside(
        self,
        weighed: Weighed,
        genes: npt.NDArray[np.integer],
        fitted: FittedExpression,
        params: ExpressionParams,
    ) -> Task[F32]:
        """(tested cell, gene) of reference cells, told from the others."""
        rest = np.setdiff1d(np.arange(self.reference.table.n_obs), self.tested)
        codes = self.reference.codes.astype(np.int64)
        cells = Panel(self.known[self.tested], genes, codes[self.tested])
        others = replace(self.reference, table=self.reference.table[rest].copy(), codes=codes[rest])
        found = yield from members(cells, others, fitted, self.columns, params)
        return weighed.blend.answer(found.items())

    def _correlation(self, said: npt.NDArray[Any]) -> F32:
        """(gene,) Pearson correlation over the tested cells; 0 where one side is constant."""
        truth = self.wanted[self.tested].toarray().astype(float)
        return np.nan_to_num(correlations(said, truth)).astype(np.float32)
