"""The colours of cell types: told apart by all eyes, and the same on every slide.

A name keeps its colour wherever it appears. Common types have a home (T cells are sky blue); any
other name is hashed to a place among the colours that are told apart most easily. What that gives
up: on one slide the set of colours is not the best one for just these types, and where two names
want one place, the later in the alphabet moves on, so it may look different on a slide that lacks
the earlier. Names that say "unknown" are grey.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["PALETTE", "UNKNOWN_COLOUR", "Colour", "paler", "type_colours"]

#: (red, green, blue), 0-255.
Colour = tuple[int, int, int]

#: Found by ``_palette_search.search(120)``; written out so that no release changes it unawares.
_HEX = """
    009e73 f0e442 56b4e9 e69f00 0072b2 d55e00 cc79a7 0000ff b60000 926dff ffdbb6 496d6d
    ffb66d dbdbff 6d24b6 db24db 92b692 db0049 9292ff db6d6d 926d92 6d6d49 6ddb92 ff6d49
    ffb600 6d496d 6dffdb db24b6 dbb6ff ff926d 6d00db ff6ddb 4949ff 006d24 6d6ddb b69200
    db92b6 ffb6b6 b6ff92 db0000 92b66d b6dbdb b624b6 ffb692 246d92 49ff6d 6ddb24 24ffb6
    db92ff 9292b6 b69249 00dbb6 b66d49 ff0049 926d6d dbdb49 49b6b6 ff6d00 dbdb92 b60092
    db2492 9224db b6b649 ffdb6d db6ddb 00b6ff db24ff 00dbdb 6ddb6d 926db6 ff9292 b64900
    6d6d24 6d9292 6dff00 6db649 92dbff db246d b66db6 b66ddb b66dff 924924 db6db6 49b6db
    24b692 9292db ffdbdb ffb649 246dff 926d49 dbb6b6 4924ff 9224b6 ff9249 dbb6db ffb6ff
    db6d24 b60049 ff92ff 6d6d92 ffdb00 6dffff 926ddb b6006d 926d24 92dbb6 49b66d b6b6b6
    929224 b6b6db db6d49 ff006d b66d6d b6b6ff 006db6 92b624 92db49 ffdb92 b62400 922492
"""
PALETTE: npt.NDArray[np.uint8] = np.frombuffer(
    bytes.fromhex("".join(_HEX.split())), np.uint8
).reshape(-1, 3)

UNKNOWN_COLOUR: Colour = (150, 150, 150)
_UNKNOWN = {"unknown", "unassigned", "ambiguous", "excluded", "untyped", "na", "nan", ""}

#: Place in the palette, and the words that lead there; the first that fits wins.
_HOMES: tuple[tuple[int, frozenset[str]], ...] = (
    (6, frozenset({"plasma", "plasmablast"})),
    (5, frozenset({"tumor", "tumour", "cancer", "malignant", "carcinoma"})),
    (1, frozenset({"macrophage", "myeloid", "monocyte", "microglia", "micro"})),
    (0, frozenset({"fibroblast", "stromal", "stroma", "caf"})),
    (3, frozenset({"endothelial", "endothelium", "endo"})),
    # muscle is the pinkest of tissues: aqua stands out on it
    (26, frozenset({"muscle", "myocyte", "smc", "pericyte", "pvl"})),
    (4, frozenset({"b"})),
    (2, frozenset({"t"})),
)
#: Other names are hashed to these places; the later ones only when they are full.
_FIRST, _EASY = 7, 24


def type_colours(types: Iterable[str]) -> dict[str, Colour]:
    """Give every cell type its colour.

    Parameters
    ----------
    types
        Names, in any order.

    Returns
    -------
    Name to (red, green, blue), 0-255, in the order given.
    """
    names = list(dict.fromkeys(types))
    place: dict[str, int] = {}
    taken: set[int] = set()
    # the plainest name of a family has its home: "T" before "T_CD4"
    for name in sorted(names, key=lambda name: (len(name), name)):
        home = _home(name)
        if home is not None and home not in taken:
            place[name] = home
            taken.add(home)
    for name in sorted(names):
        if name not in place and not _is_unknown(name):
            place[name] = next((p for p in _wishes(name) if p not in taken), _FIRST)
            taken.add(place[name])
    return {name: _colour(place[name]) if name in place else UNKNOWN_COLOUR for name in names}


def paler(colour: Sequence[int], share: float = 0.45) -> Colour:
    """The same hue, mixed with white: for what is inferred at second hand."""
    red, green, blue = (round(value + (255 - value) * share) for value in colour)
    return red, green, blue


def _colour(place: int) -> Colour:
    red, green, blue = map(int, PALETTE[place])
    return red, green, blue


def _words(name: str) -> list[str]:
    words = re.findall(r"[a-z0-9]+", name.lower())
    return [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words]


def _is_unknown(name: str) -> bool:
    return re.sub(r"[^a-z]", "", name.lower()) in _UNKNOWN


def _home(name: str) -> int | None:
    words = set(_words(name))
    return next((home for home, family in _HOMES if words & family), None)


def _wishes(name: str) -> list[int]:
    """Every place a name may have, the one it wants most first."""
    digest = hashlib.blake2b(" ".join(_words(name)).encode(), digest_size=8).digest()
    number = int.from_bytes(digest, "little")
    easy, rest = range(_FIRST, _EASY), range(_EASY, len(PALETTE))
    turned = [
        [places[(number + step) % len(places)] for step in range(len(places))]
        for places in (easy, rest)
    ]
    return turned[0] + turned[1] + list(range(_FIRST))
