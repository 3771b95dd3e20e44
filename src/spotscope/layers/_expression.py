"""Nuclei coloured by an inferred value: how much in colour, how sure in opacity.

A nucleus is looked up as an 8-bit code: 0 background, 255 nothing inferred, and in between

    code = 1 + LEVELS · trust + level,    level in 0 … LEVELS - 1,  trust in 0 … TRUSTS - 1

so that colour and opacity of 252 codes are one table, and a new gene touches one number a nucleus.

    height = log(1 + value) / log(1 + top)       trust = 1 - (sd / (1 + value)) / log(1 + top)

sd / (1 + value) is the standard deviation of log(1 + value): a nucleus fades as its ± grows as wide
as the colour scale is. Those that no spot saw stay under half of the full opacity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.layers._lookup_rims import RIM_CODES

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LEVELS", "expression_codes", "expression_colormap", "expression_top"]

LEVELS, TRUSTS = 42, 6
NOT_INFERRED = 255
_FAINT, _FULL, _UNKNOWN = 0.22, 0.92, 0.10
_GREY = (0.55, 0.55, 0.58)

Floats = npt.NDArray[np.floating[Any]]


def expression_top(values: Floats) -> float:
    """Where the colour scale ends: all but the highest half percent of what is inferred."""
    known = values[np.isfinite(values)]
    if not known.size:
        return 1.0
    return max(float(np.quantile(known, 0.995)), 1e-6)


def expression_codes(
    n: int,
    labels: npt.NDArray[np.int64],
    values: Floats,
    sd: Floats | None = None,
    *,
    from_prior: npt.NDArray[np.bool_] | None = None,
    top: float | None = None,
) -> npt.NDArray[np.uint8]:
    """(n + 1,) code of every label, 0 … n.

    Parameters
    ----------
    n
        Number of nuclei drawn.
    labels
        (cell,) label of each cell.
    values
        (cell,) expected counts; NaN where nothing was inferred.
    sd
        (cell,) their standard deviation; None draws all at full opacity.
    from_prior
        (cell,) cells that no spot saw.
    top
        Value at the end of the colour scale; by default :func:`expression_top`.
    """
    scale = np.log1p(top if top is not None else expression_top(values))
    known = np.isfinite(values)
    value = np.where(known, np.maximum(values, 0), 0)
    height = np.clip(np.log1p(value) / scale, 0, 1)
    trust = np.ones(len(value))
    if sd is not None:
        trust = 1 - np.clip(np.nan_to_num(sd) / (1 + value) / scale, 0, 1)
    if from_prior is not None:
        trust = np.where(from_prior, np.minimum(trust, 0.4), trust)
    level = np.rint(height * (LEVELS - 1)).astype(np.int64)
    step = np.rint(trust * (TRUSTS - 1)).astype(np.int64)
    code = np.where(known, 1 + LEVELS * step + level, NOT_INFERRED)
    codes = np.full(n + 1, NOT_INFERRED, np.uint8)
    codes[0] = 0
    drawn = (labels > 0) & (labels <= n)
    codes[labels[drawn]] = code[drawn]
    return codes


def expression_colormap(colours: Sequence[Sequence[float]] | Floats) -> npt.NDArray[np.float32]:
    """(256, 4) colours of the codes.

    Parameters
    ----------
    colours
        (LEVELS, 3 or 4) from the least to the most, 0 to 1.
    """
    rgb = np.asarray(colours, np.float32)[:, :3]
    assert rgb.shape == (LEVELS, 3), rgb.shape
    table = np.zeros((256, 4), np.float32)
    for trust in range(TRUSTS):
        rows = slice(1 + LEVELS * trust, 1 + LEVELS * (trust + 1))
        table[rows, :3] = rgb
        table[rows, 3] = _FAINT + (_FULL - _FAINT) * trust / (TRUSTS - 1)
    table[NOT_INFERRED] = (*_GREY, _UNKNOWN)
    table[RIM_CODES[0]], table[RIM_CODES[1]] = (0, 0, 0, 0.9), (1, 1, 1, 1)
    return table
