"""Cell typing: which type is each nucleus? Spots, nuclei and a reference in, a type per cell out.

The counts of a spot are explained by the types of the cells in it (Poisson with heavy-tailed
log-normal noise, profiles corrected for the platform), neighbouring cells like to share a type
(Potts prior of strength ν), and the labels are those of the lowest energy found.
"""

from typing import TYPE_CHECKING, Any

from spotscope.methods.cell_typing._against_baseline import AgainstBaseline, against_baseline
from spotscope.methods.cell_typing._baseline import BaselineTyping, baseline, rounded_codes
from spotscope.methods.cell_typing._bead_result import BeadKind, BeadTyping
from spotscope.methods.cell_typing._check import check
from spotscope.methods.cell_typing._counts import estimate_cell_counts
from spotscope.methods.cell_typing._find_beads import find_beads
from spotscope.methods.cell_typing._fit import fit, info, predict
from spotscope.methods.cell_typing._params import CellTypingParams
from spotscope.methods.cell_typing._path import NuPath, flipped, nu_path
from spotscope.methods.cell_typing._result import CellTyping
from spotscope.methods.cell_typing._tiles import Tiling

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._around import retype_around, with_cells
    from spotscope.methods.cell_typing._fitted import FittedTyping, load_fitted
    from spotscope.methods.cell_typing._slice_fit import (
        FittedSlice,
        SlicePlace,
        fit_of_slice,
        part_of,
    )
    from spotscope.methods.cell_typing._tiled import fit_tiled
    from spotscope.methods.cell_typing._why import GeneReason, SpotReasons, why

__all__ = [
    "AgainstBaseline",
    "BaselineTyping",
    "BeadKind",
    "BeadTyping",
    "CellTyping",
    "CellTypingParams",
    "FittedSlice",
    "FittedTyping",
    "GeneReason",
    "NuPath",
    "SlicePlace",
    "SpotReasons",
    "Tiling",
    "against_baseline",
    "baseline",
    "check",
    "estimate_cell_counts",
    "find_beads",
    "fit",
    "fit_of_slice",
    "fit_tiled",
    "flipped",
    "info",
    "load_fitted",
    "nu_path",
    "part_of",
    "predict",
    "retype_around",
    "rounded_codes",
    "why",
    "with_cells",
]


def __getattr__(name: str) -> Any:
    """Import what needs the compiler only when it is asked for."""
    if name in ("retype_around", "with_cells"):
        from spotscope.methods.cell_typing import _around

        return getattr(_around, name)
    if name in ("GeneReason", "SpotReasons", "why"):
        from spotscope.methods.cell_typing import _why

        return getattr(_why, name)
    if name in ("FittedTyping", "load_fitted"):
        from spotscope.methods.cell_typing import _fitted

        return getattr(_fitted, name)
    if name in ("FittedSlice", "SlicePlace", "fit_of_slice", "part_of"):
        from spotscope.methods.cell_typing import _slice_fit

        return getattr(_slice_fit, name)
    if name == "fit_tiled":
        from spotscope.methods.cell_typing import _tiled

        return getattr(_tiled, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
