"""What a saved session says of itself, without opening it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from spotscope.model import OutFile

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["session_about"]


def session_about(path: Path) -> dict[str, Any] | None:
    """Return what a session's store says of itself: its sample, records, edits and view.

    Parameters
    ----------
    path
        The store, or the folder it lies in.

    Returns
    -------
    None where there is no session.
    """
    for store in (path, path / OutFile.SESSION):
        if not (about := store / "zarr.json").is_file():
            continue
        try:
            attributes = json.loads(about.read_text(encoding="utf-8")).get("attributes", {})
        except (ValueError, AttributeError):
            continue
        if isinstance(found := attributes.get("spotscope"), dict):
            return found
    return None
