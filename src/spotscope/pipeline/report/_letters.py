"""The letters of drawn pictures: a font of a package that is installed, else Pillow's own.

Pillow's knows neither µ and × nor Greek and accents; those that are installed beside the window or
for figures do. What a font lacks is written with the letters it has.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import ImageFont

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont
    from PIL.ImageFont import ImageFont as BitmapFont

__all__ = ["font", "written"]

#: Package, and where in it its font lies; the first that is there is taken.
_INSTALLED = (
    ("vispy", "util/fonts/data/OpenSans-Regular.ttf"),
    ("matplotlib", "mpl-data/fonts/ttf/DejaVuSans.ttf"),
)
_SWAPPED = {"µ": "u", "μ": "u", "×": "x", "–": "-"}
#: No font has a letter for this.
_NO_LETTER = "\uffff"


def font(size: int) -> FreeTypeFont | BitmapFont:
    """Letters of a height in pixels."""
    path = _installed()
    return ImageFont.load_default(size=size) if path is None else ImageFont.truetype(path, size)


def written(text: str) -> str:
    """The text in letters that :func:`font` has: others plain, or as a question mark."""
    return "".join(_letter(c) for c in unicodedata.normalize("NFC", text))


@lru_cache(maxsize=1)
def _installed() -> Path | None:
    for package, place in _INSTALLED:
        found = find_spec(package)
        for folder in (found and found.submodule_search_locations) or ():
            if (path := Path(folder, place)).is_file():
                return path
    return None


@lru_cache(maxsize=4096)
def _letter(c: str) -> str:
    if _has(c):
        return c
    parts = unicodedata.normalize("NFKD", _SWAPPED.get(c, c))
    return "".join(b if _has(b) else "?" for b in parts if not unicodedata.combining(b)) or "?"


def _has(c: str) -> bool:
    letters = font(20)
    return c.isascii() or bytes(letters.getmask(c)) != bytes(letters.getmask(_NO_LETTER))
