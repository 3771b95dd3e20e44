"""How tables are packed in h5ad: what packing makes smaller is packed, the rest is as it is.

Values that were computed are noise in their last bits: packed by gzip they take nine tenths of
their room and a hundred times as long to write. Every HDF5 reads gzip and shuffled bytes; faster
ways of packing need a plug-in where the file is opened.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

__all__ = ["SMALL", "packing_of"]

#: Of all that is no matrix: words and single numbers, which cannot be shuffled.
SMALL: Mapping[str, Any] = {"compression": "gzip", "compression_opts": 1}
#: Bytes of like significance lie together: smaller, and in half the time.
_SHUFFLED: Mapping[str, Any] = {**SMALL, "shuffle": True}
#: Packing is worth its time where what is unpacked would be so many times as large.
_WORTH = 1.3
_ROWS = 64


def packing_of(matrix: Any) -> Mapping[str, Any]:
    """What h5py is told of a matrix, dense or sparse; computed numbers are tried by some rows."""
    if not isinstance(matrix, np.ndarray) or matrix.dtype.kind != "f" or not matrix.size:
        return _SHUFFLED
    rows = np.unique(np.linspace(0, len(matrix) - 1, _ROWS).astype(int))
    some = np.ascontiguousarray(matrix[rows])
    in_vain = len(zlib.compress(_shuffled(some), 1)) * _WORTH > some.nbytes
    return {} if in_vain else _SHUFFLED


def _shuffled(values: npt.NDArray[Any]) -> bytes:
    """The bytes of numbers, first all first ones, then all second ones, as HDF5 shuffles them."""
    return values.view(np.uint8).reshape(-1, values.itemsize).T.tobytes()
