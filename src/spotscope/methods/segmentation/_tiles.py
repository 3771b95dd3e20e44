"""A whole slide, tile by tile.

Each tile is read with a margin and keeps the nuclei whose centre lies on it, so every nucleus is
found once, by the tile that sees it whole. The result depends neither on the order in which tiles
are finished nor on who works on them, so what a tile found may be kept, and used by a later run.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation._grid import Box, Grid, Window, open_window, working_grid
from spotscope.methods.segmentation._rays import N_RAYS
from spotscope.methods.segmentation._score import probability
from spotscope.methods.segmentation._watershed import find_objects
from spotscope.model import Progress, StarConvex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor, Future

    from spotscope.methods.segmentation._fitted import FittedSegmentation
    from spotscope.methods.segmentation._params import SegmentationParams
    from spotscope.model import Slide, Task

    Find = Callable[["Tile", FittedSegmentation, SegmentationParams], StarConvex]

__all__ = [
    "KeptTiles",
    "Tile",
    "cut_tiles",
    "find_in_tile",
    "in_order",
    "inside",
    "over_tiles",
    "predict",
    "select",
]

_STAGE = "finding nuclei"
#: Tiles handed out and not yet done; each waiting one costs a few kilobytes.
_IN_FLIGHT = 64
#: Longest silence while others work, in seconds.
_PATIENCE = 0.1

Region = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """All that is needed to find the nuclei of one tile, wherever that happens.

    Parameters
    ----------
    window
        The pixels, margin included.
    core
        The box whose nuclei this tile answers for.
    grid
        Geometry.
    """

    window: Window
    core: Box
    grid: Grid

    @property
    def name(self) -> str:
        """Its place on the grid: the same slide and parameters give the same tile."""
        return "-".join(map(str, self.core))


class KeptTiles(Protocol):
    """Where the nuclei of finished tiles are kept, so that a run that was stopped goes on."""

    def get(self, name: str) -> StarConvex | None:
        """What the tile of that name found, if it was ever finished."""

    def put(self, name: str, found: StarConvex) -> None:
        """Keep what a tile found."""


def predict(
    fitted: FittedSegmentation,
    slide: Slide,
    params: SegmentationParams,
    region_um: Region | None = None,
    executor: Executor | None = None,
    kept: KeptTiles | None = None,
) -> Task[StarConvex]:
    """Find the nuclei of a slide, or of a part of it.

    Parameters
    ----------
    fitted
        From :func:`fit` on the same slide.
    slide, params
        As there.
    region_um
        (y0, x0, y1, x1): only nuclei with their centre in here.
    executor
        Works on tiles: threads, processes or a cluster. None: this thread.
    kept
        Tiles in here are not done again; those that are done are put there.

    Returns
    -------
    All candidates, by rising y; :func:`select` applies the probability threshold, at any time.
    """
    grid = working_grid(slide, params.model_mpp)
    margin = int(np.ceil(params.halo_um / grid.mpp))
    tiles = cut_tiles(fitted, slide, grid, params.tile_px, margin, region_um)
    found = yield from over_tiles(find_in_tile, tiles, fitted, params, executor, kept)
    return in_order(found, region_um)


def over_tiles(
    find: Find,
    tiles: list[Tile],
    fitted: FittedSegmentation,
    params: SegmentationParams,
    executor: Executor | None,
    kept: KeptTiles | None = None,
) -> Task[list[StarConvex]]:
    """What ``find(tile, fitted, params)`` finds on every tile, in the order of the tiles."""
    parts: dict[int, StarConvex] = {}
    for index, tile in enumerate(tiles if kept is not None else ()):
        if kept is not None and (known := kept.get(tile.name)) is not None:
            parts[index] = known
    todo = [(index, tile) for index, tile in enumerate(tiles) if index not in parts]
    yield Progress(_STAGE, len(parts), len(tiles))
    work = (
        _inline(find, todo, fitted, params)
        if executor is None
        else _handed_out(executor, find, todo, fitted, params)
    )
    for finished in work:
        if finished is not None:
            index, part = finished
            parts[index] = part
            if kept is not None:
                kept.put(tiles[index].name, part)
        yield Progress(_STAGE, len(parts), len(tiles))
    return [parts[index] for index in sorted(parts)]


def in_order(found: list[StarConvex], region_um: Region | None, n_rays: int = N_RAYS) -> StarConvex:
    """All nuclei of all tiles, those in the region, by place."""
    everything = StarConvex.concatenate(found) if found else StarConvex.empty(n_rays)
    if region_um is not None:
        everything = everything.take(inside(everything.yx_um, region_um))
    # by place: the numbering of nuclei does not tell how the slide was cut
    return everything.take(np.lexsort((everything.yx_um[:, 1], everything.yx_um[:, 0])))


def select(candidates: StarConvex, params: SegmentationParams) -> StarConvex:
    """The candidates that are certain enough; instant, for a slider."""
    return candidates.take(candidates.probability >= params.probability)


def find_in_tile(tile: Tile, fitted: FittedSegmentation, params: SegmentationParams) -> StarConvex:
    """Find the nuclei one tile answers for."""
    grid, box = tile.grid, tile.window.box
    raw = tile.window.signal(fitted.weights, params.channel)
    signal = (raw - np.float32(fitted.background)) / np.float32(fitted.nuclei - fitted.background)
    objects = find_objects(signal, fitted, params, grid.mpp)
    yx = objects.yx + np.array(box[:2])
    area = objects.area * grid.mpp**2
    keep = (area >= params.min_area_um2) & (area <= params.max_area_um2)
    keep &= inside(yx + 0.5, tile.core)
    keep &= fitted.on_tissue(grid.to_um(yx))
    return StarConvex(
        grid.to_um(yx)[keep],
        (objects.radii * np.float32(grid.mpp))[keep],
        probability(objects, grid.mpp)[keep],
    )


def inside(yx: npt.NDArray[np.float64], box: Region) -> npt.NDArray[np.bool_]:
    """(point,) whether points (y, x) lie in the box (y0, x0, y1, x1); its far sides do not."""
    y0, x0, y1, x1 = box
    return (yx[:, 0] >= y0) & (yx[:, 0] < y1) & (yx[:, 1] >= x0) & (yx[:, 1] < x1)


def cut_tiles(
    fitted: FittedSegmentation,
    slide: Slide,
    grid: Grid,
    size: int,
    margin: int,
    region_um: Region | None = None,
) -> list[Tile]:
    """Tiles with tissue that may hold nuclei of the region; sizes in grid pixels."""
    tiles = []
    for core in grid.tiles(size):
        area = grid.box_um(core)
        if region_um is not None and not _meet(area, region_um):
            continue
        if fitted.tissue_share(area) > 0:
            tiles.append(Tile(open_window(slide, grid, grid.grown(core, margin)), core, grid))
    return tiles


def _meet(one: Region, other: Region) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _inline(
    find: Find,
    tiles: list[tuple[int, Tile]],
    fitted: FittedSegmentation,
    params: SegmentationParams,
) -> Iterator[tuple[int, StarConvex]]:
    for index, tile in tiles:
        yield index, find(tile, fitted, params)


def _handed_out(
    executor: Executor,
    find: Find,
    tiles: list[tuple[int, Tile]],
    fitted: FittedSegmentation,
    params: SegmentationParams,
) -> Iterator[tuple[int, StarConvex] | None]:
    """Tiles as they are finished, in any order; None while nothing is."""
    waiting = iter(tiles)
    running: dict[Future[StarConvex], int] = {}
    try:
        while True:
            while len(running) < _IN_FLIGHT and (following := next(waiting, None)) is not None:
                index, tile = following
                running[executor.submit(find, tile, fitted, params)] = index
            if not running:
                return
            done, _ = wait(running, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
            if not done:
                yield None
            for future in done:
                yield running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()
