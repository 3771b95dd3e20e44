"""The turn and shift that bring matched places together.

With π_ij ≥ 0 how much place i of the one matches place j of the other,

    R, t = argmin Σ_ij π_ij |p_i - (R q_j + t)|²,     R a rotation, never a mirror image.

The means drop out; R comes from the singular vectors of Σ π_ij p_i q_jᵀ (Kabsch, Acta
Crystallographica A 32:922, 1976).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spotscope.model import MethodError, Transform

__all__ = ["fit_rigid"]

Floats = npt.NDArray[np.float64]


def fit_rigid(match: Floats, fixed_um: Floats, moving_um: Floats) -> Transform:
    """Find the map from ``moving_um`` to ``fixed_um``.

    Parameters
    ----------
    match
        (fixed, moving) π.
    fixed_um, moving_um
        (place, 2) in µm.

    Raises
    ------
    MethodError
        If nothing is matched.
    """
    total = float(match.sum())
    if not total > 0:
        raise MethodError(
            "Expected places of two slices that match, found none; check that both are slices of "
            "one tissue, or align them by hand."
        )
    of_fixed, of_moving = match.sum(axis=1) / total, match.sum(axis=0) / total
    here, there = of_fixed @ fixed_um, of_moving @ moving_um
    cross = (fixed_um - here).T @ (match / total) @ (moving_um - there)
    left, _, right = np.linalg.svd(cross)
    mirror = np.diag([1.0, float(np.sign(np.linalg.det(left @ right)))])
    turn = left @ mirror @ right
    return Transform.of(turn, here - turn @ there)
