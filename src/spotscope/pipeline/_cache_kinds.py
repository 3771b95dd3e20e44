"""What is kept in the user's cache, where, and how much of it at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spotscope import io
from spotscope.model import cache_home

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.io import KeptEntry

__all__ = ["KINDS", "CacheKind", "Emptied", "empty_cache", "kept_in_cache"]

_GB = 10**9
#: A session that was opened within this time may come back to what it was made from.
_SPARED_S = 12 * 3600.0


@dataclass(frozen=True, slots=True)
class CacheKind:
    """A kind of thing that is kept.

    Parameters
    ----------
    title
        In words.
    starts, suffix
        Of the names of its folders; None takes any.
    folder
        Where, below the cache.
    most_bytes
        What all of it may take: what was used longest ago goes. None is never removed: it was put
        there by hand, or cannot be made again.
    spared_s
        What was used within this time stays all the same.
    everywhere
        Whether the bound holds in result folders too.
    """

    title: str
    starts: tuple[str, ...]
    suffix: str | None = ""
    folder: str = "steps"
    most_bytes: int | None = None
    spared_s: float = 0.0
    everywhere: bool = False


#: By the step that makes it. What is looked into piece by piece is held while it is (``io.hold``);
#: what is read whole is spared for half a day, but for answers of expression, which are large.
KINDS = {
    "slides": CacheKind("pictures of slides", ("",), ".zarr", "slides", io.SLIDES_BYTES),
    "draw": CacheKind("drawn nuclei", ("draw-",), ".zarr", most_bytes=2 * _GB),
    "segment": CacheKind("nuclei found", ("segment-",), most_bytes=_GB, spared_s=_SPARED_S),
    "tiles": CacheKind(
        "nuclei of parts of slides", ("segment-",), ".tiles", most_bytes=_GB, spared_s=_SPARED_S
    ),
    "type": CacheKind(
        "fits of cell types", ("type-", "beads-"), most_bytes=_GB, spared_s=_SPARED_S
    ),
    "learn": CacheKind(
        "references learned from", ("learn-",), most_bytes=2 * _GB, spared_s=_SPARED_S
    ),
    "decompose": CacheKind(
        "answers of expression", ("decompose-",), most_bytes=4 * _GB, everywhere=True
    ),
    "latents": CacheKind(
        "what spots said, for genes told later", ("latents-",), most_bytes=2 * _GB, everywhere=True
    ),
    "demo": CacheKind("the demo sample", ("demo-",)),
    "models": CacheKind("models of nuclei", ("",), None, "models"),
    "kept": CacheKind("work not saved yet", ("",), None, "kept"),
}


@dataclass(frozen=True, slots=True)
class Emptied:
    """What became of the cache.

    Parameters
    ----------
    n_gone, bytes_gone
        Removed.
    n_held
        Left, as an open session looks into it.
    """

    n_gone: int
    bytes_gone: int
    n_held: int


def kept_in_cache() -> dict[str, list[KeptEntry]]:
    """List what is kept in the user's cache, by kind, last used first."""
    return {name: _entries(kind) for name, kind in KINDS.items()}


def empty_cache() -> Emptied:
    """Remove from the user's cache all that can be made again and nobody looks into."""
    n_gone = bytes_gone = n_held = 0
    for kind in KINDS.values():
        for entry in _entries(kind) if kind.most_bytes is not None else ():
            if io.let_go(entry.path):
                n_gone, bytes_gone = n_gone + 1, bytes_gone + entry.n_bytes
            else:
                n_held += 1
    return Emptied(n_gone, bytes_gone, n_held)


def _entries(kind: CacheKind) -> list[KeptEntry]:
    return io.kept_entries(_home(kind), kind.starts, kind.suffix)


def _home(kind: CacheKind) -> Path:
    return cache_home() / kind.folder
