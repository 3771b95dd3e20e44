"""Print what a new ν costs in the window, of result folders: alone, or one of several slices.

    python docs/measure/turned_nu.py OUT [OUT …]

The tasks are those that the window runs behind the dial: the colours come first, the tables when
the hand rests. Eight smoothnesses, each asked once.
"""

import sys
import time
from pathlib import Path

import numpy as np

from spotscope.methods.cell_typing import FittedSlice, FittedTyping
from spotscope.model import run
from spotscope.pipeline import find_fitted, open_session
from spotscope.widgets.jobs._tasks import recolour_task, retype_task

NUS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


def _whole(fitted: FittedTyping) -> FittedTyping:
    """The fit that answers: of a slice that was typed with others, that of all."""
    return fitted.whole if isinstance(fitted, FittedSlice) else fitted


def main(folders: list[Path]) -> None:
    """Print a table in Markdown."""
    print("| folder | nuclei | cells in spots, of all slices", end=" ")
    print("| colours, median (s) | slowest | tables, median (s) | slowest |")
    print("|---|---|---|---|---|---|---|")
    for folder in folders:
        session = run(open_session(folder))
        fitted = find_fitted(session, folder)
        if fitted is None or session.nuclei is None:
            raise SystemExit(f"Expected nuclei, types and their fit in {folder}, found none.")
        seconds: list[tuple[float, float]] = []
        for nu in NUS:
            started = time.perf_counter()
            run(recolour_task(session, fitted, nu))
            seen = time.perf_counter()
            run(retype_task(session, fitted, nu))
            seconds.append((seen - started, time.perf_counter() - seen))
        colours, tables = np.array(seconds).T
        print(
            f"| {folder.name} | {session.nuclei.n:,} | {_whole(fitted).free.size:,} | "
            f"{np.median(colours):.2f} | {colours.max():.2f} | "
            f"{np.median(tables):.2f} | {tables.max():.2f} |"
        )


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
