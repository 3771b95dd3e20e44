"""Whether a table holds one section: positions of two lie over each other, and nothing looks wrong.

Three signs, the surest first: several libraries that a column tells apart; the same place of the
array, or the very same position, taken twice; a column that names sections whose frames overlap.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

__all__ = ["library_of_one", "refuse_places_taken_twice", "said_of_parts"]

#: Columns that may tell sections apart; of donors and batches there are several on one section.
_SECTIONS = re.compile(r"^(library|section|slice|slide|sample|puck)([ _.-]?(id|name|key))?$", re.I)
_MOST = 50
#: Rounding, or what was not placed, puts some beads at one position; two sections share much more.
#: A place of the array is one spot's.
_TWICE, _TWICE_ON_ARRAY = 0.2, 0.02
#: Share of the smaller frame that lies in the other.
_OVER = 0.5


def library_of_one(
    obs: pd.DataFrame, libraries: Mapping[str, Any], name: str
) -> Mapping[str, Any] | None:
    """The libraries that the spots are of, or None where no column says.

    Raises
    ------
    ReadError
        If the spots are of several.
    """
    if len(libraries) < 2:
        return None
    for column in obs:
        values = obs[column]
        if str(values.dtype) not in ("category", "object", "str", "string"):
            continue
        used = set(map(str, values.dropna().unique()))
        if used and used <= set(libraries):
            if len(used) == 1:
                return {key: libraries[key] for key in used}
            raise ReadError(
                f"Expected one section in {name}, found {len(used)} ({', '.join(sorted(used))}"
                f"); save one of them alone (adata[adata.obs[{column!r}] == {min(used)!r}])."
            )
    return None


def refuse_places_taken_twice(
    obs: pd.DataFrame, xy: npt.NDArray[np.float64], name: str
) -> tuple[str, ...]:
    """Notes on spots that share their place with another.

    Raises
    ------
    ReadError
        If so many do that they are of several sections.
    """
    columns = ["array_row", "array_col"]
    frames = [pd.DataFrame(xy)]
    if set(columns) <= set(obs):
        frames.append(obs[columns].reset_index(drop=True))
    for places in frames:
        twice = int((places.duplicated() & places.notna().all(axis=1)).sum())
        on_array = columns[0] in places
        if twice > (_TWICE_ON_ARRAY if on_array else _TWICE) * len(places):
            where = "place of the array" if on_array else "position"
            raise ReadError(
                f"Expected one section in {name}, found {twice:,} of {len(places):,} spots at the "
                f"{where} of another, so several sections lie over each other; save one alone."
            )
        if twice:
            return (f"{twice:,} of {len(places):,} spots lie at the very place of another.",)
    return ()


def said_of_parts(obs: pd.DataFrame, xy: npt.NDArray[np.float64]) -> tuple[str, ...]:
    """A note where a column names sections whose frames lie over each other, else nothing."""
    for column in filter(lambda name: _SECTIONS.match(str(name)), obs):
        codes, names = pd.factorize(obs[column])
        if not 2 <= len(names) <= _MOST:
            continue
        boxes = [
            (xy[codes == k].min(axis=0), xy[codes == k].max(axis=0)) for k in range(len(names))
        ]
        if any(_over(a, b) for a, b in itertools.combinations(boxes, 2)):
            shown = ", ".join(map(str, names[:3])) + ("…" if len(names) > 3 else "")
            return (
                f"The column {column!r} tells {len(names)} parts ({shown}) that lie over each "
                "other: if these are sections, save one alone and open that.",
            )
    return ()


def _over(a: tuple[Any, Any], b: tuple[Any, Any]) -> bool:
    both = np.minimum(a[1], b[1]) - np.maximum(a[0], b[0])
    if (both <= 0).any():
        return False
    smaller = min(float(np.prod(high - low)) for low, high in (a, b))
    return bool(np.prod(both) > _OVER * smaller)
