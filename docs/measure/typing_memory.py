"""Print what cell typing takes of memory, each section in a process of its own.

    python docs/measure/typing_memory.py

The sections are those of `spotscope bench typing-speed`, whose rows are measured one after the
other in one process, where each finds what those before it have held. Linux alone tells.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.model import run
from spotscope.pipeline.bench._memory import Growth
from spotscope.pipeline.bench._speed import BIN_COUNTS, BIN_UM, draw, fit_drawn

SECTIONS = (
    ("4,000 spots", 4_000, 5, 600.0, 100.0),
    ("100,000 bins", 100_000, 1, BIN_COUNTS, BIN_UM),
)


def main() -> None:
    """Print a table in Markdown."""
    sys.stdout.write(
        f"| section | evidence | beyond what is given, GiB (× sparse counts) |\n{'|---' * 3}|\n"
    )
    for name, *asked in SECTIONS:
        for evidence in ("moments", "counts"):
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                said = alone.submit(taken, evidence, *asked).result()
            sys.stdout.write(f"| {name} | {evidence} | {said} |\n")


def taken(evidence: str, n: int, most_cells: int, depth: float, pitch_um: float) -> str:
    """Growth of this process as it types such a section, after a small one that compiles."""
    params = CellTypingParams(evidence=evidence)
    run(fit_drawn(draw(100, 0), params)).solve(1.0)
    drawn = draw(n, 1, most_cells=most_cells, depth=depth, pitch_um=pitch_um)
    grown = Growth()
    fitted = run(fit_drawn(drawn, params))
    fitted.solve(fitted.auto_nu)
    return grown.beside(drawn.spots.counts)


if __name__ == "__main__":
    main()
