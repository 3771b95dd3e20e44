"""How sure a nucleus' type is, as opacity: the unsure fade.

The 8-bit code of a type is repeated for every step of confidence,

    code' = code + 2 K · step,    step in 0 … S - 1,    S = min(6, ⌊252 / 2 K⌋),

so that colour and opacity are still one table of 256 entries, and turning the fading on or off
touches one number a nucleus. Many types leave few steps, and more than 63 leave none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["confidence_steps", "faded_codes", "faded_colormap"]

_MOST_STEPS, _LAST = 6, 252
#: Opacity of the least sure, as a share of the full one.
_FAINTEST = 0.15
UNKNOWN_CODE = 255


def confidence_steps(n_types: int) -> int:
    """How many steps there is room for; 1 means that nothing fades."""
    return max(1, min(_MOST_STEPS, _LAST // max(2 * n_types, 1)))


def faded_codes(
    codes: npt.NDArray[np.uint8], support: npt.NDArray[np.floating[Any]], n_types: int
) -> npt.NDArray[np.uint8]:
    """(label + 1,) codes of types and confidence.

    Parameters
    ----------
    codes
        (label + 1,) as from :func:`nuclei_codes`.
    support
        (label + 1,) probability of the type, 0 to 1.
    n_types
        Number of types.
    """
    steps = confidence_steps(n_types)
    if steps == 1:
        return codes
    # ½ is no better than a coin, so opacity is spread over what lies above a chance of 1 / K
    chance = 1 / max(n_types, 2)
    above = np.clip((support - chance) / (1 - chance), 0, 1)
    step = np.minimum((above * steps).astype(np.uint8), steps - 1)
    typed = (codes > 0) & (codes < UNKNOWN_CODE)
    return np.where(typed, codes + np.uint8(2 * n_types) * step, codes).astype(np.uint8)


def faded_colormap(table: npt.NDArray[np.float32], n_types: int) -> npt.NDArray[np.float32]:
    """(256, 4) colours of the codes of :func:`faded_codes`.

    Parameters
    ----------
    table
        (256, 4) colours of the types, from :func:`nuclei_colormap`.
    n_types
        Number of types.
    """
    steps, width = confidence_steps(n_types), 2 * n_types
    faded = table.copy()
    for step in range(steps if steps > 1 else 0):
        rows = slice(1 + width * step, 1 + width * (step + 1))
        faded[rows] = table[1 : 1 + width]
        faded[rows, 3] *= _FAINTEST + (1 - _FAINTEST) * step / (steps - 1)
    return faded
