"""A session on disk: a SpatialData-compatible Zarr store that opens in the scverse tools.

    session.zarr
    ├── images/image     the slide at most 4,096 px a side (the slide itself stays where it is)
    ├── labels/nuclei    the label pyramid
    ├── shapes/discs     the spots as circles
    ├── tables/spots     counts, flags, weights, proportions; annotates shapes/discs
    ├── tables/cells     annotates labels/nuclei
    ├── outlines         centres, rays, probabilities, labels, measures and classes
    └── outlines_found   the same before any edit, where there were edits

The attribute ``spotscope`` of the root holds the rest: where the slide is and its fingerprint, the
lattice, the run records and the view.
"""

from __future__ import annotations

import textwrap
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spotscope.io._broken import is_of_reading
from spotscope.io._discs_zarr import write_discs
from spotscope.io._image_zarr import write_image_zarr
from spotscope.io._in_one_go import group_in_one_go
from spotscope.io._labels import open_label_zarr, write_label_zarr
from spotscope.io._no_spots import refuse_several
from spotscope.io._ome_zarr import open_ome_zarr
from spotscope.io._session_outlines import (
    read_measures,
    read_outline_group,
    write_outline_group,
)
from spotscope.io._session_slide import lost_slide, overview, still_there, whereabouts
from spotscope.io._slashes import with_slashes, without_slashes
from spotscope.io._staging import staged
from spotscope.io._whole import missing_parts, named, note_files
from spotscope.model import (
    CellKey,
    Cells,
    EditLog,
    Lattice,
    Progress,
    ReadError,
    RunRecord,
    Sample,
    Session,
    Spots,
    Transform,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData

    from spotscope.model import Labels, StarConvex, Task

__all__ = ["FORMAT", "read_session", "write_session"]

#: Raised when an older spotscope could no longer read the store.
FORMAT = 1
_SPATIALDATA = {"version": "0.2", "spatialdata_software_version": "0.7.3"}
#: Letters of another library's error that are told.
_SAID = 120
_REGION = "nuclei"
_DISCS = "discs"
#: Element, column of its name, and column of the names in it, as SpatialData links a table. Tables
#: of spots often have a column ``region`` of their own.
_OF_CELLS = (_REGION, "region", CellKey.LABEL_ID.value)
_OF_SPOTS = (_DISCS, "spots_element", "spots_name")
#: anndata's settings are those of the process: of two sessions that are saved at once, the first
#: to end would put them back under the other.
_TABLES = Lock()


def write_session(path: Path, session: Session) -> Task[None]:
    """Write a session; what was at ``path`` stays until the new one is whole.

    Raises
    ------
    WriteError
        If the place cannot be written to, or the disk is full.
    """
    yield Progress("saving the session", 0, 4)
    with staged(path) as store:
        with group_in_one_go(store) as root:
            yield from _fill(store, root, session)
        note_files(store)
    yield Progress("saving the session", 4, 4)


def _fill(store: Path, root: Any, session: Session) -> Task[None]:
    """Write all of it: what is small into the group, pixels and shapes beside it."""
    root.attrs.update({"spatialdata_attrs": _SPATIALDATA, "spotscope": _attributes(session)})
    for element in ("images", "labels", "shapes", "tables"):
        root.create_group(element)
    if session.sample.slide is not None:
        yield from write_image_zarr(store / "images" / "image", overview(session.sample.slide))
    yield Progress("saving the session", 1, 4)
    if session.labels is not None:
        root["labels"].attrs["ome"] = {"labels": [_REGION]}
        yield from _copy_labels(store / "labels" / _REGION, session.labels)
    yield Progress("saving the session", 2, 4)
    if session.nuclei is not None:
        write_outline_group(root.create_group("outlines"), session.nuclei, session.measures)
    if session.found is not None:
        write_outline_group(root.create_group("outlines_found"), session.found, {})
    if session.sample.spots is not None:
        spots = session.sample.spots
        names, width = spots.table.obs_names, spots.lattice.diameter_um
        write_discs(root["shapes"], store / "shapes" / _DISCS, names, spots.yx_um, width)
        _write_table(root["tables"], "spots", spots.table, spots.yx_um, _OF_SPOTS)
    yield Progress("saving the session", 3, 4)
    if session.cells is not None:
        whose = _OF_CELLS if session.labels is not None else None
        _write_table(root["tables"], "cells", session.cells.table, session.cells.yx_um, whose)


def read_session(path: Path) -> tuple[Session, tuple[Path, float] | None]:
    """Read a session; its slide is the overview kept in the store.

    Returns
    -------
    The session, and the full slide's file with its µm per pixel if it is there and unchanged.

    Raises
    ------
    ReadError
        If ``path`` is no session, is damaged, or was written by a newer spotscope.
    """
    import zarr

    path = Path(path)
    try:
        root = zarr.open_group(path, mode="r")
        about = dict(root.attrs["spotscope"])
    except (FileNotFoundError, KeyError, ValueError) as err:
        refuse_several(path.parent)
        raise ReadError(
            f"Expected a spotscope session at {path}, found none; "
            "give the folder a run wrote to (--out)."
        ) from err
    if int(about["format"]) > FORMAT:
        raise ReadError(
            f"Expected a session of format {FORMAT} or older in {path}, found format "
            f"{about['format']}; it was written by a newer spotscope: update this one."
        )
    if gone := missing_parts(path):
        raise _not_whole(path, f"files missing from {named(gone)}")
    try:
        return _read(path, root, about)
    except Exception as err:
        if not is_of_reading(err):
            raise
        err.add_note(f"while reading {path}")
        why = textwrap.shorten(str(err), _SAID, placeholder=" …")
        raise _not_whole(path, f"a part of it missing or damaged ({why})") from err


def _not_whole(path: Path, found: str) -> ReadError:
    return ReadError(
        f"Expected a whole session in {path}, found {found}; copy the whole folder again, or run "
        "again into it (--out): finished steps are re-used."
    )


def _read(
    path: Path, root: Any, about: Mapping[str, Any]
) -> tuple[Session, tuple[Path, float] | None]:
    slide, source = None, None
    if about["slide"] is not None:
        kept = open_ome_zarr(path / "images" / "image")
        source = still_there(about["slide"])
        lost = lost_slide(about["slide"], kept) if source is None else None
        slide = replace(kept, name=about["slide"]["name"], lost=lost)
    spots = None
    if "spots" in root["tables"]:
        table, yx_um = _read_table(root["tables/spots"])
        spots = Spots(table, yx_um, Lattice(**about["lattice"]))
    nuclei = read_outline_group(root["outlines"]) if "outlines" in root else None
    found = read_outline_group(root["outlines_found"]) if "outlines_found" in root else None
    measures = read_measures(root["outlines"]) if "outlines" in root else {}
    edits = EditLog.from_json(about.get("edits", {}))
    labels = open_label_zarr(path / "labels" / _REGION) if _REGION in root["labels"] else None
    cells = None
    if "cells" in root["tables"]:
        cells = _cells(root["tables/cells"], nuclei)
    alignment = about.get("alignment")  # not kept by earlier versions
    sample = Sample(
        about["name"],
        slide,
        spots,
        tuple(about["notes"]),
        opened=about.get("opened", {}),
        alignment=None if alignment is None else Transform.from_json(alignment),
        full_mpp=about.get("full_mpp"),
    )
    records = {step: RunRecord.from_json(record) for step, record in about["records"].items()}
    session = Session(sample, nuclei, labels, cells, records, about["view"], found, edits, measures)
    return session, source


def _cells(group: Any, nuclei: StarConvex | None) -> Cells:
    table, yx_um = _read_table(group)
    if lacks := [str(key) for key in CellKey if str(key) not in table.obs]:
        raise ValueError(f"tables/cells without a column {lacks[0]!r}")
    if nuclei is not None and nuclei.n != table.n_obs:
        raise ValueError(f"{table.n_obs:,} rows in tables/cells, {nuclei.n:,} outlines")
    return Cells(table, yx_um, nuclei)


def _attributes(session: Session) -> dict[str, Any]:
    sample = session.sample
    lattice = None
    if sample.spots is not None:
        found = sample.spots.lattice
        lattice = {
            "kind": found.kind,
            "pitch_um": float(found.pitch_um),
            "diameter_um": float(found.diameter_um),
        }
    return {
        "format": FORMAT,
        "name": sample.name,
        "notes": list(sample.notes),
        "opened": dict(sample.opened),
        "alignment": None if sample.alignment is None else sample.alignment.to_json(),
        "full_mpp": sample.full_mpp,
        "slide": None if sample.slide is None else whereabouts(sample.slide),
        "lattice": lattice,
        "records": {step: record.to_json() for step, record in session.records.items()},
        "view": dict(session.view),
        "edits": session.edits.to_json(),
    }


def _copy_labels(path: Path, labels: Labels) -> Task[None]:
    finest = labels.levels[0]

    def draw(y0: int, x0: int, height: int, width: int) -> np.ndarray[Any, np.dtype[np.uint32]]:
        return np.asarray(finest[y0 : y0 + height, x0 : x0 + width])

    shape = (int(finest.shape[0]), int(finest.shape[1]))
    yield from write_label_zarr(path, draw, shape, labels.mpp)


def _write_table(
    tables: Any,
    name: str,
    table: AnnData,
    yx_um: np.ndarray[Any, Any],
    whose: tuple[str, str, str] | None,
) -> None:
    """Write a table as SpatialData does; (y, x) becomes the (x, y) of the scverse tools."""
    import anndata as ad

    out = table.copy()
    out.obsm["spatial"] = np.ascontiguousarray(yx_um[:, ::-1])
    without_slashes(out)
    out.uns.pop("spatialdata_attrs", None)
    element, region_key, instance_key = whose or (None, None, None)
    annotates = {"region": element, "region_key": region_key, "instance_key": instance_key}
    if whose is not None:
        out.obs[region_key] = pd.Categorical([element] * out.n_obs)
        out.uns["spatialdata_attrs"] = dict(annotates)
        if instance_key not in out.obs:
            out.obs[instance_key] = out.obs_names.to_numpy(str)
    with _TABLES, ad.settings.override(auto_shard_zarr_v3=False):
        ad.io.write_elem(tables, name, out)
    tables[name].attrs.update(
        {"spatialdata-encoding-type": "ngff:regions_table", "version": "0.2", **annotates}
    )


def _read_table(group: Any) -> tuple[AnnData, np.ndarray[Any, Any]]:
    import anndata as ad

    table = ad.io.read_elem(group)
    yx_um = np.ascontiguousarray(np.asarray(table.obsm.pop("spatial"), float)[:, ::-1])
    table.uns.pop("spatialdata_attrs", None)
    with_slashes(table)
    if table.obs.get("region") is not None and CellKey.LABEL_ID.value in table.obs:
        del table.obs["region"]  # SpatialData's key of a cell table, not a column of the user's
    table.obs.drop(columns=list(_OF_SPOTS[1:]), errors="ignore", inplace=True)
    return table, yx_um
