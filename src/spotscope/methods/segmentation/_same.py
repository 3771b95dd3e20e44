"""Which outlines are the same in two sets, ray by ray: without copies, as sets are large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.model import StarConvex

__all__ = ["same_outlines"]


def same_outlines(before: StarConvex, after: StarConvex) -> npt.NDArray[np.intp]:
    """(nucleus of ``after``,) row of the same one in ``before``; -1 where it is new or changed.

    Nuclei are told by their label; they are the same where place, rays and probability are.
    """
    was = np.asarray(before.rows_of(after.label_id), np.intp)
    if before.n and after.n:
        _forget_changed(
            was,
            *(before.yx_um, after.yx_um),
            *(before.radii_um, after.radii_um),
            *(before.probability, after.probability),
        )
    return was


@numba.njit(cache=True, nogil=True)
def _forget_changed(was, yx_a, yx_b, radii_a, radii_b, sure_a, sure_b):  # type: ignore[no-untyped-def]
    for now in range(len(was)):
        old = was[now]
        if old < 0:
            continue
        same = yx_a[old, 0] == yx_b[now, 0] and yx_a[old, 1] == yx_b[now, 1]
        # not a number, of cells that were counted, is equal to itself
        if sure_a[old] != sure_b[now] and not (np.isnan(sure_a[old]) and np.isnan(sure_b[now])):
            same = False
        ray = 0
        while same and ray < radii_a.shape[1]:
            same = radii_a[old, ray] == radii_b[now, ray]
            ray += 1
        if not same:
            was[now] = -1
