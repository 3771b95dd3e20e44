"""Print what labels taken in four ways err, on development parts, in small spots and large ones.

    python docs/measure/label_by.py DATA

Three seeds of spots as in the typing benchmark, and of bins of 100 and 160 µm, which hold up to
forty cells. Labels are taken from one fit at its own ν: RMSE of their shares of types over spots,
and the share of cells that are wrong.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spotscope.evaluation import TypingAnswer, score_typing
from spotscope.evaluation._typing_cases import LAYOUTS, pseudo_case
from spotscope.methods.cell_typing import CellTypingParams, fit
from spotscope.model import run

if TYPE_CHECKING:
    from spotscope.evaluation import TypingCase

SETS = ("starmap", "merfish", "osmfish", "xenium")
LARGE = (("square", 100.0, 100.0), ("square", 160.0, 160.0))
WAYS = ("balance", "section", "shares", "cell")
SEEDS = 3


def main(data: Path) -> None:
    """Print the table."""
    heads = " | ".join(f"{way}: RMSE | wrong" for way in WAYS)
    sys.stdout.write(f"| case | cells a spot | {heads} |\n{'|---' * (2 * len(WAYS) + 2)}|\n")
    for name in SETS:
        for layout in (*LAYOUTS, *LARGE):
            cases = [pseudo_case(data, name, "development", seed, *layout) for seed in range(SEEDS)]
            errors = np.mean([_errors(case) for case in cases], axis=0)
            shown = " | ".join(f"{rmse:.4f} | {wrong:.3f}" for rmse, wrong in errors)
            sizes = np.concatenate([case.membership.cells_per_spot for case in cases])
            sys.stdout.write(f"| {cases[0].name} | {sizes[sizes > 0].mean():.1f} | {shown} |\n")


def _errors(case: TypingCase) -> list[tuple[float, float]]:
    fitted = run(
        fit(
            case.spots,
            case.reference,
            case.membership,
            case.yx_um,
            CellTypingParams(),
            rng=case.seed,
        )
    )
    owner, found = case.membership.owner, []
    for way in WAYS:
        codes = fitted.under(CellTypingParams(label_by=way)).solve(fitted.auto_nu).codes
        counts = np.zeros(case.truth.shape)
        np.add.at(counts, (owner, codes), 1.0)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
        score = score_typing(case, TypingAnswer(way, shares, codes, seconds=0.0))
        found.append((score.rmse, score.cell))
    return found


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
