"""Slices aligned by their expression: optimal transport by PASTE, then a turn and a shift.

PASTE (Zeira et al., Nature Methods 19:567, 2022) matches the spots of two slices so that matched
spots express alike and lie alike to one another. Of its match only the rigid map is taken: slices
are pieces of one block, and places keep their distances. It looks at some spots of each, drawn
evenly, as its matrices grow with the square of their number.

A slice that is nearly its own mirror may come out upside down. So the map is held beside the same
turned by half a circle: the one is taken under which spots that come to lie together express the
more alike, by the mean correlation of their log shares, spots that lie on nothing counting 0.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spotscope.methods.slices._rigid import fit_rigid
from spotscope.model import GeneSpace, MissingDependencyError, Transform, as_rng

if TYPE_CHECKING:
    import scipy.sparse as sp
    from anndata import AnnData

    from spotscope.model import Rng, Spots

    _Side = tuple[npt.NDArray[np.float64], AnnData]

__all__ = ["align_slices"]

#: Spots of each slice that are matched, and genes they are matched by: those of most counts.
_SPOTS, _GENES = 800, 1000
#: Weight of places beside expression, as PASTE has it.
_PLACES = 0.1


def align_slices(fixed: Spots, moving: Spots, *, rng: Rng = None) -> Transform:
    """Find how ``moving`` must be turned and shifted to lie on ``fixed``.

    Parameters
    ----------
    fixed, moving
        Two slices with raw counts, of the same assay.
    rng
        Draws the spots that are looked at.

    Raises
    ------
    MissingDependencyError
        If PASTE is not installed.
    MethodError
        If they share no gene, or nothing matches.
    """
    try:
        from paste import pairwise_align
    except ImportError as err:
        raise MissingDependencyError(
            "Aligning slices by their expression needs PASTE, which is not installed. Install it "
            "with: pip install 'spotscope[slices]', or say that they lie as they should "
            "(align='none')."
        ) from err
    space = GeneSpace.shared(fixed.table, moving.table)
    genes = _richest(fixed.counts @ space.left) if space.n > _GENES else np.arange(space.n)
    draw = as_rng(rng)
    sides = []
    for spots, picked in ((fixed, space.left), (moving, space.right)):
        seen = np.flatnonzero(spots.umis > 0)
        some = np.sort(draw.permutation(seen)[:_SPOTS])
        counts = (spots.counts[some] @ picked)[:, genes]
        sides.append((spots.yx_um[some], _table(counts, spots.yx_um[some])))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library and what it stands on
        match = pairwise_align(sides[0][1], sides[1][1], alpha=_PLACES, gpu_verbose=False)
    found = fit_rigid(np.asarray(match, float), sides[0][0], sides[1][0])
    middle = found(sides[1][0]).mean(axis=0)
    over = found.then(Transform.of(-np.eye(2), 2 * middle))
    reach = fixed.lattice.pitch_um
    return max((found, over), key=lambda one: _alike(sides[0], sides[1], one, reach))


def _alike(fixed: _Side, moving: _Side, placed: Transform, reach_um: float) -> float:
    """Mean correlation of the spots of ``moving`` with those they come to lie on."""
    distance, near = cKDTree(fixed[0]).query(placed(moving[0]))
    met = np.flatnonzero(np.asarray(distance) <= reach_um)
    if not len(met):
        return 0.0
    sides = []
    for values in (fixed[1].X[np.asarray(near)[met]], moving[1].X[met]):
        logs = np.log1p(np.asarray(values, float))
        logs = logs - logs.mean(axis=0)  # a gene that is high everywhere says nothing
        sides.append(logs / np.maximum(np.linalg.norm(logs, axis=1, keepdims=True), 1e-12))
    return float((sides[0] * sides[1]).sum() / len(moving[0]))


def _richest(counts: sp.csr_matrix) -> npt.NDArray[np.intp]:
    total = np.asarray(counts.sum(axis=0)).ravel()
    return np.asarray(np.sort(np.argsort(-total, kind="stable")[:_GENES]))


def _table(counts: sp.csr_matrix, yx_um: npt.NDArray[np.float64]):  # type: ignore[no-untyped-def]
    """Shares of the spot's counts, dense, with places: what PASTE reads."""
    from anndata import AnnData

    dense = np.asarray(counts.todense(), float)
    table = AnnData(dense / np.maximum(dense.sum(axis=1, keepdims=True), 1.0) * 1e3)
    table.obsm["spatial"] = np.asarray(yx_um, float)
    return table
