"""Print whether numbers of cells that float by the nuclei's probabilities come nearer to the truth.

    python docs/measure/float_by_probability.py DATA [reporting]

Each spot has candidates with probabilities π of being nuclei. Its number M is that of π > ½, or it
may float by two, to the one of least

    (ln u - ln M - r)² / (2 κ ρ²)  -  Σ_chosen ln π  -  Σ_others ln (1 - π),

the M likeliest chosen; u the spot's counts, r and ρ the section's median and spread (MAD) of
ln u - ln M. Drawn candidates: each right cell has p ~ Beta(4, 1.5), and there are 0.3 false ones
for a right one, p ~ Beta(1.5, 4); π is what p really says. Found candidates: those of the
watershed and of the shipped network in demo samples, odds taken relative to the usual threshold.
κ is chosen on the development parts, and on demo samples other than those that are reported.
"""

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from scipy.stats import beta

from spotscope.evaluation import TypingCase, typing_cases
from spotscope.evaluation.demo import make_demo
from spotscope.methods import segmentation
from spotscope.methods.cell_typing import CellTypingParams, fit, predict
from spotscope.model import Membership, Slide, run

SETS = ("starmap", "merfish", "osmfish", "xenium")
TYPED = ("starmap", "merfish", "osmfish")
FALSE, RIGHT, WRONG = 0.3, (4.0, 1.5), (1.5, 4.0)
MOST, KAPPAS = 2, (0.5, 1.0, 2.0, 4.0)
LOW = 0.05
Numbers = npt.NDArray[np.int64]
Chances = list[npt.NDArray[np.float64]]


def drawn(right: Numbers, rng: np.random.Generator) -> Chances:
    """(spot,) probabilities of its candidates, most likely first."""
    found = []
    for n in right:
        p = np.concatenate([rng.beta(*RIGHT, n), rng.beta(*WRONG, rng.poisson(FALSE * n))])
        true, false = beta.pdf(p, *RIGHT), FALSE * beta.pdf(p, *WRONG)
        found.append(np.sort(true / (true + false))[::-1])
    return found


def floated(chances: Chances, umis: npt.NDArray[np.int64], kappa: float) -> Numbers:
    """(spot,) numbers, as the module says."""
    start = np.array([int((pi > 0.5).sum()) for pi in chances])
    seen = np.log(np.maximum(umis, 1))
    held = start > 0
    away = seen[held] - np.log(start[held])
    rate = np.median(away)
    spread = max(1.4826 * float(np.median(np.abs(away - rate))), 0.1)
    found = start.copy()
    for spot in np.flatnonzero(held):
        odds = np.cumsum(np.concatenate([[0.0], logit(np.clip(chances[spot], 1e-4, 1 - 1e-4))]))
        tried = np.arange(max(1, start[spot] - MOST), min(start[spot] + MOST, len(odds) - 1) + 1)
        cost = (seen[spot] - np.log(tried) - rate) ** 2 / (2 * kappa * spread**2) - odds[tried]
        found[spot] = tried[np.argmin(cost)]
    return found


def ways(chances: Chances, umis: npt.NDArray[np.int64]) -> dict[str, Numbers]:
    """Numbers by each way of counting."""
    found = {
        "π > ½": np.array([int((pi > 0.5).sum()) for pi in chances]),
        "Σ π": np.array([round(float(pi.sum())) for pi in chances]),
    }
    return found | {f"floating, κ = {k:g}": floated(chances, umis, k) for k in KAPPAS}


def error(case: TypingCase, number: Numbers) -> float:
    """RMSE of the proportions when spots are said to hold so many cells."""
    members, params = Membership.from_counts(np.maximum(number, 1)), CellTypingParams()
    places = case.spots.yx_um[members.owner]
    found = predict(run(fit(case.spots, case.reference, members, places, params, rng=0)), params)
    return float(np.sqrt(((found.proportions - case.truth) ** 2).mean()))


def found_in_demo(seed: int, model: str) -> tuple[Chances, npt.NDArray[np.int64], Numbers]:
    """Candidates in the spots of a demo sample, its counts, and the right numbers."""
    import dask.array as da

    demo = make_demo(seed)
    slide = Slide((da.from_array(demo.slide),), demo.mpp, "demo")
    usual = segmentation.SegmentationParams(model=model)
    params = usual.model_copy(update={"probability": LOW})
    fitted = run(segmentation.fit(slide, params))
    nuclei = run(segmentation.predict(fitted, slide, params))
    at = np.clip(nuclei.probability.astype(float), 1e-4, 1 - 1e-4)
    pi = expit(logit(at) - logit(usual.probability))
    owner = Membership.from_discs(nuclei, demo.spots).owner
    chances = [np.sort(pi[owner == spot])[::-1] for spot in range(demo.spots.n)]
    return chances, demo.spots.umis, demo.membership.cells_per_spot


def off(number: Numbers, right: Numbers) -> float:
    """Mean distance of the numbers from the right ones."""
    return float(np.abs(number - right).mean())


def main(data: Path, part: str) -> None:
    """Print two tables in Markdown."""
    head: list[str] = []
    for case in typing_cases(data, part, 1, SETS):
        right = case.membership.cells_per_spot
        found = ways(drawn(right, np.random.default_rng(0)), case.spots.umis)
        typed = case.name.startswith(TYPED) and "hex" in case.name
        if not head:
            head = ["drawn candidates: off by", *found, "RMSE right", "RMSE π > ½", "RMSE κ = 1"]
            print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
        row = [case.name, *(f"{off(number, right):.2f}" for number in found.values())]
        each = (right, found["π > ½"], found["floating, κ = 1"])
        row += [f"{error(case, number):.4f}" if typed else "–" for number in each]
        print("| " + " | ".join(row) + " |", flush=True)
    print()
    for model in (segmentation.WATERSHED, "he"):
        for seed in (0, 1, 2) if part == "reporting" else (10, 11, 12):
            chances, umis, right = found_in_demo(seed, model)
            found = ways(chances, umis)
            row = [f"{model}, demo {seed}", *(f"{off(n, right):.2f}" for n in found.values())]
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "development")
