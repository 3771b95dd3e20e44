"""What is wrong with a file that cannot be read, in plain words."""

from __future__ import annotations

import csv
import re
import struct
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pandas as pd

from spotscope.io._packed import refuse_packed
from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["FAILURES", "broken", "is_of_reading", "numbers_in", "parsing"]

#: What reading a file raises that is not as it should be.
FAILURES = (
    *(OSError, EOFError, LookupError, ValueError, TypeError, AttributeError, RuntimeError),
    *(OverflowError, zlib.error, struct.error, csv.Error),
)
_AGAIN = "copy or download it again"
_ANEW = "write it again"
_CUT = re.compile(r"truncated file: eof = (\d+).*stored_eof = (\d+)")
_LACKS = re.compile(r"object '(.+?)' doesn't exist|can't locate attribute: '(.+?)'")
_UNFIT = re.compile(r"for key '(.+?)'")
_UNKNOWN = re.compile(r"encoding_type='(.*?)', encoding_version='(.*?)'")


@contextmanager
def parsing(what: str, path: Path) -> Iterator[None]:
    """Make one sentence of whatever goes wrong with a table or a text in the block."""
    try:
        yield
    except FAILURES as err:
        raise ReadError(
            f"Expected {what} in {path.name}, found one that breaks off or cannot be read ({err}); "
            "copy it again."
        ) from err


def numbers_in(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Those of the columns that are there as numbers, in place.

    Raises
    ------
    ValueError
        If one holds something else.
    """
    for column in set(columns) & set(frame):
        frame[column] = pd.to_numeric(frame[column])
    return frame


def broken(path: Path, what: str, error: Exception) -> ReadError:
    """One sentence for a file that is not the ``what`` it should be; raise it from the error.

    Raises
    ------
    ReadError
        If it is packed.
    """
    refuse_packed(path)
    found, way = _found(path, error)
    return ReadError(f"Expected {what} in {path.name}, found {found}; {way}.")


def is_of_reading(error: Exception) -> bool:
    """Whether an error is of what is in a file; anndata has classes of its own for some."""
    return isinstance(error, FAILURES) or type(error).__module__.startswith("anndata.")


def _found(path: Path, error: Exception) -> tuple[str, str]:
    """What is there, and the way out."""
    said = str(error)
    if isinstance(error, PermissionError):
        return "one that may not be read", "change its permissions"
    if path.is_file() and path.stat().st_size == 0:
        return "an empty file", _AGAIN
    if "file signature not found" in said:
        return "a file of another kind", f"{_AGAIN}, or give another file"
    if cut := _CUT.search(said):
        there, whole = map(int, cut.groups())
        return f"{there:,} of its {whole:,} bytes", _AGAIN
    if lacks := _LACKS.search(said):
        return f"a file without {lacks[1] or lacks[2]!r}", _ANEW
    if unknown := _UNKNOWN.search(said):
        part = " ".join(filter(None, unknown.groups()))
        return f"a part that this anndata does not know ({part})", f"update anndata, or {_ANEW}"
    if unfit := _UNFIT.search(said):
        return f"parts that do not fit together ({unfit[1]!r})", _ANEW
    if isinstance(error, (TypeError, AttributeError)):
        return "one that this anndata cannot read", f"update anndata, or {_ANEW}"
    return "a damaged file", _AGAIN
