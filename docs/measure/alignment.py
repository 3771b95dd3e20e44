"""How well a shift of the spots is found: put in by hand, and asked back.

    python docs/measure/alignment.py demo [N]
    python docs/measure/alignment.py SPOTS IMAGE [N]

Of the demo N sections are grown, each moved once; of real data one section is moved N times by
shifts up to 40 µm, and what counts is how the answer follows, as nobody knows where its spots
truly lie. The last line asks of counts dealt to the spots by lot, which know nothing.
"""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

import spotscope
from spotscope.evaluation import make_demo
from spotscope.model import Session, Transform, run
from spotscope.pipeline import measure_alignment, move_sample
from spotscope.pipeline._demo import DEMO_FILES

MOST_UM = 40.0


def demo(seed: int) -> Session:
    folder = Path(tempfile.mkdtemp())
    make_demo(seed).write(folder)
    return spotscope.read(folder / DEMO_FILES["spots"], image=folder / DEMO_FILES["image"])


def moved(session: Session, shift: np.ndarray) -> Session:
    return replace(session, sample=move_sample(session.sample, Transform.shift(*shift)))


def by_lot(session: Session, rng: np.random.Generator) -> Session:
    spots = session.sample.spots
    table = spots.table[rng.permutation(spots.n)].copy()
    return replace(session, sample=replace(session.sample, spots=replace(spots, table=table)))


def main(*words: str) -> None:
    is_demo = words[0] == "demo"
    given = words[1:] if is_demo else words[2:]
    n, rng = int(given[0]) if given else 10, np.random.default_rng(0)
    same = None if is_demo else spotscope.read(words[0], image=words[1])
    base = np.zeros(2) if same is None else np.array(run(measure_alignment(same)).yx_um)
    if same is not None:
        print(f"as it lies: {run(measure_alignment(same)).sentence}")
    off, radius, told, lots = [], [], 0, 0
    for seed in range(n):
        session = demo(seed) if same is None else same
        shift = rng.uniform(-MOST_UM, MOST_UM, 2)
        found = run(measure_alignment(moved(session, shift), seed=seed))
        off.append(np.hypot(*(np.array(found.yx_um) - base - shift)))
        radius.append(found.radius_um)
        told += found.tells
        lots += run(measure_alignment(by_lot(session, rng), seed=seed)).tells
    off, radius = np.array(off), np.array(radius)
    held = "" if same is not None else f"; within the radius {int((off <= radius).sum())} of {n}"
    print(
        f"{n} shifts: off by {np.median(off):.1f} µm (median), {off.max():.1f} at most; radius "
        f"{np.median(radius):.0f} µm (median){held}; told {told} of {n}"
    )
    print(f"counts dealt by lot: told {lots} of {n}")


if __name__ == "__main__":
    main(*sys.argv[1:])
