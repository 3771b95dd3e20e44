"""Where what is open was read from: it is read again when an image is added. No Qt in here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.model import Session

__all__ = ["refuse_lost", "source_of"]


def source_of(session: Session) -> Path | None:
    """The file or folder of a saved session's spots, or of its image alone; None if not known."""
    path = session.sample.opened.get("path")
    if path is None:
        return None
    # spots that are gone are asked for where an image is added; an image that is gone is forgotten
    there = session.sample.spots is not None or Path(str(path)).exists()
    return Path(str(path)) if there else None


def refuse_lost(samples: Sequence[Path], image: Path | None) -> None:
    """Say it where an image is added to spots that cannot be read again.

    Raises
    ------
    ReadError
        If nobody knows where they were read from, or nothing is there any more.
    """
    if image is None or (samples and all(path.exists() for path in samples)):
        return
    found = f"nothing at {samples[0]}" if samples else "spots made in memory"
    raise ReadError(
        f"Expected the file of these spots to add {image.name} to, found {found}; open the spots "
        "and their image together."
    )
