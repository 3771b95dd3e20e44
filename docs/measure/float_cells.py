"""Print what a number of cells that floats would win where nuclei are missed or false.

    python docs/measure/float_cells.py DATA

On the development parts, one seed. A fifth of the nuclei are missed, or as many false ones added,
at random. The number M of a spot may then float by two, to the one of least

    (ln u - ln M' - r)² / 2 ρ²  +  c |M' - M|,

u the spot's counts, r and ρ the section's median and spread (MAD) of ln u - ln M, and c a penalty a
nucleus as a probability of segmentation would give it. All cells are known by their number alone.
"""

import sys
from pathlib import Path

import numpy as np

from spotscope.evaluation import TypingCase, typing_cases
from spotscope.methods.cell_typing import CellTypingParams, fit, predict
from spotscope.model import Membership, run

SETS = ("starmap", "merfish", "osmfish", "xenium")
SHARE, MOST, PENALTIES = 0.2, 2, (0.3, 0.7, 1.5)


def floated(case: TypingCase, number: np.ndarray, penalty: float) -> np.ndarray:
    """(spot,) numbers, as the module says."""
    seen = np.log(np.maximum(case.spots.umis, 1))
    held = number > 0
    away = seen[held] - np.log(number[held])
    rate = np.median(away)
    spread = max(1.4826 * float(np.median(np.abs(away - rate))), 0.1)
    found = number.copy()
    for spot in np.flatnonzero(held):
        tried = np.arange(max(1, number[spot] - MOST), number[spot] + MOST + 1)
        cost = (seen[spot] - np.log(tried) - rate) ** 2 / (2 * spread**2)
        found[spot] = tried[np.argmin(cost + penalty * np.abs(tried - number[spot]))]
    return found


def error(case: TypingCase, number: np.ndarray) -> float:
    """RMSE of the proportions when spots are said to hold so many cells."""
    members, params = Membership.from_counts(number), CellTypingParams()
    places = case.spots.yx_um[members.owner]
    task = fit(case.spots, case.reference, members, places, params, rng=0)
    found = predict(run(task), params).proportions
    return float(np.sqrt(((found - case.truth) ** 2).mean()))


def main(data: Path) -> None:
    """Print a table in Markdown."""
    head = ["case", "numbers", "RMSE", "off by"]
    head += [f"{name}, c = {c:g}" for c in PENALTIES for name in ("RMSE floating", "off by")]
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for case in typing_cases(data, "development", 1, SETS):
        right = case.membership.cells_per_spot
        rng = np.random.default_rng(0)
        lost, more = rng.binomial(right, SHARE), rng.binomial(right, SHARE)
        for name, number in (
            ("right", right),
            ("a fifth missed", np.maximum(right - lost, 1)),
            ("a fifth false", right + more),
        ):
            row = [case.name, name, f"{error(case, number):.4f}", f"{off(number, right):.2f}"]
            for penalty in PENALTIES:
                moved = floated(case, number, penalty)
                row += [f"{error(case, moved):.4f}", f"{off(moved, right):.2f}"]
            print("| " + " | ".join(row) + " |", flush=True)


def off(number: np.ndarray, right: np.ndarray) -> float:
    """Mean distance of the numbers from the right ones."""
    return float(np.abs(number - right).mean())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
