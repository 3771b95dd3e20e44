"""How the Cell types step stands beside the simplest honest method, for its record."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import cell_typing
from spotscope.model import MethodError

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.methods.cell_typing import CellTypingParams, FittedTyping
    from spotscope.model import Membership, Reference, Spots, Task

__all__ = ["against_baseline_of", "baseline_shares"]

_UNTOLD = (
    "The reference's cells hold too few counts to build this section again of them: whether the "
    "labels are better than the baseline's is not known"
)


def baseline_shares(spots: Spots, reference: Reference, membership: Membership) -> dict[str, float]:
    """The share of every type by the simplest honest method, to be read beside ours.

    Parameters
    ----------
    spots, reference, membership
        As given to ``cell_typing.fit``.
    """
    found = cell_typing.baseline(spots, reference, membership)
    typed = found.codes[found.codes >= 0]
    counts = np.bincount(typed, minlength=len(found.types))
    return dict(zip(found.types, (counts / max(len(typed), 1)).tolist(), strict=True))


def against_baseline_of(
    spots: Spots,
    reference: Reference,
    membership: Membership,
    yx_um: npt.NDArray[np.float64],
    params: CellTypingParams,
    fitted: FittedTyping,
    seed: int,
) -> Task[dict[str, float | str | bool]]:
    """Who is nearer to a truth that is known; words alone if that cannot be asked of this section.

    Parameters
    ----------
    spots, reference, membership, yx_um, params
        As given to ``cell_typing.fit``.
    fitted
        What it found.
    seed
        Draws the cells whose truth is known.
    """
    nu = fitted.auto_nu if params.nu == "auto" else float(params.nu)
    try:
        told = yield from cell_typing.against_baseline(
            spots, reference, membership, yx_um, params, fitted, rng=seed
        )
    except MethodError:
        return {"nu": nu, "loses": False, "sentence": _UNTOLD}
    return {**asdict(told), "nu": nu, "loses": told.loses, "sentence": told.sentence}
