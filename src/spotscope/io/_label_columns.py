"""Which columns of a table of cells may name their types."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from spotscope.io._broken import broken

__all__ = ["label_columns", "words_of"]

#: Names that say so, likeliest first.
_NAMES = ("^cell_type$", "cell.?type", "annot|subclass|class|label|ident", "cluster|leiden|louvain")
_MOST = 500
_ROWS = 5000


def label_columns(path: str | Path) -> tuple[str, ...]:
    """Columns of the cells of an h5ad file that hold two to 500 words; likeliest names first.

    Parameters
    ----------
    path
        Only names, categories and some thousand rows are read; none but an h5ad file has any.

    Raises
    ------
    ReadError
        If the file is broken.
    """
    import h5py

    path = Path(path)
    if path.suffix != ".h5ad":
        return ()
    try:
        with h5py.File(path) as file:
            obs = file["obs"]
            if hasattr(obs, "dtype"):  # written by old versions of anndata
                return ()
            names = [str(name) for name in obs.attrs.get("column-order", ()) if name in obs]
            found = [name for name in names if 2 <= _words(obs[name]) <= _MOST]
    except (OSError, KeyError, ValueError) as err:
        raise broken(path, "an AnnData table", err) from err
    return tuple(sorted(found, key=_rank))


def _words(column: Any) -> int:
    """How many different words a column holds; 0 where it holds numbers."""
    values = column["categories"] if hasattr(column, "keys") and "categories" in column else column
    if getattr(values, "dtype", None) is None or values.dtype.kind not in "OSU":
        return 0
    return len(words_of(values[:_ROWS]))


def words_of(values: Any) -> list[str]:
    """The different words among values of HDF5 or Zarr, sorted; letters of any script."""
    # numpy takes bytes for ASCII: γδ T cells would be a broken file
    return sorted({v.decode() if isinstance(v, bytes) else str(v) for v in values})


def _rank(name: str) -> int:
    hits = (at for at, pattern in enumerate(_NAMES) if re.search(pattern, name, re.IGNORECASE))
    return next(hits, len(_NAMES))
