"""How surely an image that was turned or mirrored is noticed, and one that was not left alone.

    python docs/measure/turns.py SPOTS IMAGE [@MPP] [SPOTS IMAGE [@MPP] …]

Every section is looked at whole, and in rectangles that tissue fills, where its shape says nothing:
as it lies, and with the image turned and mirrored in all seven ways. Then the counts are dealt to
the spots by lot. Of several sections those in different folders lend each other their spots, laid
on parts the other's tissue fills: nothing may be told from any of these.
"""

import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import dask.array as da
import numpy as np
from scipy.spatial import cKDTree

import spotscope
from spotscope.io import find_tissue
from spotscope.model import TURNS, Sample, Slide, run
from spotscope.pipeline import measure_turn

PARTS, PIXEL_UM = 6, 15.0
#: What is done to an image, in the order of TURNS.
DONE = (
    lambda a: a,
    lambda a: a[::-1, ::-1],
    lambda a: a.swapaxes(0, 1)[:, ::-1],
    lambda a: a.swapaxes(0, 1)[::-1],
    lambda a: a[:, ::-1],
    lambda a: a[::-1],
    lambda a: a.swapaxes(0, 1),
    lambda a: a.swapaxes(0, 1)[::-1, ::-1],
)


def with_image(sample: Sample, done) -> Sample:
    return replace(
        sample, slide=replace(sample.slide, levels=tuple(map(done, sample.slide.levels)))
    )


def with_spots(sample: Sample, yx_um: np.ndarray, used: np.ndarray) -> Sample:
    table = sample.spots.table[used].copy()
    return replace(sample, spots=replace(sample.spots, table=table, yx_um=yx_um[used]))


def filled(sample: Sample) -> list[tuple[float, float, float, float]]:
    """Rectangles (y0, x0, y1, x1) of tissue with spots, in µm, the largest first."""
    spots, tissue = sample.spots, find_tissue(sample.slide)
    low, high = spots.yx_um.min(axis=0), spots.yx_um.max(axis=0)
    side = spots.lattice.pitch_um / 2
    shape = np.ceil((high - low) / side).astype(int) + 1
    places = np.argwhere(np.ones(shape, bool)) * side + low
    tree = cKDTree(spots.yx_um)
    reach = 2 * np.median(tree.query(spots.yx_um, k=2)[0][:, 1])
    held = tissue.covers(places) & (tree.query(places)[0] <= reach)
    total = np.pad(held.reshape(shape).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    found = []
    for y0, x0 in product(range(0, shape[0], 2), range(0, shape[1], 2)):
        for y1, x1 in product(range(y0 + 8, shape[0] + 1, 2), range(x0 + 8, shape[1] + 1, 2)):
            area = (y1 - y0) * (x1 - x0)
            on = total[y1, x1] - total[y0, x1] - total[y1, x0] + total[y0, x0]
            if on >= 0.98 * area and max(y1 - y0, x1 - x0) <= 2.2 * min(y1 - y0, x1 - x0):
                found.append((area, y0, x0, y1, x1))
    kept: list[tuple[int, ...]] = []
    for _, *box in sorted(found, reverse=True):
        if len(kept) < PARTS and all(shared(box, other) < 0.45 for other in kept):
            kept.append(tuple(box))
    return [tuple(np.array(box) * side + np.tile(low, 2)) for box in kept]


def shared(one, other) -> float:
    """Share of two rectangles' area that is both's."""
    high = min(one[2], other[2]) - max(one[0], other[0])
    wide = min(one[3], other[3]) - max(one[1], other[1])
    both = max(high, 0) * max(wide, 0)
    return both / (sum((b[2] - b[0]) * (b[3] - b[1]) for b in (one, other)) - both)


def part(sample: Sample, box) -> Sample:
    slide = sample.slide
    level = slide.level_for(PIXEL_UM)
    mpp = slide.level_mpp(level)
    y0, x0, y1, x1 = (round(side / mpp) for side in box)
    pixels = da.from_array(np.asarray(slide.levels[level][y0:y1, x0:x1]))
    own = Slide((pixels,), mpp, slide.name)
    yx_um = sample.spots.yx_um - np.array([y0, x0]) * mpp
    inside = ((yx_um >= 0) & (yx_um <= np.array(own.extent_um) - mpp)).all(axis=1)
    return with_spots(replace(sample, slide=own), yx_um, inside)


def asked(name: str, sample: Sample) -> tuple[int, int, int, int]:
    """False alarms as it lies; turned: named rightly, silent, named wrongly."""
    right = silent = wrong = 0
    lies = run(measure_turn(sample))
    for turn, done in zip(TURNS[1:], DONE[1:], strict=True):
        found = run(measure_turn(with_image(sample, done)))
        right += found.turn == turn
        silent += not found.is_off
        wrong += found.is_off and found.turn != turn
    said = f"ALARM: {lies.turn.words}" if lies.is_off else "silent"
    print(
        f"{name:28s} {sample.spots.n:5,d} spots: as it lies {said} (z {lies.clearness[0]:5.1f}, "
        f"of others at most {np.nanmax(lies.clearness[1:]):4.1f}); turned: {right} named, "
        f"{silent} silent, {wrong} named wrongly",
        flush=True,
    )
    return int(lies.is_off), right, silent, wrong


def by_lot(sample: Sample, times: int = 5) -> int:
    rng, told = np.random.default_rng(0), 0
    for _ in range(times):
        table = sample.spots.table[rng.permutation(sample.spots.n)].copy()
        dealt = replace(sample, spots=replace(sample.spots, table=table))
        told += run(measure_turn(dealt)).is_off
    return told


def lent(image: Sample, spots: Sample) -> Sample:
    """The spots of one part on the image of another, in its middle, as large as it can hold."""
    yx, room = spots.spots.yx_um, np.array(image.slide.extent_um) - image.slide.mpp
    factor = (room / np.ptp(yx, axis=0)).min()
    yx = (yx - (yx.min(axis=0) + yx.max(axis=0)) / 2) * factor + room / 2
    lattice = spots.spots.lattice
    lattice = replace(
        lattice, pitch_um=lattice.pitch_um * factor, diameter_um=lattice.diameter_um * factor
    )
    return replace(image, spots=replace(spots.spots, yx_um=yx, lattice=lattice))


def main(*words: str) -> None:
    sections, rest = [], list(words)
    while rest:
        spots, image = Path(rest.pop(0)), rest.pop(0)
        mpp = float(rest.pop(0)[1:]) if rest and rest[0].startswith("@") else None
        sections.append((spots, spotscope.read(spots, image=image, mpp=mpp).sample))
    parts, sums, dealt = [], np.zeros((2, 4), int), 0
    for path, sample in sections:
        sums[0] += asked(f"{sample.name}, whole", sample)
        dealt += by_lot(sample)
        for number, box in enumerate(filled(sample), 1):
            piece = part(sample, box)
            sums[1] += asked(f"{sample.name}, filled part {number}", piece)
            dealt += by_lot(piece, 1)
            parts.append((path.parent, piece))
    for name, n, (alarms, *told) in zip(
        ("whole", "filled"), (len(sections), len(parts)), sums.tolist(), strict=True
    ):
        print(f"{name}: {n}, {alarms} false alarms; turned {7 * n}: named, silent, wrong {told}")
    print(f"dealt by lot: told {dealt} of {5 * len(sections) + len(parts)}")
    pairs = [(a, b) for (x, a), (y, b) in product(parts, parts) if x != y]
    told = sum(run(measure_turn(lent(a, b))).is_off for a, b in pairs)
    print(f"spots of another section: told {told} of {len(pairs)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
