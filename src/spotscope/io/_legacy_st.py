"""Legacy Spatial Transcriptomics: a table of counts with spots named by their array position.

Counts are tab-separated text, a row a spot named ``XxY`` (some files have the spots as columns).
Where a spot file lies beside it, it says which pixel of the image an array position is; without
one, spots lie 200 µm apart and no image can be put under them.
"""

from __future__ import annotations

import glob
import gzip
import re
import zlib
from typing import TYPE_CHECKING, TextIO, cast

import numpy as np
import pandas as pd
import scipy.sparse as sp

from spotscope.io._anndata import names_may_repeat
from spotscope.io._broken import FAILURES, numbers_in, parsing
from spotscope.io._lattice import LEGACY_DIAMETER_UM, LEGACY_PITCH_UM
from spotscope.io._spot_table import Layout, SpotTable, settle
from spotscope.model import ReadError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    from anndata import AnnData

__all__ = ["count_lines", "find_spot_file", "is_legacy_st", "open_text", "read_legacy_st"]

_SPOT = re.compile(r"^(-?\d+(?:\.\d+)?)x(-?\d+(?:\.\d+)?)$")
_SPOT_COLUMNS = ("x", "y", "pixel_x", "pixel_y")
_TEXT = (".tsv", ".csv", ".txt")
#: Where spot files lie: beside the counts, or in a folder beside theirs.
_SPOT_FOLDERS = (".", "../ST-spotfiles", "../spotfiles", "../spots")


def is_legacy_st(path: Path) -> bool:
    """Whether a text file names spots like ``10x13`` in its first column or first row."""
    if not path.is_file() or not _is_text(path):
        return False
    try:
        with open_text(path) as file:
            header, row = file.readline(), file.readline()
    except (EOFError, zlib.error):
        return True  # a zipped table that breaks off or is damaged: reading it says so
    except (OSError, UnicodeDecodeError):
        return False
    by = _separator(header)
    names = [row.split(by)[0], *header.rstrip("\n").split(by)[1:3]]
    return any(_SPOT.match(name.strip('" ')) for name in names)


def read_legacy_st(path: Path, *, mpp: float | None = None) -> SpotTable:
    """Read legacy ST counts, and the spot file beside them.

    Raises
    ------
    ReadError
        If a row is not named by its array position, or is no row of counts.
    """
    table = _read_counts(path)
    array = _array_positions(table.obs_names, path)
    table.obs["array_x"], table.obs["array_y"] = array[:, 0], array[:, 1]
    stem = path.name.split(".")[0]
    spot_file = find_spot_file(path)
    if spot_file is None:
        return settle(
            table,
            array[:, ::-1] * LEGACY_PITCH_UM,
            "um",
            Layout("square", LEGACY_PITCH_UM, LEGACY_DIAMETER_UM),
            name=stem,
            mpp=mpp,
            notes=(
                "No spot file beside the counts: spots are placed by their names, 200 µm apart, "
                "and no image fits under them.",
            ),
        )
    xy, notes = _pixel_positions(array, _read_spot_file(spot_file), spot_file)
    stated = Layout(diameter_um=LEGACY_DIAMETER_UM)
    return settle(table, xy[:, ::-1], "px", stated, name=stem, mpp=mpp, notes=notes)


def count_lines(path: Path) -> tuple[int, int]:
    """Rows under the header, and columns beside the names, as the lines go by."""
    with open_text(path) as file:
        header = file.readline().rstrip("\n")
        return sum(1 for line in file if line.strip()), header.count(_separator(header))


def _is_text(path: Path) -> bool:
    name = path.name.lower().removesuffix(".gz")
    return name.endswith(_TEXT)


def open_text(path: Path) -> TextIO:
    """Open a text file, also one that is gzipped."""
    if path.suffix == ".gz":
        return cast("TextIO", gzip.open(path, "rt", encoding="utf-8"))
    return path.open(encoding="utf-8")


def _separator(header: str) -> str:
    return "\t" if "\t" in header else ","


def _read_counts(path: Path) -> AnnData:
    from anndata import AnnData

    with parsing("a table of counts", path):
        with open_text(path) as file:
            by = _separator(file.readline())
        frame = pd.read_csv(path, sep=by, index_col=0)
    if frame.size and not _SPOT.match(str(frame.index[0])) and _SPOT.match(str(frame.columns[0])):
        frame = frame.T
    text = [str(name) for name, kind in frame.dtypes.items() if kind.kind not in "iufb"]
    if text:
        raise ReadError(
            f"Expected numbers in every column of {path.name}, found text in {len(text)} of them "
            f"(such as {text[0]!r}); give the table of counts alone."
        )
    with names_may_repeat():
        return AnnData(
            sp.csr_matrix(frame.to_numpy()),
            pd.DataFrame(index=frame.index.astype(str)),
            pd.DataFrame(index=frame.columns.astype(str)),
        )


def _array_positions(names: pd.Index, path: Path) -> npt.NDArray[np.float64]:
    """(spot, 2) array positions (x, y), as the names say."""
    matches = [_SPOT.match(name) for name in names]
    if None in matches:
        stray = names[matches.index(None)]
        raise ReadError(
            f"Expected every spot of {path.name} to be named like 10x13, found {stray!r}; "
            "remove that row."
        )
    return np.array([match.groups() for match in matches if match], float).reshape(-1, 2)


def find_spot_file(counts: Path) -> Path | None:
    """A text file that has pixel positions and begins with the name of the counts."""
    stem = counts.name.split(".")[0]
    for folder in _SPOT_FOLDERS:
        for path in sorted((counts.parent / folder).glob(f"{glob.escape(stem)}*")):
            other = path.name[len(stem) :][:1].isalnum()  # A10 is not of A1
            if other or path == counts or not path.is_file() or not _is_text(path):
                continue
            try:
                with open_text(path) as file:
                    header = file.readline()
            except FAILURES:
                continue
            if "pixel_x" in header and "pixel_y" in header:
                return path
    return None


def _read_spot_file(path: Path) -> pd.DataFrame:
    with parsing("a table of spots", path):
        with open_text(path) as file:
            by = _separator(file.readline())
        frame = numbers_in(pd.read_csv(path, sep=by), (*_SPOT_COLUMNS, "new_x", "new_y"))
    missing = [name for name in _SPOT_COLUMNS if name not in frame]
    if missing:
        raise ReadError(
            f"Expected the columns x, y, pixel_x and pixel_y in {path.name}, found "
            f"{', '.join(map(str, frame.columns))}; give the spot file of this section."
        )
    return frame


def _pixel_positions(
    array: npt.NDArray[np.float64], spots: pd.DataFrame, path: Path
) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """(spot, 2) pixels (x, y); names may be the array positions, or those corrected for drift."""
    pixels = spots[["pixel_x", "pixel_y"]].to_numpy(float)
    best = np.full(array.shape, np.nan)
    for columns in (["x", "y"], ["new_x", "new_y"]):
        if not set(columns) <= set(spots):
            continue
        known = {
            (round(x, 2), round(y, 2)): pixel
            for (x, y), pixel in zip(spots[columns].to_numpy(float), pixels, strict=True)
        }
        found = np.array([known.get((round(x, 2), round(y, 2)), (np.nan,) * 2) for x, y in array])
        if np.isfinite(found).sum() > np.isfinite(best).sum():
            best = found
    lost = ~np.isfinite(best).all(axis=1)
    if not lost.any():
        return best, ()
    if (~lost).sum() < max(3, len(best) / 2):
        raise ReadError(
            f"Expected the pixel of every spot in {path.name}, found {int((~lost).sum())} of "
            f"{len(best)}; give the spot file of this section."
        )
    design = np.column_stack([array, np.ones(len(array))])
    fitted, *_ = np.linalg.lstsq(design[~lost], best[~lost], rcond=None)
    best[lost] = design[lost] @ fitted
    note = (
        f"{int(lost.sum())} of {len(best)} spots are not in {path.name}: "
        "they are placed on the lattice of the others."
    )
    return best, (note,)
