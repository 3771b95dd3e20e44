"""Where the rows of a table lie: ``obsm["spatial"]`` as (x, y), in whatever form it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.model import ReadError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["xy_of"]

#: Pairs of columns that say which is x, in lower case; others are taken in their order.
_NAMED = (("x", "y"), ("x_centroid", "y_centroid"), ("center_x", "center_y"))


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
    by_name = {str(column).lower(): column for column in values.columns}
    for pair in _NAMED:
        if by_name.keys() >= set(pair):
            return values[[by_name[axis] for axis in pair]]
    return values
