"""Cell typing by the moments of the reference's cells: metric, weights, and what is expected.

The section's mix of cells is that of the weights, and E, the cells expected of a spot, is half its
own weights and half that mix: found from the weights alone E would be too sure of what is absent.
(Settling E and the mix in turn with the evidence was tried; it sharpens itself and is worse.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._continuous import Mixtures
from spotscope.methods.cell_typing._genes import choose_markers, usable_genes
from spotscope.methods.cell_typing._likelihood import floors
from spotscope.methods.cell_typing._moments import cell_moments
from spotscope.methods.cell_typing._potts import reach_of
from spotscope.methods.cell_typing._products import columns
from spotscope.methods.cell_typing._state import State
from spotscope.methods.cell_typing._weigh import weigh
from spotscope.model import Progress

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._baseline import BaselineTyping
    from spotscope.methods.cell_typing._genes import SharedGenes
    from spotscope.methods.cell_typing._params import CellTypingParams
    from spotscope.model import Membership, Reference, Spots, Task

__all__ = ["expected_cells", "moments_state"]

Floats = npt.NDArray[np.float64]

#: Up to so many shared genes all are used; beyond, those that mark a type.
_ALL_GENES = 2000
#: Share of the section's mix in what is expected of a spot.
_OPEN = 0.5
_STAGE = "weighing types"


def moments_state(
    genes: SharedGenes,
    reference: Reference,
    first: BaselineTyping,
    spots: Spots,
    membership: Membership,
    yx_um: Floats,
    params: CellTypingParams,
) -> Task[State]:
    """Fit the Gaussian evidence.

    Parameters
    ----------
    genes
        Spots and reference on shared genes.
    first
        The baseline's answer: gives the scale and the first mix.
    reference, spots, membership, yx_um, params
        As in ``fit``.
    """
    yield Progress(_STAGE, 0, 3)
    used, said = _used_genes(genes, params)
    n_cells = membership.cells_per_spot
    shown = first.proportions.astype(np.float64)
    mix = shown[n_cells > 0].mean(axis=0) + 1e-3
    mix /= mix.sum()
    assert genes.right is not None
    moments = cell_moments(reference, genes.right[:, used], mix)
    yield Progress(_STAGE, 1, 3)
    counts = columns(genes.counts, used)
    weighed = weigh(counts, n_cells, moments, shown, mix, genes.seen[used])
    yield Progress(_STAGE, 2, 3)
    umis = spots.umis.astype(np.float64)
    cells = _shares(weighed.weights) * n_cells[:, None]
    share = (cells.sum(axis=0) + 0.5) / (cells.sum() + 0.5 * reference.n_types)
    yield Progress(_STAGE, 3, 3)
    return State(
        types=reference.types,
        genes=tuple(genes.names[g] for g in used),
        mixtures=Mixtures(counts, umis, floors(umis), weighed.metric.profiles.astype(np.float32)),
        weights=weighed.weights,
        size=np.ones(reference.n_types),
        mix=share,
        owner=np.asarray(membership.owner, np.int32),
        yx_um=np.asarray(yx_um, float),
        reach_um=reach_of(spots, params),
        sigma=_width(moments.between, moments.mean),
        params=params,
        notes=(*said, *_platform_note(weighed.corrected)),
        metric=weighed.metric,
        expected=expected_cells(weighed.weights, n_cells, share),
        log_mix=np.log(share),
    )


def expected_cells(weights: Floats, n_cells: npt.NDArray[np.int64], mix: Floats) -> Floats:
    """(spot, type) E: half a spot's own weights, half the section's mix, times its cells.

    Parameters
    ----------
    weights
        (spot, type) continuous fit.
    n_cells
        (spot,) cells it owns.
    mix
        (type,) share of each type among the section's cells.
    """
    shares = (1 - _OPEN) * _shares(weights) + _OPEN * mix
    return np.asarray(n_cells[:, None] * shares)


def _shares(weights: Floats) -> Floats:
    return np.asarray(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12))


def _used_genes(
    genes: SharedGenes, params: CellTypingParams
) -> tuple[npt.NDArray[np.intp], list[str]]:
    usable = usable_genes(genes, params)
    if 0 < usable.sum() <= _ALL_GENES:
        return np.flatnonzero(usable), []
    markers, _, said = choose_markers(genes, params)
    return np.flatnonzero(markers), said


def _width(between: Floats, mean: Floats) -> float:
    """σ in ln units of the noise of one cell's genes, the median of genes and types seen."""
    seen = mean > 0
    return float(np.sqrt(np.log1p(np.median(between[seen] / mean[seen] ** 2))))


def _platform_note(corrected: bool) -> tuple[str, ...]:
    if not corrected:
        return ()
    return (
        "Genes are caught differently in spots and reference, so each has a factor of its own.",
    )
