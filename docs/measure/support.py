"""Print how far support is from being right on the development parts, lapse by lapse.

    python docs/measure/support.py DATA

The expected calibration error of the labels' support, ten bins, means of three seeds, as the typing
benchmark takes it; the last row is what it would be, with so many cells, were the support of the
default exactly right. A lapse λ lowers all support by that share of it.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spotscope.evaluation import calibration_by_chance, calibration_error, typing_cases
from spotscope.methods.cell_typing import CellTypingParams, fit
from spotscope.model import run

if TYPE_CHECKING:
    from spotscope.evaluation import TypingCase

SETS = ("starmap", "merfish", "osmfish", "xenium")
LAPSES = (0.0, 0.02, 0.04, 0.05, 0.06, 0.08, 0.1)
SEEDS = 3
CHANCE = "by chance"


def main(data: Path) -> None:
    """Print the table."""
    found: dict[str, dict[str, list[float]]] = {}
    for case in typing_cases(data, "development", SEEDS, SETS):
        for row, error in _errors(case).items():
            found.setdefault(row, {}).setdefault(case.name, []).append(error)
    names = list(next(iter(found.values())))
    sys.stdout.write(f"| lapse | {' | '.join(names)} | mean |\n{'|---' * (len(names) + 2)}|\n")
    for row, errors in found.items():
        means = [float(np.mean(errors[name])) for name in names]
        cells = " | ".join(f"{value:.3f}" for value in (*means, float(np.mean(means))))
        sys.stdout.write(f"| {row} | {cells} |\n")


def _errors(case: TypingCase) -> dict[str, float]:
    """Of every lapse, and by chance."""
    params = CellTypingParams()
    fitted = run(
        fit(case.spots, case.reference, case.membership, case.yx_um, params, rng=case.seed)
    )
    inside = case.membership.owner >= 0
    errors = {}
    for lapse in LAPSES:
        line = replace(fitted.calibration, lapse=lapse)
        typed = replace(fitted, calibration=line).solve(fitted.auto_nu)
        right = typed.codes[inside] == case.codes[inside]
        errors[f"{lapse:g}"] = calibration_error(typed.support[inside], right)
    support = fitted.solve(fitted.auto_nu).support[inside]
    errors[CHANCE] = calibration_by_chance(support)
    return errors


if __name__ == "__main__":
    main(Path(sys.argv[1]))
