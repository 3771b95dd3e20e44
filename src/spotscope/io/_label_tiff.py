"""Label images as TIFF, for QuPath, Fiji and everybody else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._levels import halved_shapes, n_tiles, nearest_pool
from spotscope.io._reading import read_error, reading
from spotscope.io._source import TILE_PX
from spotscope.io._staging import staged
from spotscope.io._tiff import tiff_source
from spotscope.io._tiff_check import TIFF_MAGIC
from spotscope.model import Labels, Tick, check_mpp, in_background

if TYPE_CHECKING:
    from collections.abc import Iterator

    import dask.array as da

    from spotscope.model import Task

__all__ = ["read_label_tiff", "write_label_tiff"]

#: Above this a file needs 64-bit places, even if compression would spare it.
_BIGTIFF_BYTES = 2**32 - 2**25
_UM_PER_CM = 10_000.0


def write_label_tiff(path: Path | str, labels: Labels) -> Task[None]:
    """Write labels as a tiled, zlib-compressed uint32 pyramid with its pixel size.

    Parameters
    ----------
    path
        The ``.tif`` to write.
    labels
        Read and written a tile at a time.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    levels = _pyramid(labels)
    total = sum(n_tiles(level.shape[:2]) for level in levels)
    with staged(path) as temporary:
        yield from in_background(
            "saving the labels", total, lambda tick: _write(temporary, levels, labels.mpp, tick)
        )


def read_label_tiff(path: Path | str, mpp: float | None = None) -> Labels:
    """Open a label image lazily.

    Parameters
    ----------
    path
        A TIFF of whole numbers: 0 background, i the nucleus i.
    mpp
        µm per pixel; wins over what the file says.

    Raises
    ------
    ReadError
        If it is no TIFF, or holds colours or fractions, or no pixel size is known.
    """
    path = Path(path)
    with reading(path):
        if not path.is_file() or not _is_tiff(path):
            raise read_error(
                path,
                f"Expected a label image as TIFF in {path.name!r}, found none; check the path.",
            )
        source = tiff_source(path)
        if source.dtype.kind not in "iu" or source.shape[2] != 1:
            raise read_error(
                path,
                f"Expected one whole number a pixel in {path.name!r}, found {source.shape[2]} of "
                f"{source.dtype}; give the label image, not a picture or a probability map.",
            )
        mpp = check_mpp(source.mpp_of(path, mpp), path.name)
        assert source.levels is not None
        return Labels(tuple(lv[..., 0].astype(np.uint32) for lv in source.levels()), mpp)


def _is_tiff(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) in TIFF_MAGIC


def _pyramid(labels: Labels) -> list[da.Array]:
    """Give the levels of the labels, and coarser ones of the last if it is still large."""
    levels = list(labels.levels)
    for _ in halved_shapes(levels[-1].shape[:2]):
        levels.append(nearest_pool(levels[-1]))
    return levels


def _write(path: Path, levels: list[da.Array], mpp: float, tick: Tick) -> None:
    from tifffile import TiffWriter

    size = sum(4 * level.size for level in levels)
    with TiffWriter(path, bigtiff=size > _BIGTIFF_BYTES) as tif:
        for i, level in enumerate(levels):
            per_cm = _UM_PER_CM / (mpp * levels[0].shape[0] / level.shape[0])
            about: dict[str, Any] = {"subifds": len(levels) - 1} if i == 0 else {"subfiletype": 1}
            tif.write(
                _tiles(level, tick),
                shape=level.shape,
                dtype=np.uint32,
                tile=(TILE_PX, TILE_PX),
                photometric="minisblack",
                compression="zlib",
                resolution=(per_cm, per_cm),
                resolutionunit="CENTIMETER",
                metadata=None,
                **about,
            )


def _tiles(level: da.Array, tick: Tick) -> Iterator[np.ndarray[Any, np.dtype[np.uint32]]]:
    for y in range(0, level.shape[0], TILE_PX):
        for x in range(0, level.shape[1], TILE_PX):
            tile = np.asarray(level[y : y + TILE_PX, x : x + TILE_PX]).astype(np.uint32)
            edge = [(0, TILE_PX - n) for n in tile.shape]
            tick()
            yield np.pad(tile, edge)
