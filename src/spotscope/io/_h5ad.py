"""Spots in h5ad: the scverse Visium form, the plain form, and our own files.

Keys read from ``uns``: ``spatial[library]["scalefactors"]`` (scverse), of which only Visium HD
states sizes that hold (``bin_size_um``, ``microns_per_pixel``); ``spatial_units``,
``um_per_pixel``, ``spot_lattice``, ``spot_pitch_um``, ``spot_diameter_um`` (ours).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._anndata import open_h5ad
from spotscope.io._places import put_places_of_columns, xy_of
from spotscope.io._sections import (
    library_of_one,
    refuse_places_taken_twice,
    said_of_parts,
)
from spotscope.io._spot_table import Layout, SpotTable, Unit, settle
from spotscope.io._table_zarr import bin_of_region, put_places
from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


__all__ = ["Uns", "read_h5ad_spots", "stated_of", "unit_of"]


class Uns:
    """Names in ``uns`` of spot tables."""

    SPATIAL = "spatial"
    UNITS = "spatial_units"
    MPP = "um_per_pixel"
    LATTICE = "spot_lattice"
    PITCH = "spot_pitch_um"
    DIAMETER = "spot_diameter_um"
    IMAGE = "image"


_UM = re.compile(r"^\s*(µm|μm|um|micron|micromet)", re.IGNORECASE)
#: µm in one of other lengths, by how their names begin.
_LENGTHS = {"mm": 1e3, "millim": 1e3, "nm": 1e-3, "nanom": 1e-3, "cm": 1e4, "centim": 1e4}
_IMAGE_NAME = re.compile(r"[\w.-]+\.(?:tiff?|jpe?g|png|svs)\b", re.IGNORECASE)


def read_h5ad_spots(path: Path, *, mpp: float | None = None) -> SpotTable:
    """Read spots from an h5ad file or a Zarr table; positions are ``obsm["spatial"]``, (x, y).

    Raises
    ------
    ReadError
        If there are no positions, several sections at once, or no raw counts.
    """
    table = open_h5ad(path)
    put_places(table, path)
    said = put_places_of_columns(table)
    if Uns.SPATIAL not in table.obsm:
        listed = ", ".join(map(repr, table.obsm)) or "no obsm at all"
        raise ReadError(
            f"Expected positions of the spots in obsm['spatial'] of {path.name}, found {listed}; "
            "put them there as (x, y), or open the Space Ranger folder the table was made from."
        )
    xy = xy_of(table.obsm.pop(Uns.SPATIAL), path.name)
    of_one = library_of_one(table.obs, _libraries(table.uns), path.name)
    if of_one is not None:
        table.uns[Uns.SPATIAL] = of_one
    unit, per, notes = unit_of(table.uns.get(Uns.UNITS))
    notes = (*said, *notes)
    notes += refuse_places_taken_twice(table.obs, xy, path.name) or said_of_parts(table.obs, xy)
    image, scale = _image(table.uns, path.parent)
    return settle(
        table,
        per * xy[:, ::-1],  # files say (x, y); we say (y, x)
        unit,
        stated_of(table.uns),
        name=path.stem if path.parent.name not in ("table", "tables") else path.parents[1].stem,
        mpp=mpp,
        image=image,
        image_scale=scale,
        notes=notes,
    )


def _libraries(uns: Mapping[str, Any]) -> dict[str, Any]:
    spatial: Any = uns.get(Uns.SPATIAL)
    if not hasattr(spatial, "items"):
        return {}
    return {str(name): library for name, library in spatial.items() if hasattr(library, "items")}


def unit_of(said: Any) -> tuple[Unit, float, tuple[str, ...]]:
    """Unit that ``uns["spatial_units"]`` names, how many of it one of those is, and a note.

    Pixels, as scverse means it, where none is named.
    """
    if said is None:
        return "px", 1.0, ()
    text = str(said).strip().lower()
    if _UM.match(text):
        return "um", 1.0, ()
    if text.startswith(("px", "pixel")):
        return "px", 1.0, ()
    for name, um in _LENGTHS.items():
        if text.startswith(name):
            return "um", um, ()
    unknown = f"The unit of the positions, {str(said)!r}, is not known: they are taken as pixels."
    return "px", 1.0, (unknown,)


def stated_of(uns: Mapping[str, Any]) -> Layout:
    """What ``uns`` states of the layout."""
    factors = _factors(uns)
    bin_um = _number(factors.get("bin_size_um")) or bin_of_region(uns)
    kind = str(uns.get(Uns.LATTICE, "" if bin_um is None else "square"))
    return Layout(
        kind=kind if kind in ("hex", "square", "free") else None,  # type: ignore[arg-type]
        pitch_um=_number(uns.get(Uns.PITCH)) or bin_um,
        diameter_um=_number(uns.get(Uns.DIAMETER)) or bin_um,
        mpp=_number(uns.get(Uns.MPP)) or _number(factors.get("microns_per_pixel")),
    )


def _factors(uns: Mapping[str, Any]) -> Mapping[str, Any]:
    """Scale factors of the one library; empty where there are several or none."""
    found = [library.get("scalefactors") for library in _libraries(uns).values()]
    return found[0] if len(found) == 1 and hasattr(found[0], "get") else {}


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) and number > 0 else None


def _image(uns: Mapping[str, Any], folder: Path) -> tuple[Path | None, float]:
    """An image the table names and that lies beside it, and its pixels per pixel of the spots.

    It stands in ``uns["image"]``, in the words of ``uns["spatial_units"]``, or where scanpy notes
    the path of the full-resolution image.
    """
    image: Any = uns.get(Uns.IMAGE)
    if hasattr(image, "get") and (folder / str(image.get("file", ""))).is_file():
        return folder / str(image["file"]), _number(image.get("scale_spots_to_image")) or 1.0
    named = _IMAGE_NAME.findall(str(uns.get(Uns.UNITS, "")))
    for library in _libraries(uns).values():
        source = (library.get("metadata") or {}).get("source_image_path")
        named += [str(source)] if source else []
    for name in named:
        # Inside the folder of the table alone: an absolute path there is of another machine.
        beside = folder / re.split(r"[\\/]", name)[-1]
        if beside.is_file():
            return beside, 1.0
    return None, 1.0
