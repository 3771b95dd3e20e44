"""What was learned of a section, as arrays with names, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.methods.cell_typing._continuous import Mixtures
from spotscope.methods.cell_typing._metric import Metric
from spotscope.methods.cell_typing._params import CellTypingParams
from spotscope.methods.cell_typing._prior import NO_LOOKS, POTTS
from spotscope.methods.cell_typing._state import State

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["arrays_of", "state_of"]

_METRIC = ("poisson", "between", "directions")


def arrays_of(state: State, free: npt.NDArray[np.int16]) -> dict[str, npt.NDArray[Any]]:
    """All arrays of a fit: what it learned, and its labels at ν = 0."""
    mixtures = state.mixtures
    arrays = {
        "counts": mixtures.counts.data.astype(np.int32),
        "indices": mixtures.counts.indices.astype(np.int32),
        "indptr": mixtures.counts.indptr.astype(np.int64),
        "umis": mixtures.umis,
        "floor": mixtures.floor,
        "profiles": mixtures.profiles,
        "weights": state.weights,
        "size": state.size,
        "mix": state.mix,
        "owner": state.owner,
        "yx_um": state.yx_um,
        "free": free,
        "looks": state.looks,
        "like": state.like,
    }
    if state.metric is not None:
        arrays |= {name: getattr(state.metric, name) for name in _METRIC}
        arrays |= {
            "profiles_of_cells": state.metric.profiles,
            "per_cell": np.array([state.metric.per_cell]),
            "expected": state.expected,
            "log_mix": state.log_mix,
        }
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def state_of(words: Mapping[str, Any], a: Mapping[str, Any]) -> State:
    """Undo :func:`arrays_of`; ``words`` are what is no array."""
    shape = (len(a["umis"]), len(words["genes"]))
    counts = sp.csr_matrix((a["counts"], a["indices"], a["indptr"]), shape=shape)
    return State(
        tuple(words["types"]),
        tuple(words["genes"]),
        Mixtures(counts, a["umis"], a["floor"], a["profiles"]),
        a["weights"],
        a["size"],
        a["mix"],
        a["owner"],
        a["yx_um"],
        words["reach_um"],
        words["sigma"],
        CellTypingParams(**words["params"]),
        tuple(words["notes"]),
        **_metric(a),
        looks=a.get("looks", NO_LOOKS),
        like=a.get("like", POTTS),
    )


def _metric(a: Mapping[str, Any]) -> dict[str, Any]:
    """Metric, expected cells and mix of a fit that has them."""
    if "per_cell" not in a:
        return {}
    parts = {name: a[name] for name in _METRIC}
    metric = Metric(profiles=a["profiles_of_cells"], per_cell=float(a["per_cell"][0]), **parts)
    return {"metric": metric, "expected": a["expected"], "log_mix": a["log_mix"]}
