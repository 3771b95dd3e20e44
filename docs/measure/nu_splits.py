"""Print how the ν of `auto` hangs on the coins that split the counts, on development parts.

    python docs/measure/nu_splits.py DATA

For 1, 2, 4, 8 and 16 splits whose scores are averaged, both ways: how often each ν is chosen when
32 splits are shared out, the labels' RMSE at the best and the worst of those choices, and the mean
over them of the share of cells wrong.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from spotscope.evaluation import TypingAnswer, TypingCase, score_typing
from spotscope.evaluation._typing_cases import LAYOUTS, pseudo_case
from spotscope.methods.cell_typing import CellTypingParams, FittedTyping, fit
from spotscope.methods.cell_typing._nu import (
    _CELLS,
    NU_GRID,
    held_out,
    neighbourhood,
    within_one_error,
)
from spotscope.model import run

SETS = ("starmap", "merfish", "osmfish", "xenium")
SPLITS = 32
TOGETHER = (1, 2, 4, 8, 16)


def main(data: Path) -> None:
    """Print the table."""
    sys.stdout.write(f"| case | splits | ν: times | RMSE, best | worst | wrong |\n{'|---' * 6}|\n")
    for name in SETS:
        for layout in LAYOUTS:
            case = pseudo_case(data, name, "development", 0, *layout)
            asked = case.spots, case.reference, case.membership, case.yx_um, CellTypingParams()
            fitted = run(fit(*asked, rng=0))
            part = neighbourhood(fitted.state, case.spots.yx_um, _CELLS)
            seeds = np.arange(1000, 1000 + SPLITS, dtype=np.uint64)
            scores = np.zeros((SPLITS, len(NU_GRID), len(part.weights)))
            for split, seed in enumerate(seeds):
                for at, energies, _ in held_out(part, seed):
                    scores[split, at] += energies / 2
            errors = np.array([_errors(case, fitted, nu) for nu in NU_GRID])
            for n in TOGETHER:
                shared = scores.reshape(SPLITS // n, n, *scores.shape[1:]).mean(axis=1)
                chosen = [within_one_error(one) for one in shared]
                times = ", ".join(
                    f"{nu:g}: {chosen.count(at)}" for at, nu in enumerate(NU_GRID) if at in chosen
                )
                rmse, wrong = errors[chosen].T
                said = f"{rmse.min():.4f} | {rmse.max():.4f} | {wrong.mean():.3f}"
                sys.stdout.write(f"| {case.name} | {n} | {times} | {said} |\n")


def _errors(case: TypingCase, fitted: FittedTyping, nu: float) -> tuple[float, float]:
    codes = fitted.solve(nu).codes
    counts = np.zeros(case.truth.shape)
    np.add.at(counts, (case.membership.owner, codes), 1.0)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    score = score_typing(case, TypingAnswer("", shares, codes, seconds=0.0))
    return score.rmse, score.cell


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
