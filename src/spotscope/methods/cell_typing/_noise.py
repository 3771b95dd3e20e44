"""Counts with noise: a Poisson whose rate carries a heavy-tailed log-normal error.

    P_σ(y | x) = ∫ Poisson(y; x e^z) p(z/σ)/σ dz

    p(t) = C φ(t) for |t| < 3,   C a / (|t| - 7/3)² beyond,   φ the standard normal density,
    a = (4/9) φ(3),   C = 1 / (1 + 2 (3a/2 - Φ(-3)))                        (Cable et al. 2022)

The tails make one wild gene cost a few nats instead of hundreds. ln P is tabulated for every count
y < ``rows`` on cells in x that are the floating-point format's own: each power of two is cut into
``2**bits`` equal parts, so that a number's leading bits are its cell and the others its place in
it, and a look-up needs no logarithm. In each cell ln P is the cubic through the exact values and
exact slopes at both ends; the slope needs no difference, since

    d ln P_y / d ln x = y - (y + 1) P_{y+1} / P_y.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from spotscope.methods.cell_typing._threads import over_rows

__all__ = ["Table", "density", "log_table"]

Floats = npt.NDArray[np.float64]

_PHI3 = math.exp(-4.5) / math.sqrt(2 * math.pi)
_A = 4 / 9 * _PHI3
_C = 1 / (1 + 2 * (1.5 * _A - 0.5 * math.erfc(3 / math.sqrt(2))))
#: ln of the largest error that is integrated over.
_Z_MAX = 20.0
#: x below this has no cell: 2**-14 = 6.1e-5.
_LOWEST = -14
_MANTISSA = 23


class Table(NamedTuple):
    """ln P_σ(y | x), ready for compiled look-ups.

    Parameters
    ----------
    coef
        (count, cell, 4) float32: ln P = c0 + t (c1 + t (c2 + t c3)), t in [0, 1) inside the cell.
    per_width
        (cell,) float32: 1 / width, so that d/dx = per_width d/dt.
    first
        Leading bits of the first cell.
    shift
        Bits of a float32 that are the place inside a cell.
    """

    coef: npt.NDArray[np.float32]
    per_width: npt.NDArray[np.float32]
    first: int
    shift: int


def density(t: Floats) -> Floats:
    """p(t), the noise density for σ = 1; integrates to 1."""
    size = np.abs(t)
    tail = _A / (np.maximum(size, 3.0) - 7 / 3) ** 2
    return np.asarray(
        _C * np.where(size < 3, np.exp(-0.5 * size**2) / math.sqrt(2 * math.pi), tail)
    )


def _nodes(sigma: float, rows: int) -> tuple[Floats, Floats]:
    """Places z and weights of a composite Gauss-Legendre rule for p(z/σ)/σ on ±20.

    Panels never straddle the joints at ±3σ, are narrow where the density bends, and nowhere wider
    than a few widths of the sharpest Poisson term, 1/√y.
    """
    widest = 6.0 / math.sqrt(rows + 16)
    core = max(8, math.ceil(3 * sigma / min(widest, sigma / 2)))
    edges = [3 * sigma * i / core for i in range(core + 1)]
    step = sigma / 6
    while edges[-1] < _Z_MAX:
        edges.append(min(edges[-1] + min(step, widest), _Z_MAX))
        step *= 1.3
    right = np.array(edges)
    edge = np.concatenate([-right[:0:-1], right])
    x, w = np.polynomial.legendre.leggauss(12)
    half = np.diff(edge) / 2
    z = ((edge[:-1] + edge[1:]) / 2)[:, None] + half[:, None] * x
    weight = half[:, None] * w * density(z / sigma) / sigma
    return z.ravel(), weight.ravel()


@njit(cache=True, nogil=True)
def _mix(first, last, x, z, weight, out):  # type: ignore[no-untyped-def]
    """out[k, y] = Σ_q weight_q Poisson(y; x_k e^{z_q}), by the recurrence in y."""
    rows = out.shape[1]
    for k in range(first, last):
        for q in range(len(z)):
            rate = x[k] * math.exp(z[q])
            # outside this window a term is below 1e-20 of its largest
            y = int(max(0.0, rate - 10 * math.sqrt(rate) - 20))
            if y >= rows:
                break
            term = weight[q] * math.exp(y * math.log(rate) - rate - math.lgamma(y + 1.0))
            while y < rows:
                out[k, y] += term
                y += 1
                term *= rate / y
                if y > rate and term < 1e-24:
                    break


def _bits(sigma: float) -> int:
    """Cells per power of two, as a power of two: finer where the noise is narrow."""
    return 4 if sigma >= 0.35 else 5 if sigma >= 0.15 else 6


@lru_cache(maxsize=24)
def log_table(sigma: float, rows: int, top: int) -> Table:
    """Build (or recall) the table of ln P_σ.

    Parameters
    ----------
    sigma
        Width of the noise, in ln units.
    rows
        Counts 0 … rows - 1.
    top
        x from 2**-14 up to 2**top.
    """
    bits = _bits(sigma)
    parts = 2**bits
    low = np.exp2(np.repeat(np.arange(_LOWEST, top), parts))
    inside = np.tile(np.arange(parts) / parts, top - _LOWEST)
    x = np.append(low * (1 + inside), 2.0**top)
    z, weight = _nodes(sigma, rows)
    p = np.zeros((len(x), rows + 1))
    over_rows(_mix, len(x), x, z, weight, p)
    y = np.arange(rows)
    value = np.log(p[:, :-1]).T
    slope = ((y - (y + 1) * p[:, 1:] / p[:, :-1]) / x[:, None]).T
    width = low / parts
    a, b = value[:, :-1], value[:, 1:]
    da, db = slope[:, :-1] * width, slope[:, 1:] * width
    coef = np.stack([a, da, 3 * (b - a) - 2 * da - db, 2 * (a - b) + da + db], axis=-1)
    shift = _MANTISSA - bits
    lead = int(np.float32(2.0**_LOWEST).view(np.int32)) >> shift
    return Table(coef.astype(np.float32), (1 / width).astype(np.float32), lead, shift)
