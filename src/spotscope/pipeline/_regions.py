"""A part of the slide instead of the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.model import MethodError, SpotKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from spotscope.model import Region, Sample, Slide

__all__ = ["box_of", "flag_outside", "inside_any", "region_json"]


def inside_any(regions: Sequence[Region], yx_um: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """(point,) whether points (y, x) in µm lie in one of the regions."""
    inside = np.zeros(len(yx_um), bool)
    for region in regions:
        inside |= region.contains(yx_um)
    return inside


def box_of(regions: Sequence[Region], slide: Slide) -> tuple[float, float, float, float]:
    """(y0, x0, y1, x1) in µm around all regions, within the slide.

    Raises
    ------
    MethodError
        If no region lies on the slide.
    """
    boxes = np.array([region.box_um for region in regions])
    low = np.maximum(boxes[:, :2].min(axis=0), 0.0)
    high = np.minimum(boxes[:, 2:].max(axis=0), slide.extent_um)
    if (high <= low).any():
        height, width = slide.extent_um
        raise MethodError(
            f"Expected a region on {slide.name} ({width:,.0f} × {height:,.0f} µm), found none that "
            "touches it; draw it on this slide, in pixels of its full resolution."
        )
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def flag_outside(sample: Sample, regions: Sequence[Region]) -> Sample:
    """The sample with those spots marked whose centre lies in no region."""
    if sample.spots is None:
        return sample
    outside = ~inside_any(regions, sample.spots.yx_um)
    return replace(sample, spots=sample.spots.told({SpotKey.OUTSIDE_REGION: outside}))


def region_json(regions: Sequence[Region]) -> list[dict[str, Any]]:
    """Regions as records in µm: what a step was asked for, to be asked for again."""
    return [
        {
            "name": region.name,
            **({"classification": region.classification} if region.classification else {}),
            **({"remark": region.remark} if region.remark else {}),
            "polygon_yx_um": region.polygon_yx_um.tolist(),
        }
        for region in regions
    ]
