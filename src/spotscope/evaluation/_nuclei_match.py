"""How well nuclei were found: matching by overlap.

Two nuclei match when their areas' intersection over union, IoU = |A ∩ B| / |A ∪ B|, reaches a
threshold. From 0.5 upward, and with no overlaps within either set, a nucleus can match only one
other. Below that, or with overlaps, pairs are taken greedily, the largest IoU first.

Areas of single nuclei are exact; the area two have in common is counted on 4,096 points
of the box in which it must lie, which tells IoU to about 0.005.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spotscope.evaluation._rim import rim_distance
from spotscope.model import Progress, run

if TYPE_CHECKING:
    from spotscope.model import StarConvex, Task

__all__ = ["NucleiMatch", "Overlaps", "match_nuclei", "overlapping", "polygon_ious"]

_STAGE = "comparing nuclei"

Floats = npt.NDArray[np.float64]
#: Points in the box of a pair: spread by the golden ratio, so that no edge runs along them.
_SAMPLES = 4096
_GOLDEN = (np.sqrt(5) - 1) / 2
#: Pairs compared at once, which bounds memory to about 100 MB.
_CHUNK = 256


@dataclass(frozen=True, slots=True, eq=False)
class NucleiMatch:
    """Which nuclei were found.

    Parameters
    ----------
    pairs
        (match, 2) rows of found and true nuclei that match.
    iou
        (match,) their intersection over union.
    n_found, n_true
        Nuclei in either set.
    """

    pairs: npt.NDArray[np.intp]
    iou: Floats
    n_found: int
    n_true: int

    @property
    def precision(self) -> float:
        """Matches over found nuclei; 1 when none was found, as none is wrong."""
        return len(self.pairs) / self.n_found if self.n_found else 1.0

    @property
    def recall(self) -> float:
        """Matches over true nuclei; 1 when there are none, as none is missed."""
        return len(self.pairs) / self.n_true if self.n_true else 1.0

    @property
    def f1(self) -> float:
        """2 TP / (found + true), the harmonic mean of precision and recall."""
        total = self.n_found + self.n_true
        return 2 * len(self.pairs) / total if total else 1.0

    @property
    def panoptic_quality(self) -> float:
        """F1 times the mean IoU of the matches: right nuclei, well drawn."""
        return self.f1 * float(self.iou.mean()) if len(self.iou) else 0.0


def match_nuclei(found: StarConvex, truth: StarConvex, iou: float = 0.5) -> NucleiMatch:
    """Match found nuclei to true ones.

    Parameters
    ----------
    found, truth
        Outlines in the same frame.
    iou
        Least intersection over union of a match, above 0.
    """
    return run(overlapping(found, truth, iou)).matched(iou)


@dataclass(frozen=True, slots=True, eq=False)
class Overlaps:
    """Pairs of nuclei that overlap, (pair, 2) rows, and their (pair,) IoU; sizes of both sets."""

    pairs: npt.NDArray[np.intp]
    iou: Floats
    n_found: int
    n_true: int

    def matched(self, iou: float) -> NucleiMatch:
        """One to one, the largest IoU first, none below ``iou``."""
        order = np.argsort(-self.iou, kind="stable")
        order = order[self.iou[order] >= iou]
        kept, used_found, used_true = [], np.zeros(self.n_found, bool), np.zeros(self.n_true, bool)
        for place, (a, b) in zip(order.tolist(), self.pairs[order].tolist(), strict=True):
            if not (used_found[a] or used_true[b]):
                used_found[a] = used_true[b] = True
                kept.append(place)
        pairs = self.pairs[kept].reshape(-1, 2)
        return NucleiMatch(pairs, self.iou[kept], self.n_found, self.n_true)


def overlapping(found: StarConvex, truth: StarConvex, iou: float) -> Task[Overlaps]:
    """Compare all nuclei whose IoU may reach ``iou``, some at a time."""
    yield Progress(_STAGE, 0, 1)
    pairs = _candidates(found, truth, iou)
    values = [np.zeros(0)]
    for start in range(0, len(pairs), _CHUNK):
        yield Progress(_STAGE, start, len(pairs))
        values.append(polygon_ious(found, truth, pairs[start : start + _CHUNK]))
    return Overlaps(pairs, np.concatenate(values), found.n, truth.n)


def _candidates(found: StarConvex, truth: StarConvex, iou: float) -> npt.NDArray[np.intp]:
    """(pair, 2) nuclei whose IoU may reach ``iou``.

    What they have in common is no larger than either of them, nor than what their boxes have in
    common.
    """
    if found.n == 0 or truth.n == 0:
        return np.zeros((0, 2), np.intp)
    reach = found.reach_um() + truth.reach_um().max()
    near = cKDTree(truth.yx_um).query_ball_point(found.yx_um, reach)
    a = np.repeat(np.arange(found.n), [len(hits) for hits in near])
    b = np.array([hit for hits in near for hit in hits], np.intp)
    size_a, size_b = found.area_um2()[a], truth.area_um2()[b]
    low = np.maximum(found.polygons().min(axis=1)[a], truth.polygons().min(axis=1)[b])
    high = np.minimum(found.polygons().max(axis=1)[a], truth.polygons().max(axis=1)[b])
    most = np.minimum(np.maximum(high - low, 0).prod(axis=1), np.minimum(size_a, size_b))
    return np.stack([a, b], axis=1)[most >= iou * (size_a + size_b - most)]


def polygon_ious(found: StarConvex, truth: StarConvex, pairs: npt.NDArray[np.intp]) -> Floats:
    """(pair,) intersection over union of the outlines at the (pair, 2) rows."""
    values = np.zeros(len(pairs))
    for start in range(0, len(pairs), _CHUNK):
        part = slice(start, start + _CHUNK)
        one, other = found.take(pairs[part, 0]), truth.take(pairs[part, 1])
        common = _common_area(one, other)
        values[part] = common / np.maximum(one.area_um2() + other.area_um2() - common, 1e-12)
    return values


def _common_area(first: StarConvex, second: StarConvex) -> Floats:
    """(pair,) area that row i of both outlines have in common."""
    corners = first.polygons(), second.polygons()
    low = np.maximum(*(c.min(axis=1) for c in corners))
    high = np.maximum(np.minimum(*(c.max(axis=1) for c in corners)), low)
    place = np.arange(_SAMPLES)
    spread = np.stack([(place + 0.5) / _SAMPLES, place * _GOLDEN % 1], axis=1)
    yx = low[:, None] + spread * (high - low)[:, None]
    inside = np.ones(yx.shape[:2], bool)
    for outlines in (first, second):
        local = (yx - outlines.yx_um[:, None]).astype(np.float32)
        dy, dx = local[..., 0], local[..., 1]
        inside &= np.hypot(dy, dx) <= rim_distance(outlines.radii_um, dy, dx)
    common = inside.mean(axis=1) * (high - low).prod(axis=1)
    return np.minimum(common, np.minimum(first.area_um2(), second.area_um2()))
