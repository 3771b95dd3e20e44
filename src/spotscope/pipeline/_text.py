"""Text of a file that was written by hand or by another program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.model import ReadError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["text_of"]


def text_of(path: Path, what: str) -> str:
    """Read a file of text, with or without the mark that Windows puts before it.

    Parameters
    ----------
    path
        The file.
    what
        What should be in it, for the sentence: "edits", "a map of the spots".

    Raises
    ------
    ReadError
        If there is no such file, it may not be read, or it is no text in UTF-8.
    """
    try:
        return path.read_text("utf-8-sig")
    except OSError as err:
        gone = isinstance(err, FileNotFoundError)
        found = "no such file" if gone else f"what cannot be read ({err.strerror})"
        raise ReadError(f"Expected {what} in {path}, found {found}; check the path.") from err
    except UnicodeDecodeError as err:
        raise ReadError(
            f"Expected {what} in {path}, found a file that is no text in UTF-8; save it as such."
        ) from err
