"""Spots and cells as h5ad for other tools: (x, y) in µm, with an image scanpy can draw under."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spotscope.io._anndata import names_may_repeat
from spotscope.io._h5_packing import SMALL, packing_of
from spotscope.io._h5ad import Uns
from spotscope.io._slashes import without_slashes
from spotscope.io._staging import staged

if TYPE_CHECKING:
    import numpy.typing as npt
    from anndata import AnnData

    from spotscope.model import Cells, Slide, Spots

__all__ = ["write_cells_h5ad", "write_spots_h5ad", "write_table_h5ad"]

_THUMBNAIL_PX = 600
#: What a file said of its own frame of pixels is not true of ours.
_OF_THE_OLD_FRAME = (
    Uns.SPATIAL,
    Uns.UNITS,
    Uns.MPP,
    Uns.IMAGE,
    "spot_diameter_px",
    "spot_pitch_px",
)


def write_spots_h5ad(
    path: str | Path, spots: Spots, slide: Slide | None = None, *, name: str
) -> None:
    """Write spots in the scverse Visium form.

    Parameters
    ----------
    path
        The file; replaced whole or not at all.
    spots
        With all their flags and results.
    slide
        If given, a thumbnail goes along.
    name
        Of the sample: the library id.

    Raises
    ------
    WriteError
        If it cannot be written.

    Notes
    -----
    ``obsm["spatial"]`` is (x, y) in µm, so the scale factors are pixels of the thumbnail per µm,
    and ``spot_diameter_fullres`` is in µm: scanpy and squidpy draw spots at their true size.
    """
    lattice = spots.lattice
    table = _copy(spots.table, spots.yx_um)
    table.uns |= {
        Uns.LATTICE: lattice.kind,
        Uns.PITCH: lattice.pitch_um,
        Uns.DIAMETER: lattice.diameter_um,
        Uns.SPATIAL: {name.replace("/", "_"): _library(slide, lattice.diameter_um)},
    }
    if slide is not None:
        table.uns[Uns.MPP] = slide.mpp
    _write(table, path)


def write_cells_h5ad(path: str | Path, cells: Cells) -> None:
    """Write cells; ``obsm["spatial"]`` is (x, y) in µm.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    _write(_copy(cells.table, cells.yx_um), path)


def write_table_h5ad(path: str | Path, table: AnnData) -> None:
    """Write a table as it is.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    plain = table.copy()
    plain.obs, plain.var = _plain(table.obs), _plain(table.var)
    _write(plain, path)


def _library(slide: Slide | None, diameter_um: float) -> dict[str, Any]:
    factors: dict[str, float] = {"spot_diameter_fullres": diameter_um}
    images: dict[str, npt.NDArray[np.uint8]] = {}
    if slide is not None and slide.is_rgb:
        picture = slide.thumbnail(_THUMBNAIL_PX)
        for size in ("hires", "lowres"):  # squidpy looks for the first, older scripts for the other
            images[size] = picture
            factors[f"tissue_{size}_scalef"] = picture.shape[0] / slide.extent_um[0]
    return {"images": images, "scalefactors": factors}


def _copy(table: AnnData, yx_um: npt.NDArray[np.float64]) -> AnnData:
    """A table that shares the matrices and has its own ``obs``, ``obsm`` and ``uns``."""
    from anndata import AnnData

    with names_may_repeat():
        copy = AnnData(
            table.X,
            obs=_plain(table.obs),
            var=_plain(table.var),
            uns={key: value for key, value in table.uns.items() if key not in _OF_THE_OLD_FRAME},
            obsm=dict(table.obsm),
            layers=dict(table.layers),
        )
    copy.obsm[Uns.SPATIAL] = np.ascontiguousarray(yx_um[:, ::-1])  # we say (y, x); files (x, y)
    copy.uns[Uns.UNITS] = "micrometre"
    without_slashes(copy)
    return copy


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns in types that every reader of h5ad knows: text becomes categories."""
    plain = frame.copy()
    plain.columns = plain.columns.astype(str)
    for column in plain:
        values = plain[column]
        if isinstance(values.dtype, pd.CategoricalDtype):
            continue
        if values.dtype == object or isinstance(values.dtype, pd.StringDtype):
            text = values.map(str, na_action="ignore")
            plain[column] = pd.Categorical(text.astype(object))
    if plain.index.name in plain.columns:
        plain.index.name = None
    return plain


def _write(table: AnnData, path: str | Path) -> None:
    """Write a table that nobody else holds: its matrices are taken out of it."""
    import h5py
    from anndata.io import write_elem

    matrices = {"X": table.X, **{f"layers/{name}": layer for name, layer in table.layers.items()}}
    table.X = None
    table.layers.clear()
    with staged(Path(path)) as staging, h5py.File(staging, "w") as file:
        write_elem(file, "/", table, dataset_kwargs=SMALL)
        for name, matrix in matrices.items():
            write_elem(file, name, matrix, dataset_kwargs=packing_of(matrix))
