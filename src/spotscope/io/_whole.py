"""Whether a Zarr store is all there: Zarr takes a file that is missing for zeros.

What was copied in part would open with counts, places and types that were never there. So a store
notes how many files each of its groups and arrays has; where another program has written one
anew, which its metadata tells, what was noted of it no longer counts.
"""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

__all__ = ["missing_parts", "named", "note_files"]

#: Attribute of the root: by group or array the number of its files, and the checksum of its
#: metadata.
_NOTED = "spotscope_files"
_METADATA = "zarr.json"


def note_files(store: Path) -> None:
    """Write into a store's root what it consists of, when all else is written.

    Parameters
    ----------
    store
        Folder of a Zarr group.
    """
    import zarr

    own = sorted(_own_files(store).items())
    noted = {node: [n, _mark(store / node)] for node, n in own if node != "."}
    zarr.open_group(store, mode="r+").attrs[_NOTED] = noted


def missing_parts(store: Path) -> list[str]:
    """Return the groups and arrays of which files are gone since they were noted.

    Parameters
    ----------
    store
        Folder of a Zarr group. Of one that has no note nothing is missing.

    Returns
    -------
    Paths below ``store``; of a group that is gone as a whole its own alone.
    """
    try:
        about = json.loads((store / _METADATA).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return [_METADATA]
    noted: dict[str, tuple[int, int]] = about.get("attributes", {}).get(_NOTED, {})
    if not noted:
        return []
    there = _own_files(store)
    short = {node for node, (n, _) in noted.items() if there.get(node, -1) < n}
    gone = []
    for node in sorted(short):
        # of what is not there at all, the group it was in tells who took it away
        told_by = node if node in there else node.rpartition("/")[0]
        if told_by in short and told_by not in there:
            continue  # gone with its group
        if told_by not in noted or _mark(store / told_by) == noted[told_by][1]:
            gone.append(node)
    return gone


def named(parts: list[str]) -> str:
    """Return the first of some parts and how many more there are, for a sentence."""
    more = f" and {len(parts) - 1:,} more of its parts" if len(parts) > 1 else ""
    return f"{parts[0]!r}{more}"


def _own_files(store: Path) -> dict[str, int]:
    """How many files each group or array has besides its metadata, those of its parts left out."""
    n_files: dict[str, int] = {}
    node_of: dict[Path, str] = {}
    for name, _, files in os.walk(store, followlinks=True):
        folder = Path(name)
        is_node = _METADATA in files
        node = folder.relative_to(store).as_posix() if is_node else node_of.get(folder.parent, ".")
        node_of[folder] = node
        n_files[node] = n_files.get(node, 0) + len(files) - is_node
    return n_files


def _mark(node: Path) -> int:
    return zlib.crc32((node / _METADATA).read_bytes())
