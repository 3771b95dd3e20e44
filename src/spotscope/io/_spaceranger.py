"""Space Ranger's ``outs`` folder, versions 1 to 4, Visium and Visium HD.

What changed over the versions: positions are a headerless ``tissue_positions_list.csv`` (1), a
``tissue_positions.csv`` with header (2 and later) or a parquet table (HD); HD lies one folder
deeper, one a bin size. The diameter in the scale factors has meant 55 µm and 65 µm: it is not
used, the pitch of the lattice is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from spotscope.io._anndata import names_may_repeat
from spotscope.io._broken import numbers_in, parsing
from spotscope.io._legacy_st import open_text
from spotscope.io._spot_table import Layout, SpotTable, settle
from spotscope.io._tenx import find_mtx, read_10x
from spotscope.model import ReadError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "SpaceRangerFolder",
    "find_space_ranger",
    "image_of",
    "read_positions",
    "read_space_ranger",
    "scale_factors",
]

_POSITIONS = ("tissue_positions.parquet", "tissue_positions.csv", "tissue_positions_list.csv")
_COLUMNS = (
    "barcode",
    "in_tissue",
    "array_row",
    "array_col",
    "pxl_row_in_fullres",
    "pxl_col_in_fullres",
)
#: Bin sizes of HD, the one 10x recommends first.
_BINS = ("square_008um", "square_016um", "square_002um")
_IMAGES = (
    ("tissue_hires_image", "tissue_hires_scalef"),
    ("tissue_lowres_image", "tissue_lowres_scalef"),
)


@dataclass(frozen=True, slots=True)
class SpaceRangerFolder:
    """Where the parts of a run lie; ``matrix`` is None when none is there.

    Parameters
    ----------
    root
        The folder of the sample (of the bin size in HD).
    spatial
        The folder of positions, scale factors and images.
    positions
        The table of positions.
    matrix
        The h5 file or mtx folder.
    filtered
        Whether the matrix holds spots under tissue only.
    notes
        What was chosen among several.
    """

    root: Path
    spatial: Path
    positions: Path
    matrix: Path | None
    filtered: bool = True
    notes: tuple[str, ...] = ()


def find_space_ranger(path: Path) -> SpaceRangerFolder | None:
    """Find the run that ``path`` is, or lies in: the folder, ``spatial`` in it, a file in either.

    Returns
    -------
    None when there are no positions to be found.
    """
    start = path if path.is_dir() else path.parent
    tried = [start, start / "outs"]
    if start.name in ("spatial", "binned_outputs", *_MATRIX_NAMES):
        tried.insert(0, start.parent)
    for root in tried:
        if (binned := root / "binned_outputs").is_dir():
            chosen = [binned / name for name in _BINS if (binned / name).is_dir()]
            if chosen and (found := _parts(chosen[0])) is not None:
                note = f"Visium HD: bins of {chosen[0].name} taken of {len(chosen)} sizes found."
                return SpaceRangerFolder(*found, notes=(note,))
        if (found := _parts(root)) is not None:
            return SpaceRangerFolder(*found)
    return None


_MATRIX_NAMES = ("filtered_feature_bc_matrix", "raw_feature_bc_matrix")


def _parts(root: Path) -> tuple[Path, Path, Path, Path | None, bool] | None:
    for spatial in (root / "spatial", root):
        for name in _POSITIONS:
            if (positions := _named(spatial, name)) is not None:
                return root, spatial, positions, *_matrix(root)
    return None


def _named(folder: Path, name: str) -> Path | None:
    """The file of that name; published ones begin with the sample's, and may be zipped."""
    if (folder / name).is_file():
        return folder / name
    found = [p for ending in ("", ".gz") for p in sorted(folder.glob(f"[!.]*{name}{ending}"))]
    return found[0] if len(found) == 1 and found[0].is_file() else None


def _matrix(root: Path) -> tuple[Path | None, bool]:
    """The filtered matrix, else the raw one; published files begin with the sample's name."""
    for name in _MATRIX_NAMES:
        filtered = name.startswith("filtered")
        for file in (root / f"{name}.h5", *sorted(root.glob(f"*{name}.h5"))):
            if file.is_file():
                return file, filtered
        if (root / name).is_dir() and find_mtx(root / name) is not None:
            return root / name, filtered
    return (root, True) if find_mtx(root) is not None else (None, True)


def read_space_ranger(outs: SpaceRangerFolder, *, mpp: float | None = None) -> SpotTable:
    """Read the spots of a run.

    Raises
    ------
    ReadError
        If the matrix is missing or broken, or has spots without a position.
    """
    if outs.matrix is None:
        raise ReadError(
            f"Expected filtered_feature_bc_matrix.h5 (or the folder of that name) in "
            f"{outs.root.name}, found only {outs.positions.name}; copy the matrix there."
        )
    table, notes = read_10x(outs.matrix)
    positions = read_positions(outs.positions).reindex(table.obs_names)
    lost = positions["pxl_row_in_fullres"].isna() | positions["pxl_col_in_fullres"].isna()
    if lost.any():
        raise ReadError(
            f"Expected every barcode of {outs.matrix.name} in {outs.positions.name}, found "
            f"{int(lost.sum()):,} of {len(lost):,} missing (such as {lost.index[lost][0]!r}): the "
            "two are of different runs, or one is cut off; copy both again."
        )
    if not outs.filtered and positions["in_tissue"].notna().all():
        inside = positions["in_tissue"].to_numpy() == 1
        with names_may_repeat():
            table = table[inside].copy()
        positions = positions[inside]
        notes = (*notes, _on_raw(int(inside.sum()), len(inside)))
    for column in ("in_tissue", "array_row", "array_col"):
        table.obs[column] = positions[column].to_numpy()
    factors = scale_factors(outs.spatial)
    image, scale = image_of(outs.spatial, factors)
    return settle(
        table,
        positions[["pxl_row_in_fullres", "pxl_col_in_fullres"]].to_numpy(float),
        "px",
        _stated(factors),
        name=_name(outs.root),
        mpp=mpp,
        image=image,
        image_scale=scale,
        notes=(*outs.notes, *notes),
    )


def _on_raw(kept: int, total: int) -> str:
    return (
        f"Only the raw matrix is there: {kept:,} of its {total:,} spots are marked as under "
        "tissue and were read."
    )


def read_positions(path: Path) -> pd.DataFrame:
    """Positions by barcode, of any version: with or without header, csv or parquet.

    Raises
    ------
    ReadError
        If the columns are not those of Space Ranger.
    """
    with parsing("a table of positions", path):
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        else:
            with open_text(path) as file:
                headed = file.readline().startswith("barcode")
            frame = pd.read_csv(path, header=0 if headed else None)
            if not headed and frame.shape[1] == len(_COLUMNS):
                frame.columns = pd.Index(_COLUMNS)
        numbers_in(frame, _COLUMNS[1:])
    missing = [name for name in _COLUMNS if name not in frame]
    if missing:
        raise ReadError(
            f"Expected the columns {', '.join(_COLUMNS)} in {path.name}, found "
            f"{', '.join(map(str, frame.columns))}; copy it again from the spatial folder."
        )
    frame = frame.set_index("barcode")
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()]
        raise ReadError(
            f"Expected every barcode once in {path.name}, found {len(twice)} repeated (such as "
            f"{twice[0]!r}); copy it again from the spatial folder."
        )
    return frame


def scale_factors(spatial: Path) -> dict[str, Any]:
    """Scale factors beside the positions, without those that are no numbers above 0."""
    path = _named(spatial, "scalefactors_json.json")
    if path is None:
        return {}
    with parsing("scale factors as JSON", path), open_text(path) as file:
        factors = json.load(file)
    if not isinstance(factors, dict):
        return {}
    numbers = {name: value for name, value in factors.items() if isinstance(value, int | float)}
    return {name: value for name, value in numbers.items() if 0 < value < float("inf")}


def _stated(factors: dict[str, Any]) -> Layout:
    """Only HD states a pixel size and a bin size; Visium leaves both to the lattice."""
    mpp, bin_um = factors.get("microns_per_pixel"), factors.get("bin_size_um")
    if bin_um is None:
        return Layout(mpp=mpp)
    return Layout("square", pitch_um=float(bin_um), diameter_um=float(bin_um), mpp=mpp)


def image_of(spatial: Path, factors: dict[str, Any]) -> tuple[Path | None, float]:
    """The finest image beside the positions, and its pixels per full-resolution pixel."""
    for stem, factor in _IMAGES:
        for suffix in (".png", ".jpg", ".jpeg", ".tif", ".tiff"):
            if (path := spatial / f"{stem}{suffix}").is_file() and factor in factors:
                return path, float(factors[factor])
    return None, 1.0


def _name(root: Path) -> str:
    """The sample's name: of the folder, or of the one above where Space Ranger named it."""
    generic = ("outs", "binned_outputs", *_BINS)
    named = next((p for p in (root, *root.parents) if p.name and p.name not in generic), root)
    return named.name or "sample"
