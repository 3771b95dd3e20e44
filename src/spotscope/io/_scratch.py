"""Room on disk for what must be decoded in one piece, so that memory need not hold it.

No library at hand decodes a JPEG, or a TIFF of one packed strip, row by row. Their pixels are
therefore written into a file that is mapped: the system may put them out of memory at any time.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._pyramid import default_cache

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["scratch"]


@contextmanager
def scratch(shape: tuple[int, ...], dtype: Any) -> Iterator[np.memmap[Any, Any]]:
    """An array in a file of the user's cache; gone when left. Temporary folders may be memory."""
    folder = default_cache()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        array = np.memmap(file, dtype, "w+", shape=shape)
        try:
            yield array
        finally:
            del array
