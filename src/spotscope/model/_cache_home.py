"""Where the system keeps what can be made again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["cache_home"]


def cache_home() -> Path:
    """The user's cache folder of spotscope: ``XDG_CACHE_HOME`` or ``~/.cache``; Windows' own."""
    if sys.platform == "win32":
        root = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    else:
        root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "spotscope"
