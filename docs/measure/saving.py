"""Print what a save takes, and what it takes with its tables written by zarr, file by file.

    python docs/measure/saving.py OUT [OUT …]

Both in turn, four times, to folders that are thrown away; the quickest of each.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import zarr

from spotscope.io import _session
from spotscope.model import Session, run
from spotscope.pipeline import open_session, save_session

TIMES = 4


@contextmanager
def file_by_file(path: Path) -> Iterator[zarr.Group]:
    """A group of zarr's own on the disk."""
    yield zarr.create_group(path, zarr_format=3, overwrite=True)


def seconds(session: Session) -> float:
    """How long one save takes."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        run(save_session(session, Path(folder) / "OUT"))
        return time.perf_counter() - started


def main(folders: list[Path]) -> None:
    """Print a table in Markdown."""
    print("| folder | nuclei | saved (s) | file by file (s) | ratio |\n|---|---|---|---|---|")
    for folder in folders:
        session = run(open_session(folder))
        ours, theirs = [], []
        for _ in range(TIMES):
            ours.append(seconds(session))
            with patch.object(_session, "group_in_one_go", file_by_file):
                theirs.append(seconds(session))
        n = 0 if session.nuclei is None else session.nuclei.n
        ratio = min(theirs) / min(ours)
        print(f"| {folder.name} | {n:,} | {min(ours):.2f} | {min(theirs):.2f} | {ratio:.2f} |")


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
