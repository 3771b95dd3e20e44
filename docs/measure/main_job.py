"""Print what the main job does on a sample: time, memory, nuclei, composition, answers to ν.

    python docs/measure/main_job.py SPOTS IMAGE REFERENCE [--against OBSM KEY=VALUE,…]

``--against`` compares with proportions published in the spot table, which are another method's
answer and no truth; ``--classes`` maps their columns to our types (``Epithelial=Tumour+Luminal``).
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import spotscope
from spotscope.layers import LookupPyramid, nuclei_layer, type_colours
from spotscope.model import SpotKey


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spots")
    parser.add_argument("image")
    parser.add_argument("reference")
    parser.add_argument("--against", metavar="OBSM")
    parser.add_argument("--classes", nargs="*", default=[], metavar="PUBLISHED=OURS+OURS")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(args, Path(folder))


def measure(args: argparse.Namespace, folder: Path) -> None:
    clock = Clock()
    session = spotscope.read(args.spots, image=args.image)
    clock.lap("read")
    session = spotscope.segment(session, cache=folder)
    clock.lap("nuclei")
    typed = spotscope.type_cells(session, args.reference, cache=folder)
    clock.lap("cell types")
    spotscope.save(typed.session, folder / "OUT")
    clock.lap("save")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)
    print(f"peak memory {peak:.2f} GB")
    cells = typed.session.cells
    in_spots = (typed.typing.source == "spot").sum()
    print(f"{cells.n:,} nuclei, {in_spots:,} of them in spots; ν = {typed.typing.nu:g} (auto)")
    for name, count in sorted(cells.counts_per_type().items(), key=lambda item: -item[1]):
        print(f"  {name:<22} {count:>7,} {count / cells.n:6.1%}")
    if args.against:
        compare(typed, args.against, dict(text.split("=") for text in args.classes))
    answer(typed)


def compare(typed, published: str, classes: dict[str, str]) -> None:
    table = typed.session.sample.spots.table
    theirs = table.obsm[published]
    ours = table.obsm[SpotKey.PROPORTIONS]
    fitted = table.obsm[SpotKey.WEIGHTS]
    fitted = fitted.div(fitted.sum(axis=1), axis=0)
    print(f"{'class':<16} {'published':>9} {'labels':>8} {'fit':>8} {'r labels':>9} {'r fit':>7}")
    for name, members in classes.items():
        mine = members.split("+")
        a, b, c = theirs[name], ours[mine].sum(axis=1), fitted[mine].sum(axis=1)
        print(
            f"{name:<16} {a.mean():9.1%} {b.mean():8.1%} {c.mean():8.1%} "
            f"{np.corrcoef(a, b)[0, 1]:9.2f} {np.corrcoef(a, c)[0, 1]:7.2f}"
        )


def answer(typed) -> None:
    """From a new ν to labels, and on to the new colours of what a window shows."""
    colours = type_colours(typed.typing.types)
    data, _, _ = nuclei_layer(typed.session, colours)
    assert all(isinstance(level, LookupPyramid) or hasattr(level, "shape") for level in data)
    rows = []
    for nu in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0):
        started = time.perf_counter()
        typing = typed.fitted.solve(nu)
        rows.append((nu, time.perf_counter() - started, typing.share_flipped))
    frame = pd.DataFrame(rows, columns=["nu", "seconds", "flipped"])
    for nu, seconds, flipped in rows:
        print(
            f"  ν {nu:>4g}: {seconds * 1e3:6.0f} ms to labels, {flipped:6.1%} of spot cells flipped"
        )
    print(f"median {frame['seconds'].median() * 1e3:.0f} ms from ν to labels")


class Clock:
    def __init__(self) -> None:
        self.since = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        print(f"{name:<11} {now - self.since:6.1f} s", flush=True)
        self.since = now


if __name__ == "__main__":
    sys.exit(main())
