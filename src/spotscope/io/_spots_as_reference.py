"""Whether a table that is to be a reference holds spots: several cells each, of no one type.

A table of spots with a column of clusters looks like a reference, and every spot would be typed by
mixtures of types. Single cells measured in place (Xenium, MERFISH) have positions too and are good
references, so positions alone say nothing. What cells never have is a lattice: they lie on none,
and no row and column of an array is theirs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._h5ad import Uns, stated_of
from spotscope.io._lattice import guess_lattice
from spotscope.io._places import xy_of
from spotscope.io._spaceranger import find_space_ranger
from spotscope.model import CellKey, ReadError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from anndata import AnnData

__all__ = ["ARRAY_PLACES", "refuse_spots", "said_of_spots"]

#: Columns of a place on an array, by Space Ranger and by tables of legacy ST.
ARRAY_PLACES = (("array_row", "array_col"), ("array_x", "array_y"))
#: Names that are places: 10x13 of legacy ST, s_008um_00012_00034-1 of Visium HD.
_PLACE = re.compile(r"\d+(\.\d+)?x\d+(\.\d+)?|s_\d{3}um_\d+_\d+(-\d+)?")
#: Of fewer rows no lattice is told from chance.
_FEWEST = 20
_LOOKED_AT = 1000
_ROUND = 1e-6


def refuse_spots(table: AnnData, path: Path) -> None:
    """Raise where the rows of a table are spots, or bins, beyond doubt.

    Raises
    ------
    ReadError
        If they have places on an array, lie on a lattice, or are the matrix of a Space Ranger run.
    """
    why = _places_on_an_array(table) or _lattice_of(table, path.name) or _run_of(path)
    if why is not None:
        raise ReadError(
            f"Expected single cells in {path.name}, found spots ({why}), which hold several cells "
            "of several types each; give a single-cell reference, and this file as the sample."
        )


def said_of_spots(table: AnnData) -> tuple[str, ...]:
    """A note where the rows may be spots, or were told from spots."""
    if {str(CellKey.SOURCE), str(CellKey.SUPPORT)} <= set(table.obs):
        return (
            "These cells were told from spots by spotscope, their types and counts too: a "
            "reference should be measured in single cells.",
        )
    libraries: Any = table.uns.get(Uns.SPATIAL)
    if not hasattr(libraries, "values"):
        return ()
    for library in libraries.values():
        factors: Any = library.get("scalefactors") if hasattr(library, "get") else None
        width: Any = factors.get("spot_diameter_fullres") if hasattr(factors, "get") else None
        if width is not None and float(width) > 1:  # readers of single cells write 1
            return (
                f"uns['spatial'] states spots {float(width):.4g} px wide, and the places are on no "
                "lattice: taken as single cells; if the rows are spots, give another reference.",
            )
    return ()


def _whole(places: pd.DataFrame) -> bool:
    """Averages over the bins of a cell are no place on the array."""
    try:
        numbers = places.to_numpy(float)
    except (TypeError, ValueError):
        return False
    numbers = numbers[np.isfinite(numbers).all(axis=1)]
    return len(numbers) > 0 and bool((np.abs(numbers - np.rint(numbers)) < _ROUND).all())


def _places_on_an_array(table: AnnData) -> str | None:
    for pair in ARRAY_PLACES:
        if set(pair) <= set(table.obs) and _whole(table.obs[list(pair)]):
            return f"{pair[0]} and {pair[1]} are their places on an array"
    names = table.obs_names[:_LOOKED_AT]
    if len(names) and all(_PLACE.fullmatch(str(name)) for name in names):
        return f"their names, such as {str(names[0])!r}, are places on an array"
    return None


def _lattice_of(table: AnnData, name: str) -> str | None:
    stated = stated_of(table.uns)
    kind = stated.kind
    if kind is None and Uns.SPATIAL in table.obsm and table.n_obs >= _FEWEST:
        try:
            xy = xy_of(table.obsm[Uns.SPATIAL], name)
        except ReadError:  # places in space, say: no matter for a reference
            return None
        kind = guess_lattice(xy[np.isfinite(xy).all(axis=1)][:, ::-1]).kind
    if kind in ("hex", "square"):
        return f"they lie on a {'hexagonal' if kind == 'hex' else 'square'} lattice"
    return None


def _run_of(path: Path) -> str | None:
    """Whether this is the matrix of a Space Ranger folder."""
    if path.suffix == ".h5ad" or (outs := find_space_ranger(path)) is None:
        return None
    if outs.matrix is not None and outs.matrix.exists() and outs.matrix.samefile(path):
        return f"Space Ranger wrote them, and their positions lie in {outs.positions.name}"
    return None
