"""Outlines of a session as a Zarr group: rays, labels, measures, and what others marked them as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.model import NucleusClasses, StarConvex

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

__all__ = ["read_measures", "read_outline_group", "write_outline_group"]


def write_outline_group(
    group: Any, outlines: StarConvex, measures: Mapping[str, npt.NDArray[Any]]
) -> None:
    """Write outlines, what others marked them as, and their numbers."""
    group.create_array("yx_um", data=np.ascontiguousarray(outlines.yx_um))
    group.create_array("radii_um", data=np.ascontiguousarray(outlines.radii_um))
    group.create_array("probability", data=np.ascontiguousarray(outlines.probability))
    if outlines.labels is not None:
        group.create_array("labels", data=np.ascontiguousarray(outlines.labels))
    if outlines.classes is not None:
        known = group.create_group("classes")
        known.create_array("codes", data=np.ascontiguousarray(outlines.classes.codes))
        known.attrs["names"] = list(outlines.classes.names)
        known.attrs["colours"] = [None if c is None else list(c) for c in outlines.classes.colours]
    if measures:
        columns = group.create_group("measures")
        for name, column in measures.items():
            columns.create_array(name, data=np.ascontiguousarray(column))


def read_outline_group(group: Any) -> StarConvex:
    """Read the outlines that :func:`write_outline_group` wrote."""
    labels = group["labels"][:] if "labels" in group else None
    rays = group["yx_um"][:], group["radii_um"][:], group["probability"][:]
    return StarConvex(*rays, labels, _read_classes(group))


def read_measures(group: Any) -> dict[str, npt.NDArray[Any]]:
    """Read the numbers that :func:`write_outline_group` wrote."""
    if "measures" not in group:
        return {}
    return {name: column[:] for name, column in group["measures"].arrays()}


def _read_classes(group: Any) -> NucleusClasses | None:
    if "classes" not in group:
        return None
    known = group["classes"]
    colours = (None if c is None else (c[0], c[1], c[2]) for c in known.attrs["colours"])
    return NucleusClasses(tuple(known.attrs["names"]), tuple(colours), known["codes"][:])
