"""Files that may be a reference: told from samples, opened, and named where they are none.

No Qt in here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope import io, pipeline
from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spotscope.model import Reference, Task

__all__ = ["is_reference", "reference_task", "refuse_untyped", "sort_out"]

#: What a table of neither places nor types is told as.
_NEITHER = "h5ad table"


def is_reference(path: Path) -> bool:
    """Whether a file may be a reference: single cells with types, or with words that may be."""
    if path.suffix != ".h5ad":
        return False
    kind = io.describe(path).kind
    return kind == "single-cell reference" or (kind == _NEITHER and bool(io.label_columns(path)))


def reference_task(path: Path, cell_type: str = "") -> Task[Reference]:
    """Open a reference by a column of types, or by the likeliest; which one it was, it tells."""
    found = io.label_columns(path) if path.is_file() else ()
    if not found and not cell_type:
        refuse_untyped(path)
    column = cell_type or next(iter(found), "cell_type")
    return (yield from pipeline.read_reference(path, cell_type=column))


def refuse_untyped(path: Path) -> None:
    """Say of a table without places, which can be no sample, that it has no types either.

    Raises
    ------
    ReadError
        If the file is such a table.
    """
    is_table = path.suffix == ".h5ad" and path.is_file()
    if is_table and io.describe(path).kind == _NEITHER and not io.label_columns(path):
        raise ReadError(
            f"Expected a reference or spots in {path.name}, found no column of cell types and no "
            "places; add what is lacking, or open another file."
        )


def sort_out(
    paths: Sequence[Path], beside: bool
) -> tuple[list[Path], list[Path], ReadError | None]:
    """Tell samples from references, and from what is neither.

    Parameters
    ----------
    paths
        Given together, in any order.
    beside
        Whether spots are open already.

    Returns
    -------
    Samples, references, and what is wrong with a file that is neither, where a sample is there
    without it.

    Raises
    ------
    ReadError
        If no sample is left.
    """
    paths = [*dict.fromkeys(paths)]
    samples: list[Path] = []
    references: list[Path] = []
    wrong: list[ReadError] = []
    for path in paths:
        try:
            if is_reference(path):
                references.append(path)
                continue
            if beside or len(paths) > 1:  # alone, it may be spots that lack their places
                refuse_untyped(path)
            samples.append(path)
        except ReadError as err:
            wrong.append(err)
    if wrong and not samples:
        raise wrong[0]
    return samples, references, wrong[0] if wrong else None
