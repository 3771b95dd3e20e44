"""Errors of readers: one sentence for the user, and a note that says which file it was."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from spotscope.model import ReadError, SpotscopeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["read_error", "reading"]


def read_error(path: Path | str, message: str) -> ReadError:
    """Return a ReadError that carries the place."""
    error = ReadError(message)
    error.add_note(f"while reading {path}")
    return error


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Add the file's path to any error of ours that leaves the block without one."""
    try:
        yield
    except SpotscopeError as error:
        if not getattr(error, "__notes__", ()):
            error.add_note(f"while reading {path}")
        raise
