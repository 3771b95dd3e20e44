"""What a spot's counts say of many cells: as much work as for its types, and the same answer.

One step of Fisher scoring from the types' means (see ``_posterior``) sees a cell c of type k only
through its rate ρ_c = a_c r_k, a_c the share of it in the spot. So the counts tell of the K types'
sums alone,

    z_k = Σ_{c in k} a_c h_c,   u_k = Σ_g w r_k (y - f) / v,   J_kl = Σ_g w wᵀ r_k r_l / v,

and the cells follow from z by the prior. With h ~ N(0, P), P_cd = √(s_c s_d) ((1 - r) δ_cd + r),
S = Cov(z), C = Cov(h, z) and B the sums z = B h,

    T = (1 + J S)⁻¹,   G = T J,   E[h] = C T u,   Cov(h) = P - C G Cᵀ

(Woodbury; C = P Bᵀ, S = B P Bᵀ, diagonal in the latents). One (K q)² solve takes the place of an
(M q)² inverse. Overlaps may differ: a cell's row of C is a_c x_k + y_k, so that all that is asked
of a cell is a polynomial in its a_c with coefficients that its type has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.expression._posterior import LARGEST_STEP, shared_information

if TYPE_CHECKING:
    from spotscope.methods.expression._posterior import Loadings

__all__ = ["Together", "TypesInSpots", "infer_together"]

F32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Numbers in one working array of :meth:`Together.spread_of_rates`.
_MOST = 1 << 21


@dataclass(frozen=True, slots=True, eq=False)
class TypesInSpots:
    """The types of some spots, in slots of which each spot has as many as the most varied.

    Parameters
    ----------
    types
        (spot, slot) types; of an empty slot any.
    slot
        (spot, cell) each cell's.
    seen
        (spot, cell) a.
    picker
        (spot, slot, cell) 1 where the cell is in the slot.
    """

    types: Ints
    slot: Ints
    seen: Floats
    picker: F32

    @classmethod
    def of(cls, codes: npt.NDArray[np.integer], seen: Floats) -> TypesInSpots:
        """Sort the cells of spots (b, m) by type."""
        order = np.argsort(codes, axis=1, kind="stable")
        ordered = np.take_along_axis(codes, order, axis=1)
        new = np.diff(ordered, axis=1, prepend=ordered[:, :1]) != 0
        ranked = new.cumsum(axis=1)
        slot = np.empty(codes.shape, np.int64)
        np.put_along_axis(slot, order, ranked, axis=1)
        types = np.repeat(codes[:, :1], int(slot.max()) + 1, axis=1).astype(np.int64)
        np.put_along_axis(types, slot, codes, axis=1)
        picker = slot[:, None] == np.arange(types.shape[1])[:, None]
        return cls(types, slot, np.asarray(seen, float), picker.astype(np.float32))

    def power(self, exponent: int) -> Floats:
        """(spot, slot) Σ a^exponent."""
        return np.asarray(np.einsum("bkm,bm->bk", self.picker, self.seen**exponent))

    def per_cell(self, of_slots: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """(spot, cell, ...) each cell's, of (spot, slot, ...)."""
        return of_slots[np.arange(len(of_slots))[:, None], self.slot]


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """Posterior of the cells of some spots.

    Parameters
    ----------
    groups
        Their types.
    spread
        (spot, slot, q) s.
    own, common
        (spot, slot, q) E[h_c] = a_c own + common.
    gain
        (spot, slot, q, slot, q) G.
    alike
        r.
    """

    groups: TypesInSpots
    spread: Floats
    own: Floats
    common: Floats
    gain: Floats
    alike: float

    def means(self) -> Floats:
        """(spot, cell, q) E[h]."""
        groups = self.groups
        own, common = groups.per_cell(self.own), groups.per_cell(self.common)
        return np.asarray(own * groups.seen[..., None] + common)

    def way(self, loadings: Loadings) -> F32:
        """(spot, cell, gene) w·E[h]."""
        means = (self.own, self.common)
        own, common = (part.astype(np.float32) @ loadings.matrix.T for part in means)
        seen = self.groups.seen.astype(np.float32)[..., None]
        return np.asarray(self.groups.per_cell(own) * seen + self.groups.per_cell(common))

    def log_variance(self, loadings: Loadings) -> F32:
        """(spot, cell, gene) wᵀVw: variance of ln ρ under the posterior."""
        rows, columns = loadings.upper
        seen = self.groups.seen.astype(np.float32)[..., None]
        squared, linear, constant = (
            self.groups.per_cell(
                (0.5 * (form + form.swapaxes(-1, -2)))[..., rows, columns].astype(np.float32)
                @ loadings.quadratic.T
            )
            for form in self._forms()
        )
        return np.asarray(constant + seen * (linear + seen * squared), np.float32)

    def _forms(self) -> tuple[Floats, Floats, Floats]:
        """(spot, slot, q, q) of a², a and 1 in a cell's own covariance."""
        r, q = self.alike, self.spread.shape[2]
        s, root = self.spread, np.sqrt(self.spread)
        pull = self.groups.power(1)[..., None] * root
        row = np.einsum("bkilj,blj->bkij", self.gain, pull)
        both = np.einsum("bki,bkij->bij", pull, row)[:, None]
        diagonal = np.einsum("bki,bkij,bkj->bkij", s, np.einsum("bkikj->bkij", self.gain), s)
        squared = -((1 - r) ** 2) * diagonal
        linear = -2 * r * (1 - r) * s[..., None] * row * root[..., None, :]
        constant = s[..., None] * np.eye(q) - r * r * root[..., None] * both * root[..., None, :]
        return squared, linear, constant

    def covariance_with_sum(self, rates: F32, loadings: Loadings) -> F32:
        """(spot, cell, gene) Σ_d wᵀ V_cd w ρ_d / f: how ln ρ_c goes with the spot's sum.

        Parameters
        ----------
        rates
            (spot, cell, gene) ρ.
        loadings
            Of the genes.
        """
        b, k, q = self.spread.shape
        found = np.empty_like(rates)
        some = max(1, _MOST // (b * k * q))
        for first in range(0, rates.shape[2], some):
            genes = slice(first, first + some)
            found[..., genes] = self._with_sum(rates[..., genes], loadings.matrix[genes].T)
        return found / np.maximum(rates.sum(axis=1, keepdims=True), np.float32(1e-30))

    def _with_sum(self, rates: F32, w: F32) -> F32:
        """Σ_d wᵀ V_cd w ρ_d of some genes; w is (q, gene)."""
        r, (b, k, q) = np.float32(self.alike), self.spread.shape
        s = self.spread.astype(np.float32)
        root = np.sqrt(s)
        pull = self.groups.power(1).astype(np.float32)[..., None] * root
        seen = self.groups.seen.astype(np.float32)[..., None]
        sums = self.groups.picker @ rates
        shares = self.groups.picker @ (seen * rates)
        # Σ_d ρ_d C_d w, over the slots, and what G makes of it
        joint = root.swapaxes(1, 2) @ sums
        inside = (1 - r) * s[..., None] * shares[:, :, None] + r * pull[..., None] * joint[:, None]
        inside *= w
        gain = self.gain.astype(np.float32).reshape(b, k * q, k * q)
        told = (gain @ inside.reshape(b, k * q, -1)).reshape(inside.shape) * w
        own = (1 - r) * (s[:, :, None] @ told)[:, :, 0]
        back = np.einsum("blj,bljg->bjg", pull, told)
        common = r * (root @ (joint * w * w - back))
        alone = (1 - r) * (s @ (w * w))
        cell = self.groups.per_cell
        return np.asarray(rates * cell(alone) - seen * cell(own) + cell(common))


def infer_together(
    rates: F32,
    counts: npt.NDArray[np.number],
    psi: F32,
    spread: Floats,
    groups: TypesInSpots,
    loadings: Loadings,
    noise: float = 0.0,
    *,
    caution: float = 1.0,
    alike: float = 0.0,
) -> Together:
    """One step of ``_posterior.infer`` from the types' means, for any number of cells.

    Parameters
    ----------
    rates
        (spot, slot, gene) r: mean rate of a whole cell of the type.
    counts
        (spot, gene) y.
    psi
        (spot, slot, gene) ψ.
    spread
        (spot, slot, q) prior variances s.
    groups
        Which cells are of which type, and how much of each is seen.
    loadings, noise, caution, alike
        As for ``infer``.
    """
    b, k, q = spread.shape
    sums, squares = groups.power(1), groups.power(2)
    slope, information = _told(rates, counts, psi, groups, loadings, noise, caution)
    root = np.sqrt(spread)
    weighted = sums[..., None] * root
    # S is diagonal in the latents: (spot, slot, slot, q)
    prior = alike * weighted[:, :, None] * weighted[:, None]
    each = np.arange(k)
    prior[:, each, each] += (1 - alike) * squares[..., None] * spread
    system = np.einsum("bkimj,bmlj->bkilj", information, prior).reshape(b, k * q, k * q)
    system += np.eye(k * q)
    right = (information.reshape(b, k * q, k * q), slope.reshape(b, k * q, 1))
    solved = np.linalg.solve(system, np.concatenate(right, axis=2))
    gain, told = solved[..., :-1], solved[..., -1].reshape(b, k, q)
    gain = (0.5 * (gain + gain.swapaxes(1, 2))).reshape(b, k, q, k, q)
    own = (1 - alike) * spread * told
    common = alike * root * (weighted * told).sum(axis=1, keepdims=True)
    step = groups.per_cell(own / root) * groups.seen[..., None] + groups.per_cell(common / root)
    size = np.abs(step).max(axis=(1, 2))[:, None, None]
    bound = np.minimum(1.0, LARGEST_STEP / np.maximum(size, 1e-12))
    return Together(groups, spread, own * bound, common * bound, gain, alike)


def _told(
    rates: F32,
    counts: npt.NDArray[np.number],
    psi: F32,
    groups: TypesInSpots,
    loadings: Loadings,
    noise: float,
    caution: float,
) -> tuple[Floats, Floats]:
    """(spot, slot, q) u and (spot, slot, q, slot, q) J."""
    sums, squares = groups.power(1).astype(np.float32), groups.power(2).astype(np.float32)
    rates = rates * (sums > 0)[..., None]
    f = np.einsum("bk,bkg->bg", sums, rates)
    v = f + noise * f * f + np.einsum("bk,bkg,bkg,bkg->bg", squares, psi, rates, rates) + 1e-12
    v = v * np.float32(caution)
    pull = (rates * ((counts - f) / v)[:, None]).astype(np.float32)
    slope = (pull @ loadings.matrix).astype(np.float64)
    return slope, shared_information(rates, v, loadings)
