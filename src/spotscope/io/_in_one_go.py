"""A Zarr group made in memory and written when it is whole: many small arrays in half the time.

For each array zarr asks the file system some ten times, each time from another thread; a session's
tables are a hundred arrays of a few kilobytes.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["group_in_one_go"]


@contextmanager
def group_in_one_go(path: Path) -> Iterator[Any]:
    """Give a group to fill; on leaving the block its files are written below ``path``.

    What it holds, compressed, is in memory until then. Arrays of pixels are written to places of
    their own below ``path`` meanwhile.

    Parameters
    ----------
    path
        A folder, made if need be; of the names in it none is taken.

    Yields
    ------
    The ``zarr.Group``.
    """
    import zarr

    files: dict[str, Any] = {}
    yield zarr.create_group(zarr.storage.MemoryStore(files), zarr_format=3)
    for key, content in files.items():
        place = path / key
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.to_bytes())
