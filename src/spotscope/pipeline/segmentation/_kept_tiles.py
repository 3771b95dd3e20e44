"""Tiles of a step that is not finished, one small file each, so that it can go on later."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spotscope import io
from spotscope.model import ReadError

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.model import StarConvex

__all__ = ["TileFolder"]


@dataclass(frozen=True, slots=True)
class TileFolder:
    """What single tiles found.

    Parameters
    ----------
    folder
        Named after everything the tiles depend on; it is there once a tile is kept.
    """

    folder: Path

    def get(self, name: str) -> StarConvex | None:
        """What a tile found; None where it was never finished, or its file is damaged."""
        path = self._path(name)
        try:
            return io.read_outlines(path) if path.exists() else None
        except ReadError:
            return None

    def put(self, name: str, found: StarConvex) -> None:
        """Keep what a tile found, whole or not at all.

        Raises
        ------
        WriteError
            If there is no room.
        """
        with io.staged(self._path(name)) as part:
            io.write_outlines(part, found)

    def forget(self) -> None:
        """Remove them: the step is finished."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.safetensors"
