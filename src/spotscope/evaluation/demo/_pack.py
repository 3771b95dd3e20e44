"""Packing: from many wishes for a place, keep those that do not touch an earlier one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

__all__ = ["first_come", "pack"]

Floats = npt.NDArray[np.float64]


def pack(discs_yx: Floats, radii: Floats) -> npt.NDArray[np.bool_]:
    """Which objects stay, when an object that touches an earlier one goes.

    Parameters
    ----------
    discs_yx
        (object, disc, 2) places of the discs that stand for an object.
    radii
        (object, disc) their radii.

    Returns
    -------
    (object,) True for those that stay.
    """
    n, per_object = radii.shape
    flat, reach = discs_yx.reshape(-1, 2), radii.ravel()
    pairs = cKDTree(flat).query_pairs(2 * reach.max(), output_type="ndarray")
    apart = np.linalg.norm(flat[pairs[:, 0]] - flat[pairs[:, 1]], axis=1)
    touching = pairs[apart < reach[pairs].sum(axis=1)] // per_object
    other = touching[:, 0] != touching[:, 1]
    return first_come(np.sort(touching[other], axis=1), n)


def first_come(conflicts: npt.NDArray[np.intp], n: int) -> npt.NDArray[np.bool_]:
    """Settle (pair, 2) conflicts, the earlier index first, in all places at once."""
    stays, open_ = np.zeros(n, bool), np.ones(n, bool)
    while open_.any():
        waiting = np.zeros(n, bool)
        waiting[conflicts[:, 1]] = True
        accepted = open_ & ~waiting
        stays |= accepted
        beaten = np.zeros(n, bool)
        beaten[conflicts[accepted[conflicts[:, 0]], 1]] = True
        open_ &= ~accepted & ~beaten
        conflicts = conflicts[open_[conflicts].all(axis=1)]
    return stays
