"""Spots as rings of their true size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spotscope.layers._names import LayerPart, layer_name
from spotscope.model import SpotKey

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.model import Spots

__all__ = ["RING_WIDTH", "spots_layer"]

_RING = (0.10, 0.10, 0.12, 0.9)
#: The ring's share of the diameter.
RING_WIDTH = 0.035

LayerTuple = tuple[Any, dict[str, Any], str]


def spots_layer(
    spots: Spots,
    sample: str,
    *,
    proportions: pd.DataFrame | None = None,
    colours: npt.NDArray[np.floating[Any]] | None = None,
) -> LayerTuple:
    """The spots of a sample as a points layer.

    Parameters
    ----------
    spots
        The spots.
    sample
        Name of the sample.
    proportions
        (spot, type) share of every type, in the order of ``spots``: shown on hover.
    colours
        (spot, 4) fill, 0 to 1; None: rings only.

    Returns
    -------
    (yx_um, keyword arguments, "points").
    """
    fill = np.zeros((spots.n, 4)) if colours is None else np.asarray(colours, float)
    return (
        spots.yx_um,
        {
            "name": layer_name(sample, LayerPart.SPOTS),
            "size": spots.lattice.diameter_um,
            "symbol": "disc",
            "face_color": fill,
            "border_color": np.tile(np.array(_RING), (spots.n, 1)),
            "border_width": RING_WIDTH,
            "border_width_is_relative": True,
            # napari's lower limit of 2 pixels would paint small spots in the border's colour
            "canvas_size_limits": (0, 10_000),
            "features": _features(spots, proportions),
            "units": ("um", "um"),
        },
        "points",
    )


def _features(spots: Spots, proportions: pd.DataFrame | None) -> pd.DataFrame:
    table = pd.DataFrame(
        {"spot": spots.table.obs_names.astype(str).to_numpy(), str(SpotKey.UMIS): spots.umis}
    )
    if str(SpotKey.N_CELLS) in spots.table.obs:
        table[str(SpotKey.N_CELLS)] = spots.table.obs[str(SpotKey.N_CELLS)].to_numpy()
    if proportions is not None:
        assert len(proportions) == spots.n, (len(proportions), spots.n)
        for name in proportions.columns:
            table[str(name)] = proportions[name].to_numpy(np.float32)
    return table
