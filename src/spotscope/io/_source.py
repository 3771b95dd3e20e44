"""What a slide's file holds, known from its header alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from spotscope.io._reading import read_error

if TYPE_CHECKING:
    from pathlib import Path

    import dask.array as da

    from spotscope.io._pixel_size import PixelSize

__all__ = ["TILE_PX", "Bands", "Source", "lazy"]

#: Side of the pieces in which images are read, kept and drawn.
TILE_PX = 1024

#: The image from top to bottom: (row, x, c) arrays, each a piece of bounded height.
Bands: TypeAlias = Iterator[npt.NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An image file before its pixels are read.

    Parameters
    ----------
    shape
        (y, x, c) of the finest level.
    dtype
        Of a pixel's channel.
    pixel
        Size of a pixel from the file's metadata, or None.
    levels
        Makes the lazy levels (y, x, c), finest first.
    bands
        Set where a small part cannot be read without much else: reads the finest level from top to
        bottom. The first piece may take long, where the whole file has to be decoded for it.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    pixel: PixelSize | None
    levels: Callable[[], tuple[da.Array, ...]] | None = None
    bands: Callable[[], Bands] | None = None

    def __post_init__(self) -> None:
        assert self.levels is not None or self.bands is not None

    def mpp_of(self, path: Path, given: float | None = None) -> float | None:
        """µm per pixel: as given, else as the file says, else None.

        Raises
        ------
        ReadError
            If the file says that pixels are not square, and nobody knows better.
        """
        if given is not None or self.pixel is None:
            return given
        if self.pixel.mpp is None:
            raise read_error(
                path,
                f"Expected square pixels in {path.name!r}, found {self.pixel.x_um:.4g} µm across "
                f"and {self.pixel.y_um:.4g} µm down; resample it, or give the pixel size (--mpp) "
                "if that is a mistake.",
            )
        return self.pixel.mpp


def lazy(array: Any, chunks: tuple[int, ...]) -> da.Array:
    """Wrap a sliceable array for dask, under a name of its own.

    A name made from the path would serve old tiles from dask's cache, which napari switches on,
    after a file was written anew.
    """
    import dask.array as da

    return da.from_array(array, chunks=chunks, name=False, asarray=False, fancy=False)
