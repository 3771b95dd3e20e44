"""A window of an image at another pixel size, the same whichever window is asked for.

Output pixel i looks at the input position  c_i = (i + ½) s - ½  with s = output / input pixel size,
through a tent of half-width max(1, s): linear interpolation upwards, a low-pass downwards. Weights
depend on i alone, so tiles agree to the last bit.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["resample", "source_span"]


def source_span(start: int, stop: int, scale: float, size: int) -> tuple[int, int]:
    """Input pixels [from, to) that the output pixels [start, stop) look at.

    Parameters
    ----------
    start, stop
        Output pixels.
    scale
        Output over input pixel size.
    size
        Number of input pixels.
    """
    reach = max(1.0, scale)
    low = int(np.floor((start + 0.5) * scale - 0.5 - reach))
    high = int(np.ceil((stop - 0.5) * scale - 0.5 + reach)) + 1
    return min(max(low, 0), size - 1), max(min(high, size), 1)


def resample(
    source: npt.NDArray[np.float32],
    origin: tuple[int, int],
    box: tuple[int, int, int, int],
    scale: float,
) -> npt.NDArray[np.float32]:
    """Return the output pixels ``box`` = (y0, x0, y1, x1).

    Parameters
    ----------
    source
        (y, x) input pixels that cover :func:`source_span` of both axes.
    origin
        Where ``source`` begins in the input image.
    box
        Output pixels, in the whole output image.
    scale
        Output over input pixel size.
    """
    y0, x0, y1, x1 = box
    if abs(scale - 1) < 1e-6:
        return source[y0 - origin[0] : y1 - origin[0], x0 - origin[1] : x1 - origin[1]]
    rows = _along_rows(source, x0, x1, origin[1], scale)
    return _along_columns(rows, y0, y1, origin[0], scale)


@numba.njit(cache=True, nogil=True)
def _weights(i, scale, origin, size):  # type: ignore[no-untyped-def]
    """First input pixel of output pixel i, and its weights; renormalised at the image's rim."""
    reach = max(1.0, scale)
    centre = (i + 0.5) * scale - 0.5
    first = max(int(np.ceil(centre - reach)), origin)
    last = min(int(np.floor(centre + reach)), origin + size - 1)
    weights = np.empty(last - first + 1, np.float32)
    total = 0.0
    for k in range(len(weights)):
        weight = 1.0 - abs(first + k - centre) / reach
        weights[k] = weight
        total += weight
    for k in range(len(weights)):
        weights[k] /= np.float32(total)
    return first - origin, weights


@numba.njit(cache=True, nogil=True)
def _along_rows(source, start, stop, origin, scale):  # type: ignore[no-untyped-def]
    out = np.zeros((source.shape[0], stop - start), np.float32)
    for i in range(start, stop):
        first, weights = _weights(i, scale, origin, source.shape[1])
        for y in range(source.shape[0]):
            total = np.float32(0)
            for k in range(len(weights)):
                total += weights[k] * source[y, first + k]
            out[y, i - start] = total
    return out


@numba.njit(cache=True, nogil=True)
def _along_columns(source, start, stop, origin, scale):  # type: ignore[no-untyped-def]
    out = np.zeros((stop - start, source.shape[1]), np.float32)
    for i in range(start, stop):
        first, weights = _weights(i, scale, origin, source.shape[0])
        for k in range(len(weights)):
            for x in range(source.shape[1]):
                out[i - start, x] += weights[k] * source[first + k, x]
    return out
