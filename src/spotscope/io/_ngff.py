"""The metadata of OME-NGFF 0.5, in the words SpatialData understands too.

A level's scale says how many pixels of the finest level one of its pixels is; the scale of all
levels together turns those into µm and names the frame "global". The version is the one SpatialData
0.7 writes and insists on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["axes_of", "element_attributes"]

_NGFF_VERSION = "0.5-dev-spatialdata"
_RASTER_VERSION = "0.3"
_KINDS = {"c": "channel", "y": "space", "x": "space"}


def element_attributes(
    axes: str,
    shapes: Sequence[tuple[int, ...]],
    mpp: float,
    *,
    name: str,
    channels: Sequence[str] = (),
) -> dict[str, Any]:
    """Attributes of the group of an image or label image whose levels are ``0``, ``1``, ….

    Parameters
    ----------
    axes
        ``cyx`` for an image, ``yx`` for labels.
    shapes
        Of the levels, finest first, in the order of ``axes``.
    mpp
        µm per pixel of the finest level.
    name
        Of the element.
    channels
        Names of an image's channels.
    """
    datasets = [
        {
            "path": str(i),
            "coordinateTransformations": [
                {
                    "type": "scale",
                    "scale": [full / n for full, n in zip(shapes[0], shape, strict=True)],
                }
            ],
        }
        for i, shape in enumerate(shapes)
    ]
    in_um = {
        "type": "scale",
        "scale": [1.0 if axis == "c" else mpp for axis in axes],
        "input": {"name": axes, "axes": axes_of(axes)},
        "output": {"name": "global", "axes": axes_of(axes)},
    }
    multiscale = {
        "name": name,
        "axes": axes_of(axes),
        "datasets": datasets,
        "coordinateTransformations": [in_um],
    }
    ome: dict[str, Any] = {"version": _NGFF_VERSION, "multiscales": [multiscale]}
    if "c" in axes:
        ome["omero"] = {"channels": [{"label": channel} for channel in channels]}
    else:
        ome["image-label"] = {"version": "0.5"}
    return {"ome": ome, "spatialdata_attrs": {"version": _RASTER_VERSION}}


def axes_of(axes: str) -> list[dict[str, str]]:
    """Say of each letter what axis it is."""
    return [
        {"name": a, "type": _KINDS[a]} | ({} if a == "c" else {"unit": "micrometer"}) for a in axes
    ]
