"""The better of two labellings, patch by patch.

Cells whose labels differ fall into patches: two belong together if they share a spot or are
neighbours. Between patches no term of the energy sees two changes at once, so

    E(other) - E(one) = Σ_patches ΔE(patch),

and taking over just the patches that lower E is exact: the result lies below both by all that
either does better somewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from spotscope.methods.cell_typing._icm import spot_energies

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._icm import Codes, Field

__all__ = ["best_patches"]

#: A patch must lower E by more than this.
_EPS = 1e-6


def best_patches(field: Field, one: Codes, other: Codes, nu: float) -> Codes:
    """``one``, with those patches of ``other`` that lower the energy.

    Parameters
    ----------
    field
        The problem.
    one, other
        (cell,) labels.
    nu
        Smoothness, in nats.
    """
    apart = np.flatnonzero(one != other)
    if len(apart) == 0:
        return one
    patch = _patches(field, apart)
    spot = field.spot[apart]
    change = np.zeros(int(patch.max()) + 1)
    busy, at = np.unique(spot, return_index=True)
    nll = spot_energies(field, other) - spot_energies(field, one)
    np.add.at(change, patch[at], nll[busy])
    np.add.at(change, patch, _of_cells(field, one, other, nu, apart))
    taken = apart[change[patch] < -_EPS]
    best = one.copy()
    best[taken] = other[taken]
    return best


def _patches(field: Field, apart: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    """(differing cell,) number of its patch."""
    n, cells = len(field.spot), len(apart)
    place = np.full(n, -1)
    place[apart] = np.arange(cells)
    spots = len(field.start) - 1
    a, b = _edges(field)
    both = (place[a] >= 0) & (place[b] >= 0)
    rows = np.concatenate([place[a[both]], np.arange(cells)])
    columns = np.concatenate([place[b[both]], cells + field.spot[apart]])
    size = cells + spots
    links = sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(size, size))
    _, number = connected_components(links, directed=False)
    return np.asarray(number[:cells], np.int64)


def _of_cells(
    field: Field, one: Codes, other: Codes, nu: float, apart: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """(differing cell,) what edges and looks change; an edge of two that differ is halved."""
    a, b = _edges(field)
    differs = one != other
    here = differs[a]
    a, b, w = a[here], b[here], nu * field.graph.weight[here]
    w *= np.where(differs[b], 0.5, 1.0)
    gained = w * (_together(field, one[a], one[b]) - _together(field, other[a], other[b]))
    change = np.asarray(np.bincount(a, gained, len(one)), np.float64)[apart]
    if len(field.looks):
        change += np.asarray(field.looks[apart, one[apart]], np.float64)
        change -= field.looks[apart, other[apart]]
    return change


def _edges(field: Field) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """Both ends of every edge, each way round."""
    return np.repeat(np.arange(len(field.spot)), np.diff(field.graph.start)), field.graph.other


def _together(field: Field, k: Codes, other: Codes) -> npt.NDArray[np.float64]:
    """(edge,) J of the types at its ends."""
    return field.like[k, other] if len(field.like) else (k == other).astype(np.float64)
