"""Whether there is memory for what can only be decoded whole."""

from __future__ import annotations

import os
from pathlib import Path

from spotscope.io._reading import read_error

__all__ = ["available_bytes", "check_room"]


def available_bytes() -> int | None:
    """Memory that can be had without swapping; None where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def check_room(path: Path, wanted: int) -> None:
    """See that an image fits into memory.

    Parameters
    ----------
    path
        The image.
    wanted
        Bytes it takes while it is decoded.

    Raises
    ------
    ReadError
        If it does not.
    """
    there = available_bytes()
    if there is not None and wanted > there:
        raise read_error(
            path,
            f"Expected room for {path.name!r}, which can only be decoded whole and takes "
            f"{wanted / 1e9:.1f} GB of memory, found {there / 1e9:.1f} GB; convert it to a tiled "
            "TIFF, or open it on a larger machine.",
        )
