"""Label images in a Zarr group: drawn tile by tile, with their own pyramid."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from spotscope.io._held import HeldArray
from spotscope.io._levels import halve, halved_shapes, n_tiles, nearest_pool, new_level
from spotscope.io._ngff import element_attributes
from spotscope.io._ome_zarr import multiscale
from spotscope.io._reading import read_error
from spotscope.io._source import TILE_PX, lazy
from spotscope.io._staging import staged
from spotscope.io._whole import note_files
from spotscope.model import Labels, Tick, check_mpp, in_background

if TYPE_CHECKING:
    from spotscope.io._held import Hold
    from spotscope.model import Task

__all__ = ["Draw", "open_label_zarr", "write_label_zarr"]

#: ``draw(y0, x0, height, width)`` gives the (height, width) labels of a window, in pixels.
Draw: TypeAlias = Callable[[int, int, int, int], npt.NDArray[np.uint32]]


def write_label_zarr(
    store_path: Path | str, draw: Draw, shape: tuple[int, int], mpp: float, tile: int = TILE_PX
) -> Task[Labels]:
    """Write a label pyramid as OME-NGFF 0.5; no more than a few tiles are in memory.

    Coarser levels keep every second pixel. Inside ``labels`` of a SpatialData store it is an
    element of that store, in µm.

    Parameters
    ----------
    store_path
        Folder of the label image.
    draw
        Draws one window; called once per tile, on a thread.
    shape
        (y, x) pixels of level 0.
    mpp
        µm per pixel of level 0.
    tile
        Side of a tile in pixels.

    Returns
    -------
    The labels, lazily read from ``store_path``.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    path = Path(store_path)
    shapes = [shape, *halved_shapes(shape)]
    total = sum(n_tiles(level, tile) for level in shapes)

    def work(tick: Tick) -> None:
        import zarr

        group = zarr.create_group(temporary, zarr_format=3)
        group.attrs.update(element_attributes("yx", shapes, mpp, name=path.stem))
        levels = [
            new_level(group, str(i), level, np.uint32, "yx", tile) for i, level in enumerate(shapes)
        ]
        for y in range(0, shape[0], tile):
            for x in range(0, shape[1], tile):
                height, width = min(tile, shape[0] - y), min(tile, shape[1] - x)
                levels[0][y : y + height, x : x + width] = draw(y, x, height, width)
                tick()
        for fine, coarse in itertools.pairwise(levels):
            halve(fine, coarse, nearest_pool, tick, tile)

    with staged(path) as temporary:
        yield from in_background("drawing the labels", total, work)
        note_files(temporary)
    return open_label_zarr(path)


def open_label_zarr(path: Path | str, held: Hold | None = None) -> Labels:
    """Open a label pyramid; nothing is read but its metadata.

    Parameters
    ----------
    path
        Folder of the label image.
    held
        Holds it for as long as the labels are there, where others may remove it.

    Raises
    ------
    ReadError
        If it is no label image, or has no pixel size.
    """
    path = Path(path)
    arrays, axes, pixel = multiscale(path)
    if axes != ["y", "x"] or arrays[0].dtype.kind not in "iu":
        raise read_error(
            path,
            f"Expected whole numbers with axes (y, x) in {path.name!r}, found {arrays[0].dtype} "
            f"with axes {''.join(axes)}; give a label image.",
        )
    levels = tuple(
        lazy(HeldArray(array, held), tuple(array.chunks)).astype(np.uint32) for array in arrays
    )
    return Labels(levels, check_mpp(None if pixel is None else pixel.mpp, path.name))
