"""Print what the network for H&E gets wrong, by kind, on the tiles that choices are made on.

    python docs/measure/nuclei_errors.py DATA

A nucleus that was drawn and that nothing found meets with IoU > 0.5 is *missed*, one found that
meets none is *too many*; F1 = 1 - (missed + too many) / (drawn + found). Each is counted once,
under the first kind that fits, in the order of the table. Last, what was tried against the first
kind, the rim. The tiles of the benchmark's table are never looked at.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spotscope.evaluation import NucleiCase, away_from_rim, nuclei_cases, score_labels
from spotscope.methods import segmentation
from spotscope.methods.segmentation import LabelDrawer, SegmentationParams
from spotscope.model import StarConvex, run
from spotscope.pipeline.segmentation._tiles import candidates_of

Labels = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: Smaller ones are fragments: a nucleus of 4 µm across has 12.6 µm².
_TINY_UM2 = 12.0
#: Pixels added by mirroring, and how far from the rim it is not felt.
_PAD_PX, _RIM_UM = 64, 16.0


@dataclass(frozen=True)
class Pairs:
    """Nuclei of one label image beside those of another, all shares of (mine, other)."""

    iou: npt.NDArray[np.float64]
    of_mine: npt.NDArray[np.float64]
    of_other: npt.NDArray[np.float64]
    area_um2: npt.NDArray[np.float64]
    at_rim: Flags

    @classmethod
    def of(cls, mine: Labels, other: Labels, mpp: float) -> Pairs:
        """Count the pixels that they have in common."""
        numbers, mine = np.unique(mine, return_inverse=True)
        mine = mine.reshape(other.shape) + (numbers[0] != 0)
        others, other = np.unique(other, return_inverse=True)
        other = other.reshape(mine.shape) + (others[0] != 0)
        n, m = int(mine.max()), int(other.max())
        both = np.bincount((mine * (m + 1) + other).ravel(), minlength=(n + 1) * (m + 1))
        both = both.reshape(n + 1, m + 1).astype(float)
        size, theirs = both.sum(1)[1:, None], both.sum(0)[None, 1:]
        common = both[1:, 1:]
        edge = np.unique(np.concatenate([mine[0], mine[-1], mine[:, 0], mine[:, -1]]))
        rim = np.isin(np.arange(1, n + 1), edge)
        shares = common / (size + theirs - common), common / size, common / theirs
        return cls(*shares, size[:, 0] * mpp**2, rim)

    def kinds(self) -> dict[str, Flags]:
        """(nucleus,) of each kind that those which meet none can be of."""
        inside = self.of_mine > 0.5  # most of mine lies in that one
        around = self.of_other > 0.5  # most of that one lies in mine
        crowded = inside.sum(axis=0) > 1
        cut = around.sum(axis=1) > 1
        return {
            "the rim of the tile cuts it": self.at_rim,
            f"smaller than {_TINY_UM2:.0f} µm²": self.area_um2 < _TINY_UM2,
            "one of several that are one to the other": (inside & crowded[None]).any(axis=1),
            "several to the other": cut,
            "nothing there (less than a fifth in common)": self.of_mine.sum(axis=1) < 0.2,
            "met, with too low an IoU": np.ones(len(self.area_um2), bool),
        }


def count(mine: Labels, other: Labels, mpp: float) -> dict[str, int]:
    """Number of mine that meet none of the others, by kind."""
    pairs = Pairs.of(mine, other, mpp)
    left = pairs.iou.max(axis=1, initial=0) <= 0.5
    numbers = {}
    for name, flags in pairs.kinds().items():
        numbers[name] = int((left & flags).sum())
        left = left & ~flags
    return numbers


def drawn(nuclei: StarConvex, case: NucleiCase) -> Labels:
    """The nuclei as labels of the tile."""
    return LabelDrawer(nuclei, case.mpp).draw(0, 0, *case.labels.shape).astype(np.int64)


def without(labels: Labels, left_out: npt.NDArray[np.integer]) -> Labels:
    """Labels without some of them."""
    return np.where(np.isin(labels, left_out), 0, labels)


def mirrored(case: NucleiCase, params: SegmentationParams) -> StarConvex:
    """The nuclei where the tile goes on in its mirror image, also those beyond the tile."""
    pad = ((_PAD_PX, _PAD_PX), (_PAD_PX, _PAD_PX), (0, 0))
    wide = np.pad(case.image, pad, mode="reflect")
    found = segmentation.select(run(candidates_of(wide, case.mpp, params)), params)
    return StarConvex(found.yx_um - _PAD_PX * case.mpp, found.radii_um, found.probability)


def tried(case: NucleiCase, found: StarConvex, params: SegmentationParams) -> dict[str, float]:
    """F1 of every way to treat the rim."""
    truth, plain = case.labels.astype(np.int64), drawn(found, case)
    seen = np.bincount(plain.ravel(), minlength=found.last_label + 1)[found.label_id]
    cut = found.label_id[seen * case.mpp**2 < 0.5 * found.area_um2()]
    wide = mirrored(case, params)
    half, far = case.mpp / 2, np.array(truth.shape) * case.mpp - case.mpp / 2
    inside = wide.take(((wide.yx_um >= -half) & (wide.yx_um < far)).all(axis=1))
    ways = {
        "as it is": plain,
        "less than half of it on the tile: left out": without(plain, cut),
        "mirrored beyond the rim, centres on the tile": drawn(inside, case),
        "mirrored beyond the rim, centres beyond it too": drawn(wide, case),
    }
    scores = {name: score_labels(labels, truth).f1 for name, labels in ways.items()}
    away = (away_from_rim(labels, _RIM_UM / case.mpp) for labels in (plain, truth))
    return {**scores, f"as it is, {_RIM_UM:.0f} µm and more from the rim": score_labels(*away).f1}


def main() -> None:
    """Find, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="holds monuseg and gbm40_nuclei")
    params = SegmentationParams(model="he", flips="always")
    missed: dict[str, int] = {}
    many: dict[str, int] = {}
    scores: dict[str, list[float]] = {}
    total = 0
    for case in nuclei_cases(parser.parse_args().data, "development", "he"):
        found = segmentation.select(run(candidates_of(case.image, case.mpp, params)), params)
        labels, truth = drawn(found, case), case.labels.astype(np.int64)
        total += len(np.unique(labels)) + len(np.unique(truth)) - 2
        for sums, pair in ((missed, (truth, labels)), (many, (labels, truth))):
            for name, number in count(*pair, case.mpp).items():
                sums[name] = sums.get(name, 0) + number
        for name, f1 in tried(case, found, params).items():
            scores.setdefault(name, []).append(f1)
    print("| kind | missed | too many | F1 it costs |\n|---|---|---|---|")
    for name in missed:
        pair = missed[name], many[name]
        print(f"| {name} | {pair[0]} | {pair[1]} | {sum(pair) / total:.3f} |")
    lost = sum(missed.values()), sum(many.values())
    print(f"| **all** | **{lost[0]}** | **{lost[1]}** | **{sum(lost) / total:.3f}** |\n")
    print("| the rim | mean F1 at 0.5 |\n|---|---|")
    for name, values in scores.items():
        print(f"| {name} | {np.mean(values):.4f} |")


if __name__ == "__main__":
    main()
