"""A session in parts, each written only when it has changed: what is kept while one works.

::

    state.json          what it was opened from, records, view, edits, and the names of the parts
    nuclei-3.zarr       outlines and their numbers
    cells-2.zarr        the cell table
    spots-2.zarr        what was told of the spots; their counts stay in the user's file

``state.json`` is renamed into place last, so a crash leaves the state before, whole.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spotscope.io._broken import is_of_reading
from spotscope.io._in_one_go import group_in_one_go
from spotscope.io._session import (
    FORMAT,
    _attributes,
    _read_table,
    _write_table,
)
from spotscope.io._session_outlines import (
    read_measures,
    read_outline_group,
    write_outline_group,
)
from spotscope.io._staging import staged
from spotscope.model import Progress, ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    from anndata import AnnData

    from spotscope.model import Session, StarConvex, Task

__all__ = ["STATE", "SessionParts", "SessionWriter", "read_parts"]

STATE = "state.json"


@dataclass(frozen=True, slots=True, eq=False)
class SessionParts:
    """What :func:`read_parts` found.

    Parameters
    ----------
    about
        What ``state.json`` says.
    nuclei, found
        Outlines, or None.
    measures
        Of the nuclei.
    cells, cells_yx_um
        The cell table, or None.
    told
        (spot, no gene) what was told of the spots, or None.
    """

    about: Mapping[str, Any]
    nuclei: StarConvex | None
    found: StarConvex | None
    measures: Mapping[str, npt.NDArray[Any]]
    cells: AnnData | None
    cells_yx_um: npt.NDArray[np.float64] | None
    told: AnnData | None


class SessionWriter:
    """Writes a session to a folder again and again, each time only what is new.

    Parameters
    ----------
    folder
        Made if need be.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._number = 0
        self._kept: dict[str, tuple[Any, str]] = {}

    def write(self, session: Session, about: Mapping[str, Any]) -> Task[Path]:
        """Write what has changed since the last time.

        Parameters
        ----------
        session
            As it is now.
        about
            More for ``state.json``: what the inputs must be for this to belong to them.

        Raises
        ------
        WriteError
            If it cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._number += 1
        names: dict[str, str] = {}
        nuclei = (session.nuclei, session.found, session.measures)
        if session.nuclei is not None:
            yield Progress("keeping the nuclei", 0, 3)
            names["nuclei"] = self._part("nuclei", nuclei, _put_nuclei)
        if session.cells is not None:
            yield Progress("keeping the cells", 1, 3)
            names["cells"] = self._part("cells", (session.cells,), _put_cells)
        if session.sample.spots is not None:
            yield Progress("keeping what spots hold", 2, 3)
            # flags and shares are written by the same steps that make cells and records
            told = (session.sample.spots, session.cells, session.records.get("segment"))
            names["spots"] = self._part("spots", told, _put_spots)
        state = {**_attributes(session), **about, "parts": names}
        path = self.folder / STATE
        with staged(path) as staging:
            staging.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
        self._forget(set(names.values()))
        yield Progress("keeping the session", 3, 3)
        return path

    def _part(self, name: str, what: tuple[Any, ...], put: Any) -> str:
        kept = self._kept.get(name)
        if kept is not None and all(a is b for a, b in zip(kept[0], what, strict=True)):
            return kept[1]
        called = f"{name}-{self._number}.zarr"
        with staged(self.folder / called) as store, group_in_one_go(store) as root:
            put(root, *what)
        self._kept[name] = (what, called)
        return called

    def _forget(self, names: set[str]) -> None:
        import shutil

        for path in self.folder.glob("*.zarr"):
            if path.name not in names and not path.name.startswith("."):
                shutil.rmtree(path, ignore_errors=True)


def read_parts(folder: Path) -> SessionParts:
    """Read what :class:`SessionWriter` wrote.

    Raises
    ------
    ReadError
        If there is nothing, it is damaged, or a newer spotscope wrote it.
    """
    import zarr

    try:
        about = json.loads((folder / STATE).read_text("utf-8"))
        if int(about["format"]) > FORMAT:
            raise ReadError(
                f"Expected work of format {FORMAT} or older in {folder}, found format "
                f"{about['format']}; a newer spotscope kept it: update this one."
            )
        names = about["parts"]
        nuclei = found = cells = cells_yx_um = told = None
        measures: dict[str, Any] = {}
        if "nuclei" in names:
            root = zarr.open_group(folder / names["nuclei"], mode="r")
            nuclei, measures = read_outline_group(root["now"]), read_measures(root["now"])
            found = read_outline_group(root["found"]) if "found" in root else None
        if "cells" in names:
            cells, cells_yx_um = _read_table(zarr.open_group(folder / names["cells"])["cells"])
        if "spots" in names:
            told, _ = _read_table(zarr.open_group(folder / names["spots"])["spots"])
    except Exception as err:
        if not is_of_reading(err):
            raise
        raise ReadError(
            f"Expected work that was kept in {folder}, found it missing or damaged ({err}); start "
            "from the sample's files: finished steps are re-used."
        ) from err
    return SessionParts(about, nuclei, found, measures, cells, cells_yx_um, told)


def _put_nuclei(root: Any, nuclei: StarConvex, found: StarConvex | None, measures: Any) -> None:
    write_outline_group(root.create_group("now"), nuclei, measures)
    if found is not None:
        write_outline_group(root.create_group("found"), found, {})


def _put_cells(root: Any, cells: Any) -> None:
    _write_table(root, "cells", cells.table, cells.yx_um, None)


def _put_spots(root: Any, spots: Any, *_: Any) -> None:
    from anndata import AnnData

    table = spots.table
    obsm = {key: table.obsm[key] for key in table.obsm}
    _write_table(root, "spots", AnnData(obs=table.obs.copy(), obsm=obsm), spots.yx_um, None)
