"""How well a label image agrees with one that was drawn by hand, pixel by pixel.

With IoU the overlap of a found and a true nucleus over their union, TP(t) the true nuclei that some
found one meets with IoU > t:

    F1(t) = 2 TP(t) / (found + true),    PQ = Σ_{IoU > 0.5} IoU / ((found + true) / 2),
    AJI = Σ_i |T_i ∩ F_i| / (Σ_i |T_i ∪ F_i| + Σ_unused |F|),   F_i the found one of largest IoU

(Kirillov et al. 2019 for PQ, Kumar et al. 2017 for AJI).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["LabelScore", "away_from_rim", "best_ious", "score_labels"]

Labels = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Agreement of two label images; all scores 0 to 1.

    Parameters
    ----------
    n_true, n_found
        Nuclei in either.
    f1, f1_strict
        F1 at IoU 0.5 and at 0.7.
    aji
        Aggregated Jaccard index.
    pq
        Panoptic quality.
    """

    n_true: int
    n_found: int
    f1: float
    f1_strict: float
    aji: float
    pq: float

    @property
    def values(self) -> tuple[float, float, float, float]:
        """(F1 at 0.5, F1 at 0.7, AJI, PQ)."""
        return self.f1, self.f1_strict, self.aji, self.pq


def score_labels(found: Labels, truth: Labels) -> LabelScore:
    """Score a label image.

    Parameters
    ----------
    found, truth
        (y, x) 0 between nuclei; numbers need not follow one another.
    """
    both, size_found, size_true = _overlaps(found, truth)
    total = len(size_found) + len(size_true)
    if total == 0:
        return LabelScore(0, 0, 1.0, 1.0, 1.0, 1.0)
    union = size_found[:, None] + size_true[None, :] - both
    iou = both / np.maximum(union, 1)
    best = iou.max(axis=0, initial=0)
    hits = iou[iou > 0.5]
    f1, strict = (float(2 * (best > level).sum() / total) for level in (0.5, 0.7))
    partner = iou.argmax(axis=0) if len(size_found) else np.zeros(len(size_true), np.intp)
    met = np.flatnonzero(best > 0)
    common = both[partner[met], met].sum()
    joined = union[partner[met], met].sum() + size_true[best == 0].sum()
    unused = np.setdiff1d(np.arange(len(size_found)), partner[met])
    aji = float(common / max(joined + size_found[unused].sum(), 1))
    return LabelScore(
        len(size_true), len(size_found), f1, strict, aji, float(hits.sum() / (total / 2))
    )


def away_from_rim(labels: Labels, reach_px: float) -> npt.NDArray[np.int64]:
    """Only the nuclei whose middle is so far from the image's rim.

    Who draws a tile leaves most nuclei out that it cuts; a slide has none of these.

    Parameters
    ----------
    labels
        (y, x) 0 between nuclei.
    reach_px
        Least distance of the mean of a nucleus' pixels from the outermost ones.
    """
    y, x = np.nonzero(labels)
    numbers, place = np.unique(labels[y, x], return_inverse=True)
    size = np.bincount(place, minlength=len(numbers))
    middle = np.stack([np.bincount(place, at, len(numbers)) / size for at in (y, x)], axis=1)
    last = np.array(labels.shape) - 1
    far = ((middle >= reach_px) & (middle <= last - reach_px)).all(axis=1)
    return np.where(np.isin(labels, numbers[far]), labels, 0).astype(np.int64)


def best_ious(found: Labels, truth: Labels) -> tuple[npt.NDArray[np.intp], Floats]:
    """Numbers of the found nuclei, rising, and the largest IoU each has with a true one."""
    both, size_found, size_true = _overlaps(found, truth)
    union = size_found[:, None] + size_true[None, :] - both
    numbers = np.unique(found)
    return numbers[numbers > 0].astype(np.intp), (both / np.maximum(union, 1)).max(
        axis=1, initial=0
    )


def _overlaps(found: Labels, truth: Labels) -> tuple[Floats, Floats, Floats]:
    """(found, true) pixels in common, and the sizes of either."""
    a, n = _counted(found)
    b, m = _counted(truth)
    both = np.bincount(a * (m + 1) + b, minlength=(n + 1) * (m + 1)).astype(np.float64)
    both = both.reshape(n + 1, m + 1)
    return both[1:, 1:], both.sum(axis=1)[1:], both.sum(axis=0)[1:]


def _counted(labels: Labels) -> tuple[npt.NDArray[np.intp], int]:
    """(pixel,) numbers 1 … n without gaps, 0 between nuclei; and n."""
    numbers = np.unique(labels)
    numbers = numbers[numbers > 0]
    place = np.searchsorted(numbers, labels.ravel()) + 1
    return np.where(labels.ravel() > 0, place, 0), len(numbers)
