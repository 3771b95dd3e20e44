"""Where the rows of a table lie: ``obsm["spatial"]`` as (x, y), in whatever form it was written.

Where there is none, columns of the rows may say it; their names tell which is x.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt
    from anndata import AnnData

__all__ = ["PLACES", "place_columns", "put_places_of_columns", "xy_of"]

#: Pairs of columns that say which is x, in lower case; others are taken in their order. Pixels
#: first: x and y beside them are places on an array.
_NAMED = (
    *(("pxl_col_in_fullres", "pxl_row_in_fullres"), ("imagecol", "imagerow")),
    *(("pixel_x", "pixel_y"), ("x", "y"), ("x_centroid", "y_centroid"), ("center_x", "center_y")),
)
#: Where places stand in ``obsm``, and where some tools keep them.
PLACES = _SPATIAL, _EMBEDDED = "spatial", "X_spatial"


def place_columns(columns: Iterable[str]) -> tuple[str, str] | None:
    """The columns that hold x and y, told by their names; None where there are none."""
    by_name = {str(column).lower(): column for column in columns}
    for x, y in _NAMED:
        if x in by_name and y in by_name:
            return by_name[x], by_name[y]
    return None


def put_places_of_columns(table: AnnData) -> tuple[str, ...]:
    """Give a table without ``obsm["spatial"]`` the places that stand elsewhere, and say so."""
    if _SPATIAL in table.obsm:
        return ()
    if _EMBEDDED in table.obsm:
        table.obsm[_SPATIAL] = table.obsm[_EMBEDDED]
        return ()
    pair = place_columns(table.obs)
    if pair is None or not all(table.obs[name].dtype.kind in "iuf" for name in pair):
        return ()
    table.obsm[_SPATIAL] = table.obs[list(pair)].to_numpy(float)
    return (
        f"Places are those of the columns {pair[0]!r} and {pair[1]!r}: obsm['spatial'] is not "
        "there.",
    )


def xy_of(values: Any, name: str) -> npt.NDArray[np.float64]:
    """Return (row, 2) x and y.

    Parameters
    ----------
    values
        An array, dense or sparse, or a DataFrame: its columns called x and y are taken by name.
    name
        Of the file.

    Raises
    ------
    ReadError
        If these are not two columns of numbers.
    """
    try:
        xy = np.asarray(_in_order(getattr(values, "toarray", lambda: values)()), dtype=float)
    except (TypeError, ValueError) as err:
        raise ReadError(
            f"Expected numbers in obsm['spatial'] of {name}, found "
            f"{' '.join(str(values).split())!r:.60}; write the positions as (x, y)."
        ) from err
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ReadError(
            f"Expected two columns (x, y) in obsm['spatial'] of {name}, found an array of "
            f"shape {xy.shape}; keep one section's x and y."
        )
    return xy


def _in_order(values: Any) -> Any:
    if not hasattr(values, "columns"):
        return values
    pair = place_columns(values.columns)
    return values if pair is None else values[list(pair)]
