"""The closed form: how cells of a type differ together, and what a spot's counts say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.expression._describe import describe
from spotscope.methods.expression._posterior import Loadings, infer, log_variance, mean_rates
from spotscope.methods.expression._together import TypesInSpots, infer_together
from spotscope.model import MethodError

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.methods.expression._arrange import Ints
    from spotscope.methods.expression._describe import Cut, Described
    from spotscope.methods.expression._evidence import Evidence
    from spotscope.methods.expression._kept_latents import KeptLatents
    from spotscope.methods.expression._posterior import Latents
    from spotscope.methods.expression._together import Together

#: Steps of Fisher scoring. The counts of one cell have one explanation, which is gone to. Several
#: cells can explain a sum in several ways, between which they are only averaged as long as one
#: stays where all are equally far: the first step is the best linear answer, later ones pick a way.
_ALONE, _TOGETHER = 6, 1

__all__ = ["GaussianCells", "cross_covariance", "straight_rates"]


class GaussianCells:
    """Answers for spots with equally many cells.

    Parameters
    ----------
    evidence
        What is known of the section.
    kept
        Of the same section: spots it knows are not asked again, others are put in.
    """

    def __init__(self, evidence: Evidence, kept: KeptLatents | None = None) -> None:
        factors = evidence.fitted.factors
        if factors is None:
            raise MethodError(
                "Expected a fit with directions, found one of the split alone; learn from the "
                "reference with the method 'gaussian'."
            )
        self.evidence, self.factors, self.kept = evidence, factors, kept
        self.shared = Loadings(factors.loadings[evidence.shared], factors.doubt[evidence.shared])
        self.wanted = Loadings(factors.loadings[evidence.wanted])
        own = factors.dispersion * (1 + evidence.fitted.doubt()) + evidence.fitted.doubt()
        own += factors.spread @ factors.doubt.T
        self.own = own.astype(np.float32)
        self.psi = self.own[:, evidence.wanted]
        of_log = factors.spread @ (self.wanted.matrix.astype(np.float64) ** 2).T
        self.variance = (np.exp(of_log) * (1 + self.psi) - 1).astype(np.float32)
        #: (cell, latent) means of the cells asked so far; NaN of others
        self.known = np.full((len(evidence.codes), self.wanted.q), np.nan, np.float32)

    def latents(self, spots: Ints, cells: Ints, counts: npt.NDArray[np.float32]) -> Latents:
        """Posterior of the cells' latents from all shared genes."""
        e, codes = self.evidence, self.evidence.codes[cells]
        base = self.base(spots, cells, e.shared)
        psi = self.own[:, e.shared][codes]
        return infer(
            base,
            counts,
            psi,
            self.factors.spread[codes],
            self.shared,
            e.scene.noise,
            caution=self.factors.caution,
            alike=e.alike,
            steps=_ALONE if cells.shape[1] == 1 else _TOGETHER,
        )

    def __call__(self, spots: Ints, cells: Ints) -> Described:
        """Describe the cells (b, m) of spots (b,)."""
        e = self.evidence
        counts = e.counts_of(spots)
        cut = e.cut(spots, cells, counts, self.psi, self.variance)
        if cells.shape[1] == 1:
            alone = self.alone(spots, cells, counts)
            self.known[cells] = alone.mean
            return self.describe(cut, spots, cells, alone)
        found = self.together(spots, cells, counts)
        self.known[cells] = found.means()
        rates = straight_rates(cut.prior, found.way(self.wanted))
        own = found.log_variance(self.wanted)
        return describe(cut, rates, own, found.covariance_with_sum(rates, self.wanted))

    def alone(self, spots: Ints, cells: Ints, counts: npt.NDArray[np.float32]) -> Latents:
        """Posterior of the latents of spots' only cells, (b, 1)."""
        if self.kept is None:
            return self.latents(spots, cells, counts)
        if (known := self.kept.alone(spots)) is None:
            known = self.latents(spots, cells, counts)
            self.kept.keep_alone(spots, known)
        return known

    def together(self, spots: Ints, cells: Ints, counts: npt.NDArray[np.float32]) -> Together:
        """Posterior of many cells' latents, of as much work as for their types."""
        e = self.evidence
        groups = TypesInSpots.of(e.codes[cells], e.arrangement.seen[cells])
        if self.kept is None:
            return self._asked(spots, groups, counts)
        spread = self.factors.spread[groups.types]
        if (known := self.kept.together(spots, groups, spread, e.alike)) is None:
            known = self._asked(spots, groups, counts)
            self.kept.keep_together(spots, known)
        return known

    def _asked(
        self, spots: Ints, groups: TypesInSpots, counts: npt.NDArray[np.float32]
    ) -> Together:
        e = self.evidence
        return infer_together(
            np.exp(e.log_rates_of_types(spots, groups.types, e.shared)),
            counts,
            self.own[:, e.shared][groups.types],
            self.factors.spread[groups.types],
            groups,
            self.shared,
            e.scene.noise,
            caution=self.factors.caution,
            alike=e.alike,
        )

    def describe(self, cut: Cut, spots: Ints, cells: Ints, found: Latents) -> Described:
        """Describe cells by the posterior of their latents, every cell by itself."""
        if cells.shape[1] == 1:
            rates = mean_rates(self.base(spots, cells, self.evidence.wanted), found, self.wanted)
        else:
            way = found.mean.astype(np.float32) @ self.wanted.matrix.T
            rates = straight_rates(cut.prior, way)
        own = log_variance(found, self.wanted)
        return describe(cut, rates, own, cross_covariance(rates, found, self.wanted))

    def base(self, spots: Ints, cells: Ints, genes: Ints) -> npt.NDArray[np.float32]:
        """(spot, cell, gene) b, see ``_posterior``."""
        factors, e = self.factors, self.evidence
        log = e.log_rates(spots, cells, genes)
        excess = 0.5 * factors.spread @ (factors.loadings[genes].astype(np.float64) ** 2).T
        return log - excess.astype(np.float32)[e.codes[cells]]


def straight_rates(
    prior: npt.NDArray[np.float32], way: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """(spot, cell, gene) rates at the end of a straight step w·h from the types' means m.

    The best linear estimate is m (1 + w·h); where it would fall below m it is bent, m e^{w·h}, so
    that it stays above 0.
    """
    return prior * np.where(way > 0, 1 + way, np.exp(np.minimum(way, 0)))


def cross_covariance(
    rates: npt.NDArray[np.float32], found: Latents, loadings: Loadings
) -> npt.NDArray[np.float32]:
    """(spot, cell, gene) Σ_c' wᵀ V_cc' w ρ_c' / f: how ln ρ_c goes with the spot's sum."""
    _, m, _ = rates.shape
    rows, columns = loadings.upper
    share = rates / np.maximum(rates.sum(axis=1, keepdims=True), 1e-30)
    together = np.zeros_like(rates)
    for c in range(m):
        block = found.cov[:, c].swapaxes(1, 2)  # (spot, other cell, q, q)
        flat = 0.5 * (block[..., rows, columns] + block[..., columns, rows])
        each = flat.astype(np.float32) @ loadings.quadratic.T
        together[:, c] = (each * share).sum(axis=1)
    return together
