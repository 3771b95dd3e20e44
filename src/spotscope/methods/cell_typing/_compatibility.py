"""Which types go together: the pairs that neighbours are of, learned from the section itself.

Types that layer or nest beside one another tell of each other; the plain Potts prior knows only
whether two are the same. From what the counts alone say of every cell, P_a(k) (ν = 0, so that the
prior does not confirm itself), over the edges between cells of different spots,

    n_kl = Σ_{ab} w_ab (P_a(k) P_b(l) + P_a(l) P_b(k)) / 2,     m_kl = n_k n_l / n,
    L_kl = ln (n_kl + c) / (m_kl + c),

with c a few edges, so that pairs of rare types stay near 0. J is L less its mean off the diagonal,
in units in which its mean on the diagonal is 1 (both means by n_k): Potts and J then compare at
like ν. (Pairwise Markov random field; pseudo-likelihood in its simplest form, Besag 1975.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._icm import Field

__all__ = ["compatibility"]

Floats = npt.NDArray[np.float64]

_FEW_EDGES = 5.0
_LARGEST = 2.0
_LEAST_SPREAD = 0.05


def compatibility(field: Field, shares: Floats) -> Floats | None:
    """(type, type) J, or None where cells of one type do not seek one another.

    Parameters
    ----------
    field
        The problem.
    shares
        (spot, type) P, what the counts alone say of a cell of each spot.
    """
    chance = shares[field.spot]
    graph = field.graph
    one = np.repeat(np.arange(len(chance)), np.diff(graph.start))
    across = field.spot[one] != field.spot[graph.other]
    if not across.any():
        return None
    edges = sp.csr_matrix(
        (graph.weight[across], (one[across], graph.other[across])), shape=(len(chance),) * 2
    )
    pairs = chance.T @ (edges @ chance)  # every edge stands twice
    pairs = (pairs + pairs.T) / 4
    own = pairs.sum(axis=1)
    by_chance = np.outer(own, own) / own.sum()
    raw = np.log((pairs + _FEW_EDGES) / (by_chance + _FEW_EDGES))
    weight = np.outer(own, own) * (1 - np.eye(len(pairs)))
    off = float((raw * weight).sum() / max(weight.sum(), 1e-300))
    diagonal = float((np.diag(raw) * own).sum() / own.sum()) - off
    if diagonal < _LEAST_SPREAD:
        return None
    return np.asarray(np.clip((raw - off) / diagonal, -_LARGEST, _LARGEST))
