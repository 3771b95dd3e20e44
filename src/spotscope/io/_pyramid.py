"""The pyramid that a file lacks, built once and kept in the user's cache."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._held import HeldArray, hold
from spotscope.io._levels import halve, halved_shapes, mean_pool, n_tiles, new_level
from spotscope.io._room import trim
from spotscope.io._source import TILE_PX, lazy
from spotscope.io._staging import staged
from spotscope.io._whole import missing_parts, note_files
from spotscope.model import Task, Tick, cache_home, fingerprint_file, in_background

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import dask.array as da

    from spotscope.io._source import Source

__all__ = ["SLIDES_BYTES", "default_cache", "pyramid"]

#: What the pyramids in the user's cache may take together; those used longest ago go.
SLIDES_BYTES = 10 * 10**9
#: Raised when what is kept no longer fits the reader.
_FORMAT = 1
_STAGE = "building the image pyramid"
#: A level may be this much coarser than the next finer one before scrolling out feels slow.
_LARGEST_STEP = 4.5


def default_cache() -> Path:
    """Give the folder where pyramids are kept; it can be deleted while no slide is open."""
    return cache_home() / "slides"


def pyramid(path: Path, source: Source, cache: Path | None) -> Task[tuple[da.Array, ...]]:
    """Give lazy levels (y, x, c) down to about 1,024 px, from the file as far as it has them.

    What is missing is averaged 2 × 2 from the level above it and kept in ``cache``; the next time
    it is found there by the file's fingerprint. An interrupted build leaves nothing.
    """
    own = () if source.bands or not source.levels else _good_prefix(source.levels())
    if own and max(own[-1].shape[:2]) <= _LARGEST_STEP * TILE_PX:
        return own
    if not own and max(source.shape[:2]) <= TILE_PX:
        whole = yield from in_background("reading the image", 1, lambda _: _in_memory(source))
        return (whole,)
    store = (cache or default_cache()) / f"{_key(path, len(own))}.zarr"
    built = _open(store, source)
    if built is None:
        with staged(store) as temporary:
            yield from in_background(
                _STAGE, _total(source, own), lambda tick: _build(temporary, source, own, tick)
            )
            note_files(temporary)
        built = _open(store, source)
        assert built is not None, store
        if cache is None:  # a folder of one's own is one's own to empty
            trim(store.parent, ("",), store.suffix, SLIDES_BYTES)
    return own + built


def _good_prefix(levels: Sequence[da.Array]) -> tuple[da.Array, ...]:
    """Keep levels up to the first gap that is too wide."""
    kept = [levels[0]]
    for level in levels[1:]:
        if kept[-1].shape[0] > _LARGEST_STEP * level.shape[0]:
            break
        kept.append(level)
    return tuple(kept)


def _in_memory(source: Source) -> da.Array:
    assert source.bands is not None
    return lazy(np.concatenate(list(source.bands())), source.shape)


def _key(path: Path, n_own: int) -> str:
    """Name the pyramid after the file's content, so that a copy or a new name finds it too."""
    if path.is_file():
        content = fingerprint_file(path)
    else:  # an OME-Zarr: thousands of chunks, so only how many bytes and when
        digest = hashlib.blake2b(str(path.resolve()).encode(), digest_size=16)
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            about = file.stat()
            digest.update(f"{file.name}:{about.st_size}:{about.st_mtime_ns}".encode())
        content = digest.hexdigest()
    return f"{content}-{n_own}-v{_FORMAT}"


def _shapes(source: Source, own: Sequence[da.Array]) -> list[tuple[int, int]]:
    """(y, x) of the levels to be built."""
    if own:
        return halved_shapes(own[-1].shape[:2])
    finest = source.shape[:2]
    return [finest, *halved_shapes(finest)]


def _total(source: Source, own: Sequence[da.Array]) -> int:
    shapes = _shapes(source, own)
    n_bands = 0 if own else -(-source.shape[0] // TILE_PX)
    return n_bands + sum(n_tiles(shape) for shape in (shapes if own else shapes[1:]))


def _build(store: Path, source: Source, own: Sequence[da.Array], tick: Tick) -> None:
    import zarr

    group = zarr.create_group(store, zarr_format=3)
    fine: Any = own[-1] if own else None
    for i, shape in enumerate(_shapes(source, own)):
        level = new_level(group, str(i), (*shape, source.shape[2]), source.dtype, "yxc")
        if fine is None:
            _fill(level, source, tick)
        else:
            halve(fine, level, mean_pool, tick)
        fine = level


def _fill(level: Any, source: Source, tick: Tick) -> None:
    """Copy the image in from top to bottom, whole chunks at a time."""
    assert source.bands is not None
    y = 0
    for band in source.bands():
        for start in range(0, band.shape[0], TILE_PX):
            part = band[start : start + TILE_PX]
            level[y : y + part.shape[0]] = part
            y += part.shape[0]
            tick()


def _open(store: Path, source: Source) -> tuple[da.Array, ...] | None:
    """Open what was built before, or None where there is nothing that fits."""
    import zarr

    held = hold(store)
    # what clears caches takes single files that were not read for long
    if held is None or missing_parts(store):
        return None
    try:
        group = zarr.open_group(store, mode="r")
        arrays = [group[str(i)] for i in range(len(list(group.array_keys())))]
    except (OSError, ValueError, LookupError):
        return None
    if not arrays or any(array.dtype != source.dtype for array in arrays):
        return None
    return tuple(lazy(HeldArray(array, held), tuple(array.chunks)) for array in arrays)
