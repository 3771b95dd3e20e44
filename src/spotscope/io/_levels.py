"""Coarser levels from finer ones, tile by tile: memory does not grow with the image."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from spotscope.io._source import TILE_PX

if TYPE_CHECKING:
    from spotscope.model import Tick

__all__ = [
    "for_each_tile",
    "halve",
    "halved_shapes",
    "mean_pool",
    "n_tiles",
    "nearest_pool",
    "new_level",
]

#: Each holds a few tiles; more would wait for the disk.
_THREADS = min(4, os.cpu_count() or 1)

Array = npt.NDArray[Any]
Pool: TypeAlias = Callable[[Array], Array]


def halved_shapes(shape: tuple[int, int]) -> list[tuple[int, int]]:
    """(y, x) of the levels below one of ``shape``, each half as large, the last at most a tile."""
    shapes = []
    height, width = shape
    while max(height, width) > TILE_PX:
        height, width = -(-height // 2), -(-width // 2)
        shapes.append((height, width))
    return shapes


def n_tiles(shape: tuple[int, int], tile: int = TILE_PX) -> int:
    """Number of tiles that cover ``shape``."""
    return -(-shape[0] // tile) * -(-shape[1] // tile)


def mean_pool(block: Array) -> Array:
    """Average 2 × 2 pixels of a (y, x, c) block; at an odd edge, those there are."""
    if block.dtype == np.uint8 and block.shape[2] in (1, 3):
        from PIL import Image  # three times as fast as the sum below

        picture = Image.fromarray(block[..., 0] if block.shape[2] == 1 else block)
        return np.asarray(picture.reduce(2)).reshape(
            -(-block.shape[0] // 2), -(-block.shape[1] // 2), block.shape[2]
        )
    odd = [(0, n % 2) for n in block.shape[:2]]
    even = np.pad(block, [*odd, (0, 0)], mode="edge") if any(map(any, odd)) else block
    total = sum(even[i::2, j::2].astype(np.float64) for i in (0, 1) for j in (0, 1))
    mean = np.asarray(total) / 4
    return (np.rint(mean) if block.dtype.kind in "iu" else mean).astype(block.dtype)


def nearest_pool(block: Array) -> Array:
    """Keep every second pixel: labels cannot be averaged."""
    return block[::2, ::2]


def halve(fine: Any, coarse: Any, pool: Pool, tick: Tick, tile: int = TILE_PX) -> None:
    """Fill ``coarse`` from ``fine``, both sliced as (y, x, …).

    Parameters
    ----------
    fine
        Dask or Zarr array to read.
    coarse
        Zarr array to write, in chunks of ``tile``.
    pool
        Halves a block.
    tick
        Called after each tile of ``coarse``.
    tile
        Side of a tile of ``coarse``.
    """

    def one(y: int, x: int) -> None:
        block = np.asarray(fine[2 * y : 2 * (y + tile), 2 * x : 2 * (x + tile)])
        coarse[y : y + tile, x : x + tile] = pool(block)

    for_each_tile(coarse.shape[:2], one, tick, tile)


def for_each_tile(
    shape: tuple[int, int], work: Callable[[int, int], None], tick: Tick, tile: int = TILE_PX
) -> None:
    """Call ``work(y, x)`` for the corner of every tile, on a few threads; ``tick`` on this one.

    Decoding, averaging and packing all let other threads run.
    """
    corners = itertools.product(range(0, shape[0], tile), range(0, shape[1], tile))
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="spotscope-io") as threads:
        todo = [threads.submit(work, y, x) for y, x in corners]
        try:
            for done in as_completed(todo):
                done.result()
                tick()
        finally:  # after an error or a stop, what has not begun shall not
            threads.shutdown(cancel_futures=True)


def new_level(
    group: Any, name: str, shape: tuple[int, ...], dtype: Any, axes: str, tile: int = TILE_PX
) -> Any:
    """Create a Zarr array for one level, in square chunks, its few colours in one piece.

    Images are packed with LZ4, which unpacks a tile in 2 ms; labels with Zstandard, as their
    long runs pack fifty-fold.
    """
    from zarr.codecs import BloscCodec, BloscShuffle, ZstdCodec

    is_labels = "c" not in axes
    chunks = tuple(
        min(tile, n) if axis in "yx" else (n if n <= 4 else 1)
        for axis, n in zip(axes, shape, strict=True)
    )
    packed = (
        ZstdCodec(level=3)
        if is_labels
        else BloscCodec(cname="lz4", clevel=3, shuffle=BloscShuffle.noshuffle)
    )
    return group.create_array(
        name,
        shape=shape,
        dtype=dtype,
        chunks=chunks,
        compressors=packed,
        fill_value=0,
        dimension_names=tuple(axes),
    )
