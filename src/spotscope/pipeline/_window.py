"""The one call upwards: a command that opens the window.

Rooms import downwards, and a server without a screen has no Qt. So the window is fetched by name,
only when a command asks for it, and what is missing is said in a sentence.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from spotscope.model import MissingDependencyError, OutFile, ReadError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["has_screen", "open_window"]


def has_screen() -> bool:
    """Whether a window can be shown here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_window(*paths: Path) -> None:
    """Open napari with a result folder, or the files of a sample, and stay until it is closed.

    Parameters
    ----------
    *paths
        A result folder; or spots, their image and their reference; or nothing.

    Raises
    ------
    ReadError
        If there is nothing at a path.
    MissingDependencyError
        If napari or a Qt binding is not installed, or there is no screen.
    """
    for path in paths:
        if not path.exists():
            raise ReadError(
                f"Expected a result folder or a sample at {path}, found nothing; give the folder a "
                "run wrote to (--out), or spots and their image."
            )
    if not has_screen():
        found = [path / OutFile.OVERVIEW for path in paths if (path / OutFile.OVERVIEW).exists()]
        instead = f"look at {found[0]}, or " if found else ""
        raise MissingDependencyError(
            "Expected a screen to open the window on, found none; "
            f"{instead}run this on a machine with a display."
        )
    try:
        window = import_module("spotscope.widgets.window")
    except ImportError as err:
        raise MissingDependencyError(
            f"The window needs napari and a Qt binding ({err.name} is not installed). "
            "Install them with: pip install 'spotscope[napari]' pyside6"
        ) from err
    window.show(*paths)
