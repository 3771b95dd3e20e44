"""Print what a moved ν costs where several slices are typed together.

    python docs/measure/slices_nu.py [BINS]

Two drawn slices of BINS bins each (50,000), one cell a bin, in one frame 20 µm apart: their fit is
made once, then all of them are labelled anew at eight smoothnesses.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.model import Sample, Session, run
from spotscope.pipeline import StepCache
from spotscope.pipeline.bench._speed import BIN_COUNTS, BIN_UM, draw
from spotscope.pipeline.cell_typing._slices import SlicesParams, type_slices

NUS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


def main(bins: int) -> None:
    """Print a table in Markdown."""
    drawn = [draw(bins, k, most_cells=1, depth=BIN_COUNTS, pitch_um=BIN_UM) for k in range(2)]
    sessions = [Session(Sample(f"slice {k}", spots=one.spots)) for k, one in enumerate(drawn)]
    ones = [np.ones(bins, np.int64)] * 2
    with tempfile.TemporaryDirectory() as folder:
        task = type_slices(
            sessions,
            drawn[0].reference,
            CellTypingParams(),
            SlicesParams(align="none"),
            cache=StepCache(Path(folder)),
            n_cells=ones,
        )
        fit = run(task).fit
    print("| cells | slices | labels of all, median (ms) | slowest (ms) | of processors (ms) |")
    print("|---|---|---|---|---|")
    each, work = [], []
    for nu in NUS:
        started, worked = time.perf_counter(), time.process_time()
        fit.labels(nu)
        each.append(1e3 * (time.perf_counter() - started))
        work.append(1e3 * (time.process_time() - worked))
    print(f"| {2 * bins:,} | 2 | {np.median(each):.0f} | {max(each):.0f} | {np.median(work):.0f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
