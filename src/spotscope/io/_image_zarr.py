"""A slide written as an OME-Zarr image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._levels import for_each_tile, n_tiles, new_level
from spotscope.io._ngff import element_attributes
from spotscope.io._source import TILE_PX
from spotscope.io._staging import staged
from spotscope.model import Tick, in_background

if TYPE_CHECKING:
    import dask.array as da

    from spotscope.model import Slide, Task

__all__ = ["write_image_zarr"]


def write_image_zarr(path: Path | str, slide: Slide) -> Task[None]:
    """Write a slide with its levels as OME-NGFF 0.5, axes (c, y, x), a tile at a time.

    Inside ``images`` of a SpatialData store it is an element of that store, in µm.

    Parameters
    ----------
    path
        Folder of the image.
    slide
        The slide; its levels are copied as they are.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    path = Path(path)
    total = sum(n_tiles(level.shape[:2]) for level in slide.levels)
    with staged(path) as temporary:
        yield from in_background(
            "saving the image", total, lambda tick: _write(temporary, path.stem, slide, tick)
        )


def _write(store: Path, name: str, slide: Slide, tick: Tick) -> None:
    import zarr

    n = int(slide.levels[0].shape[2])
    shapes = [(n, int(level.shape[0]), int(level.shape[1])) for level in slide.levels]
    channels = list("rgb") if slide.is_rgb else [str(i) for i in range(n)]
    group = zarr.create_group(store, zarr_format=3)
    group.attrs.update(element_attributes("cyx", shapes, slide.mpp, name=name, channels=channels))
    for i, (level, shape) in enumerate(zip(slide.levels, shapes, strict=True)):
        array = new_level(group, str(i), shape, level.dtype, "cyx")

        def one(y: int, x: int, level: da.Array = level, array: Any = array) -> None:
            tile = np.asarray(level[y : y + TILE_PX, x : x + TILE_PX])
            array[:, y : y + TILE_PX, x : x + TILE_PX] = np.moveaxis(tile, 2, 0)

        for_each_tile(shape[1:], one, tick)
