"""The engine's sentences as a window says them.

On the command line a way out is a flag, named in brackets: *give the right one (--mpp 0.5)*. Here
the field or the button stands beside the sentence, and only what the flag is to be stays.
"""

from __future__ import annotations

import re

__all__ = ["in_window"]

#: An aside that names flags or commands, with the blank before it.
_ASIDE = re.compile(r" \(((?:[^()]|\([^()]*\))*?(?:--[a-z]|\bspotscope )[^()]*)\)")
_PARTS = re.compile(r",? or |; ")
_PIXEL = re.compile(r"(about )?--mpp ([\d.]+)(.*)")


def in_window(said: str) -> str:
    """A sentence without the command line's flags."""
    return _ASIDE.sub(_here, said) if "--" in said or "spotscope " in said else said


def _here(aside: re.Match[str]) -> str:
    kept = [part for part in map(_part, _PARTS.split(aside[1])) if part]
    return f" ({', or '.join(kept)})" if kept else ""


def _part(part: str) -> str:
    """One of several ways out; a pixel size that is told is worth knowing here too."""
    if pixel := _PIXEL.fullmatch(part):
        return f"{pixel[1] or ''}{pixel[2]} µm{pixel[3]}"
    return "" if "--" in part or part.startswith("spotscope ") else part
