"""Print how the probability at which nuclei are kept moves scores, where choices are made.

    python docs/measure/nuclei_probability.py DATA [MODEL ...]

Mean F1 at an IoU of 0.5, PQ, and on how many tiles F1 is not below that at 0.35, for the networks
that ship (with mirror images and without) and the watershed. Other MODELs (folders) take the place
of the networks. The tiles of the benchmark's table are never looked at.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spotscope.evaluation import nuclei_cases
from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import run
from spotscope.pipeline.segmentation._tiles import candidates_of, score_tile

if TYPE_CHECKING:
    from spotscope.evaluation import LabelScore, NucleiCase

_HEAD = "| probability | F1 at 0.5 | PQ | tiles |\n|---|---|---|---|\n"
_BEFORE = 0.35
PROBABILITIES = (0.3, _BEFORE, 0.4, 0.45, 0.5, 0.55)


def main(data: Path, models: list[str]) -> None:
    """Print a table for every stain."""
    cases = list(nuclei_cases(data, "development"))
    for stain in dict.fromkeys(case.stain for case in cases):
        here = [case for case in cases if case.stain == stain]
        ways = [(model, flips) for model in models or [stain] for flips in ("always", "never")]
        for model, flips in (*ways, (segmentation.WATERSHED, "never")):
            mirrors = ", mirror images too" if flips == "always" else ""
            _table(here, f"{stain}: {model}{mirrors}", model, flips)


def _table(cases: list[NucleiCase], title: str, model: str, flips: str) -> None:
    params = SegmentationParams.model_validate({"model": model, "flips": flips})
    scores: dict[float, list[LabelScore]] = {p: [] for p in PROBABILITIES}
    for case in cases:
        found = run(candidates_of(case.image, case.mpp, params))
        for p, seen in scores.items():
            at = params.model_copy(update={"probability": p})
            seen.append(score_tile(found, case.labels, case.mpp, at))
    before = np.array([score.f1 for score in scores[_BEFORE]])
    sys.stdout.write(f"\n{title}, {len(cases)} tiles\n\n{_HEAD}")
    for p, seen in scores.items():
        f1 = np.array([score.f1 for score in seen])
        pq = float(np.mean([score.pq for score in seen]))
        sys.stdout.write(f"| {p:g} | {f1.mean():.4f} | {pq:.4f} | {int((f1 >= before).sum())} |\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
