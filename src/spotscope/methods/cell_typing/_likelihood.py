"""Look-ups of ln P_σ(y | x) and of its slopes, for single counts and for blocks of spots.

A count beyond the table's last row Y is not cut off: its own Poisson noise is lost in σ, so
P(y | x) = (Y/y) P(Y | x Y/y) to within the width σ² + 1/Y instead of σ² + 1/y.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.extending import intrinsic

from spotscope.methods.cell_typing._noise import Table, log_table
from spotscope.methods.cell_typing._threads import over_rows

__all__ = ["ROWS", "block_nll", "block_slopes", "floors", "log_p", "nll_of", "table_for"]

Floats = npt.NDArray[np.float64]

#: Counts 0 … ROWS - 1 have a row of their own.
ROWS = 1024
_SMALLEST_X = 1e-4


def floors(umis: Floats) -> npt.NDArray[np.float32]:
    """(spot,) expected count that any gene has in a spot, by chance, index swaps or soup."""
    return np.maximum(_SMALLEST_X, 1e-7 * np.asarray(umis, float)).astype(np.float32)


def table_for(sigma: float, largest_x: float, largest_y: int, rows: int = ROWS) -> Table:
    """Return the table that covers counts up to ``largest_y`` and rates up to ``largest_x``."""
    rows = min(rows, max(64, 2 ** math.ceil(math.log2(largest_y + 2))))
    reach = max(1600.0, 2.0 * largest_x, 2.0 * largest_y)
    return log_table(round(float(sigma), 4), rows, math.ceil(math.log2(reach)))


@intrinsic
def _float_bits(typing_context, x):  # type: ignore[no-untyped-def]
    """The 32 bits of a float32 as an int32."""

    def generate(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.bitcast(args[0], context.get_value_type(types.int32))

    return types.int32(types.float32), generate


@njit(cache=True, nogil=True, inline="always")
def locate(x, first, shift, n_cells):  # type: ignore[no-untyped-def]
    """Cell of a rate, and the place t in it; rates outside stand at the nearer end."""
    bits = _float_bits(np.float32(x))
    cell = (bits >> shift) - first
    if cell < 0:
        return 0, np.float32(0.0)
    if cell >= n_cells:
        return n_cells - 1, np.float32(1.0)
    return cell, np.float32(bits & ((1 << shift) - 1)) * np.float32(1.0 / (1 << shift))


@njit(cache=True, nogil=True, inline="always")
def log_p(y, x, table):  # type: ignore[no-untyped-def]
    """Look up ln P(y | x)."""
    last = table.coef.shape[0] - 1
    extra = 0.0
    if y > last:
        extra = math.log(last / y)
        x = x * np.float32(last / y)
        y = last
    cell, t = locate(x, table.first, table.shift, table.coef.shape[1])
    c = table.coef[y, cell]
    return c[0] + t * (c[1] + t * (c[2] + t * c[3])) + extra


@njit(cache=True, nogil=True)
def block_nll(first, last, counts, x, floor, table, nll):  # type: ignore[no-untyped-def]
    """nll[i] = -Σ_g ln P(counts[i, g] | x[i, g] + floor[i])."""
    for i in range(first, last):
        total = 0.0
        for g in range(counts.shape[1]):
            total -= log_p(counts[i, g], x[i, g] + floor[i], table)
        nll[i] = total


@njit(cache=True, nogil=True)
def block_slopes(first, last, counts, x, floor, table, d1, d2, nll):  # type: ignore[no-untyped-def]
    """First and second derivative of ln P in x, and the negative log-likelihood.

    Only the concave part of the second derivative is kept (d2 ≥ 0 is -min(∂², 0)), so that what is
    built of it is positive semi-definite.
    """
    top = table.coef.shape[0] - 1
    n_cells = table.coef.shape[1]
    for i in range(first, last):
        total = 0.0
        for g in range(counts.shape[1]):
            y = counts[i, g]
            rate = x[i, g] + floor[i]
            chain = np.float32(1.0)
            if y > top:
                total -= math.log(top / y)
                chain = np.float32(top / y)
                rate *= chain
                y = top
            cell, t = locate(rate, table.first, table.shift, n_cells)
            c = table.coef[y, cell]
            total -= c[0] + t * (c[1] + t * (c[2] + t * c[3]))
            per = table.per_width[cell] * chain
            d1[i, g] = (c[1] + t * (2 * c[2] + 3 * t * c[3])) * per
            bend = (2 * c[2] + 6 * t * c[3]) * per * per
            d2[i, g] = -bend if bend < 0 else np.float32(0.0)
        nll[i] = total


def nll_of(
    counts: npt.NDArray[np.int32],
    x: npt.NDArray[np.floating],
    floor: npt.NDArray[np.floating],
    table: Table,
) -> Floats:
    """(spot,) negative log-likelihood of a block of spots.

    Parameters
    ----------
    counts
        (spot, gene).
    x
        (spot, gene) expected counts.
    floor
        (spot,) added to every expected count.
    table
        Of the noise.
    """
    nll = np.empty(len(counts))
    rate = np.ascontiguousarray(x, np.float32)
    over_rows(block_nll, len(counts), counts, rate, np.asarray(floor, np.float32), table, nll)
    return nll
