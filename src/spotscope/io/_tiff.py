"""TIFF and its kin (OME-TIFF, SVS, ImageJ): the slide in it, read tile by tile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.io._memory import check_room
from spotscope.io._reading import read_error
from spotscope.io._source import TILE_PX, Bands, Source, lazy
from spotscope.io._tiff_level import TiffLevel
from spotscope.io._tiff_pixel import tiff_pixel
from spotscope.io._tiff_series import DAMAGE, damaged, open_series

if TYPE_CHECKING:
    from pathlib import Path

    import dask.array as da

__all__ = ["tiff_source"]


def tiff_source(path: Path) -> Source:
    """Read what the file holds from its directories; no pixel is decoded.

    Raises
    ------
    ReadError
        If it is cut, damaged, or holds no 2-D image.
    """
    tif, series = open_series(path)
    with tif:
        try:
            levels = [TiffLevel(path, level, i) for i, level in enumerate(series.levels)]
            pixel = tiff_pixel(tif, series)
        except DAMAGE as error:
            raise damaged(path, error) from error
    _check_size(path, levels)

    def lazy_levels() -> tuple[da.Array, ...]:
        return tuple(lazy(level, (*level.block_px(TILE_PX), level.shape[2])) for level in levels)

    def bands() -> Bands:
        # whole strips; one that is the whole image goes by way of a file where its packing allows
        step = levels[0].block_px(TILE_PX)[0]
        if step >= levels[0].shape[0] and (rows := levels[0].in_rows()) is not None:
            try:
                yield from rows
            except DAMAGE as error:
                raise damaged(path, error) from error
            return
        check_room(
            path, 2 * step * levels[0].shape[1] * levels[0].shape[2] * levels[0].dtype.itemsize
        )
        for y in range(0, levels[0].shape[0], step):
            yield np.asarray(levels[0][y : y + step, :, :])

    return Source(
        levels[0].shape,
        levels[0].dtype,
        pixel,
        levels=lazy_levels,
        bands=None if levels[0].reads_anywhere else bands,
    )


def _check_size(path: Path, levels: list[TiffLevel]) -> None:
    """Check that pixels which no directory lists lie in the file."""
    size = path.stat().st_size
    end = max(level.end for level in levels)
    if end > size:
        raise read_error(
            path,
            f"Expected {end:,} bytes in {path.name!r}, found {size:,}: the file is cut off; copy "
            "or download it again.",
        )
