"""Packages of others, called as their own pages say, where they are installed.

None is a dependency. An adapter returns (spot, type) proportions, or None where its package cannot
be imported. All get raw counts on the shared genes, and the types' mean profiles or their cells.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model import GeneSpace

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.evaluation import TypingCase

__all__ = ["PEERS"]

Floats = npt.NDArray[np.floating]


def _flashdeconv(case: TypingCase) -> Floats | None:
    try:
        flashdeconv = import_module("flashdeconv")
    except ImportError:
        return None
    space = GeneSpace.shared(case.spots.table, case.reference.table)
    counts = (case.spots.counts @ space.left).astype(np.float64).tocsr()
    cells = case.reference.table.X @ space.right
    picker = np.eye(case.reference.n_types)[case.reference.codes].T
    profiles = np.asarray(picker @ cells) / picker.sum(axis=1, keepdims=True)
    model = flashdeconv.FlashDeconv(random_state=case.seed)
    return np.asarray(model.fit_transform(counts, profiles, case.spots.yx_um))


PEERS: dict[str, Callable[[TypingCase], Floats | None]] = {"FlashDeconv": _flashdeconv}
