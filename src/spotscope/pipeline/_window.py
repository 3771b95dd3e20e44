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


def open_window(out: Path) -> None:
    """Open napari with the session of ``out`` and stay until it is closed.

    Raises
    ------
    ReadError
        If there is no session.
    MissingDependencyError
        If napari or a Qt binding is not installed, or there is no screen.
    """
    if not (out / OutFile.SESSION).exists() and out.name != OutFile.SESSION:
        raise ReadError(
            f"Expected a result folder with {OutFile.SESSION} at {out}, found none; "
            "give the folder a run wrote to (--out)."
        )
    if not has_screen():
        raise MissingDependencyError(
            "Expected a screen to open the window on, found none; "
            f"look at {out / OutFile.OVERVIEW}, or run this on a machine with a display."
        )
    try:
        window = import_module("spotscope.widgets.window")
    except ImportError as err:
        raise MissingDependencyError(
            f"The window needs napari and a Qt binding ({err.name} is not installed). "
            "Install them with: pip install 'spotscope[napari]' pyside6"
        ) from err
    window.show(out)
