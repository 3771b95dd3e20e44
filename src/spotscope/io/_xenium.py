"""Xenium's output folder: single cells with places in µm, each taken as a spot of one cell.

``cell_feature_matrix.h5`` (or the folder of that name) holds the counts, ``cells.parquet`` or
``cells.csv.gz`` where each cell is. Cells were outlined by the instrument, so nothing is looked for
on the image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spotscope.io._broken import numbers_in, parsing
from spotscope.io._spot_table import Layout, SpotTable, settle
from spotscope.io._tenx import find_mtx, read_10x
from spotscope.model import ReadError

if TYPE_CHECKING:
    from pathlib import Path

    from anndata import AnnData

__all__ = ["XeniumFolder", "find_xenium", "read_xenium", "xenium_table"]

_MATRIX = "cell_feature_matrix"
_CELLS = ("cells.parquet", "cells.csv.gz", "cells.csv")
_COLUMNS = ("cell_id", "x_centroid", "y_centroid")
#: Wider than this a disc is no longer taken for one cell where cells are counted.
_WIDEST_UM = 20.0
_USUAL_UM = 10.0


@dataclass(frozen=True, slots=True)
class XeniumFolder:
    """Where the parts lie."""

    root: Path
    matrix: Path
    cells: Path


def find_xenium(path: Path) -> XeniumFolder | None:
    """Find the output that ``path`` is, or lies in; None when it is none."""
    root = path if path.is_dir() else path.parent
    if root.name == _MATRIX:
        root = root.parent
    cells = next((root / name for name in _CELLS if (root / name).is_file()), None)
    if cells is None:
        return None
    if (root / f"{_MATRIX}.h5").is_file():
        return XeniumFolder(root, root / f"{_MATRIX}.h5", cells)
    folder = root / _MATRIX
    if folder.is_dir() and find_mtx(folder) is not None:
        return XeniumFolder(root, folder, cells)
    return None


def xenium_table(folder: XeniumFolder) -> tuple[AnnData, tuple[str, ...]]:
    """The (cell, gene) table with what is said of the cells in ``obs``, and notes.

    Raises
    ------
    ReadError
        If a part is broken, or a cell has no place.
    """
    table, notes = read_10x(folder.matrix)
    cells = _cells(folder.cells).reindex(table.obs_names)
    lost = cells[list(_COLUMNS[1:])].isna().any(axis=1)
    if lost.any():
        raise ReadError(
            f"Expected every cell of {folder.matrix.name} in {folder.cells.name}, found "
            f"{int(lost.sum()):,} of {len(lost):,} missing (such as {lost.index[lost][0]!r}); both "
            "must be of one run."
        )
    table.obs = cells
    return table, notes


def read_xenium(folder: XeniumFolder, *, mpp: float | None = None) -> SpotTable:
    """Read the cells of a run as spots of one cell each.

    Raises
    ------
    ReadError
        As :func:`xenium_table`, or if the counts are not raw.
    """
    table, notes = xenium_table(folder)
    yx = table.obs[["y_centroid", "x_centroid"]].to_numpy(float)
    width = _USUAL_UM
    if "cell_area" in table.obs:
        area = float(np.nanmedian(table.obs["cell_area"].to_numpy(float)))
        width = min(2 * float(np.sqrt(area / np.pi)), _WIDEST_UM) if area > 0 else _USUAL_UM
    note = "Xenium: every cell is a spot of one cell, as wide as the middling cell."
    return settle(
        table,
        yx,
        "um",
        Layout("free", diameter_um=width),
        name=folder.root.name or "xenium",
        mpp=mpp,
        notes=(note, *notes),
    )


def _cells(path: Path) -> pd.DataFrame:
    with parsing("a table of cells", path):
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        numbers_in(frame, (*_COLUMNS[1:], "cell_area"))
    missing = [name for name in _COLUMNS if name not in frame]
    if missing:
        raise ReadError(
            f"Expected the columns {', '.join(_COLUMNS)} in {path.name}, found "
            f"{', '.join(map(str, frame.columns))}; copy it again from the output folder."
        )
    # old versions number cells, and parquet may hold names as bytes
    names = [cell.decode() if isinstance(cell, bytes) else str(cell) for cell in frame["cell_id"]]
    frame = frame.drop(columns="cell_id").set_index(pd.Index(names, dtype=object))
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()]
        raise ReadError(
            f"Expected every cell once in {path.name}, found {len(twice)} repeated (such as "
            f"{twice[0]!r}); copy it again from the output folder."
        )
    return frame
