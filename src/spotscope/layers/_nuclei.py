"""Nuclei coloured by their type.

A nucleus is looked up as an 8-bit code: 0 background, k + 1 the type k read from its own spot,
K + k + 1 the type k of one that was counted, not seen, or whose type was taken from its
neighbours, 255 unknown. A colour map of 256 entries paints
codes, so hiding a type or giving it another colour touches 256 numbers and no pixel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.layers._lookup import LookupPyramid
from spotscope.layers._names import layer_name
from spotscope.layers._palette import UNKNOWN_COLOUR, paler
from spotscope.model import CellKey, SpotscopeError, TypeSource, is_estimated

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from spotscope.model import Cells, Session

__all__ = [
    "MAX_TYPES",
    "as_colormap",
    "nuclei_codes",
    "nuclei_colormap",
    "nuclei_layer",
    "nuclei_lut",
    "nuclei_values",
]

#: Two codes a type, background and unknown, in eight bits.
MAX_TYPES = 120
UNKNOWN_CODE = 255
#: A pixel of so many µm is about a third of a nucleus: from here on they are drawn a pixel wider.
FROM_AFAR_UM = 2.0
_SOLID, _PALE, _UNKNOWN = 0.75, 0.6, 0.45

LayerTuple = tuple[Any, dict[str, Any], str]


def nuclei_codes(n: int, cells: Cells | None) -> npt.NDArray[np.uint8]:
    """(n + 1,) code of every label, 0 … n.

    Parameters
    ----------
    n
        Largest label drawn.
    cells
        Typed cells, or None when nothing is typed yet: every nucleus is unknown.
    """
    if cells is None:
        return nuclei_lut(n, np.zeros(0, np.int16), np.zeros(0, bool), 0)
    own = (cells.table.obs[CellKey.SOURCE] == TypeSource.SPOT).to_numpy(bool)
    if cells.outlines is not None:
        own &= ~is_estimated(cells.outlines)
    labels = cells.table.obs[CellKey.LABEL_ID].to_numpy(np.int64)
    return nuclei_lut(n, cells.type_codes, own, len(cells.types), labels)


def nuclei_lut(
    n: int,
    kind: npt.NDArray[np.integer[Any]],
    own: npt.NDArray[np.bool_],
    n_types: int,
    labels: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.uint8]:
    """(n + 1,) code of every label, 0 … n, from types alone, without a cell table.

    Parameters
    ----------
    n
        Number of nuclei drawn.
    kind
        (cell,) type; -1 where it is unknown.
    own
        (cell,) whether the type was read from the cell's own spot.
    n_types
        Number of types.
    labels
        (cell,) its label; 1, 2, … by default.
    """
    _check_types(n_types)
    codes = np.full(n + 1, UNKNOWN_CODE, np.uint8)
    codes[0] = 0
    kind = kind.astype(np.int64)
    code = np.where(kind < 0, UNKNOWN_CODE, kind + 1 + np.where(own, 0, n_types))
    labels = np.arange(1, len(kind) + 1) if labels is None else labels
    drawn = (labels > 0) & (labels <= n)
    codes[labels[drawn]] = code[drawn]
    return codes


def nuclei_values(
    n: int, cells: Cells, values: npt.NDArray[np.floating[Any]]
) -> npt.NDArray[np.float32]:
    """(n + 1,) a number for every label, NaN (transparent) where there is none.

    Parameters
    ----------
    n
        Number of nuclei drawn.
    values
        (cell,) expression, probability or margin.
    """
    table = np.full(n + 1, np.nan, np.float32)
    labels = cells.table.obs[CellKey.LABEL_ID].to_numpy(np.int64)
    drawn = (labels > 0) & (labels <= n)
    table[labels[drawn]] = np.asarray(values, np.float32)[drawn]
    return table


def nuclei_colormap(
    types: Collection[str],
    colours: Mapping[str, tuple[int, int, int]],
    hidden: Collection[str] = frozenset(),
    *,
    outline: bool = False,
) -> npt.NDArray[np.float32]:
    """(256, 4) red, green, blue, alpha of every code, 0 to 1.

    Parameters
    ----------
    types
        Names in the order of their codes.
    colours
        As from :func:`type_colours`.
    hidden
        Types made transparent; ``"unknown"`` hides nuclei without a type.
    outline
        Opaque, as thin lines need to be.
    """
    _check_types(len(types))
    solid, pale, grey = (1.0, 1.0, 1.0) if outline else (_SOLID, _PALE, _UNKNOWN)
    table = np.zeros((256, 4), np.float32)
    for k, name in enumerate(types):
        colour = colours.get(name, UNKNOWN_COLOUR)
        seen = name not in hidden
        table[k + 1] = [*np.divide(colour, 255), solid * seen]
        table[len(types) + k + 1] = [*np.divide(paler(colour), 255), pale * seen]
    table[UNKNOWN_CODE] = [*np.divide(UNKNOWN_COLOUR, 255), grey * ("unknown" not in hidden)]
    return table


def nuclei_layer(
    session: Session,
    colours: Mapping[str, tuple[int, int, int]],
    hidden: Collection[str] = frozenset(),
    *,
    outline: bool = False,
) -> LayerTuple:
    """The nuclei of a session as an image layer.

    Parameters
    ----------
    session
        Has labels and nuclei; cells where they are typed.
    colours, hidden
        As in :func:`nuclei_colormap`.
    outline
        Rims only; later by the pyramid's ``outline``.

    Returns
    -------
    (levels, keyword arguments, "image"). The pyramid is ``kwargs["metadata"]["lookup"]``: set its
    ``lut`` and refresh the layer to recolour; set the layer's colormap to hide or repaint a type.
    """
    assert session.labels is not None
    assert session.nuclei is not None
    codes = nuclei_codes(session.nuclei.last_label, session.cells)
    mpp = session.labels.mpp
    pyramid = LookupPyramid(
        session.labels.levels, codes, outline=outline, thick_step=FROM_AFAR_UM / mpp
    )
    types = session.cells.types if session.cells is not None else ()
    return (
        pyramid.levels,
        {
            "name": layer_name(session.sample.name, session.called),
            "multiscale": True,
            "rgb": False,
            "scale": (mpp, mpp),
            "units": ("um", "um"),
            "colormap": as_colormap(nuclei_colormap(types, colours, hidden, outline=outline)),
            "contrast_limits": (0, 255),
            "interpolation2d": "nearest",
            "blending": "translucent",
            "metadata": {"lookup": pyramid},
        },
        "image",
    )


def as_colormap(table: npt.NDArray[np.float32], name: str = "cell types") -> dict[str, Any]:
    """A table of 256 colours as the dictionary napari makes a stepped colour map of."""
    return {
        "name": name,
        "colors": table,
        "interpolation": "zero",
        "controls": np.linspace(0, 1, len(table) + 1),
    }


def _check_types(n: int) -> None:
    if n > MAX_TYPES:
        raise SpotscopeError(
            f"Expected at most {MAX_TYPES} cell types to colour, found {n}; merge the finest ones "
            "in the reference, or give its column of broader types."
        )
