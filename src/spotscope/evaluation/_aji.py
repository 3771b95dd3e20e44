"""The aggregated Jaccard index of nuclei (Kumar et al. 2017).

Every true nucleus takes the found one it overlaps best (largest IoU) that no other has taken; with
U the found nuclei that nobody took,

    AJI = Σ_i |T_i ∩ F_i| / (Σ_i |T_i ∪ F_i| + Σ_{u ∈ U} |F_u|).

Unlike F1 it falls with every pixel that is too much or too little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.evaluation._nuclei_match import match_nuclei

if TYPE_CHECKING:
    from spotscope.evaluation._nuclei_match import Overlaps
    from spotscope.model import StarConvex

__all__ = ["TOUCH", "aggregated_jaccard"]

#: Nuclei that share less than this do not overlap.
TOUCH = 0.01


def aggregated_jaccard(
    found: StarConvex, truth: StarConvex, overlaps: Overlaps | None = None
) -> float:
    """AJI of found nuclei, 0 to 1; 1 where there are none and none was found.

    Parameters
    ----------
    found, truth
        Outlines in the same frame. Pairs are taken greedily, the largest IoU first.
    overlaps
        Of the two from :data:`TOUCH` on, where that is known.
    """
    match = match_nuclei(found, truth, TOUCH) if overlaps is None else overlaps.matched(TOUCH)
    size_found, size_true = found.area_um2(), truth.area_um2()
    both = size_found[match.pairs[:, 0]] + size_true[match.pairs[:, 1]]
    union = both / (1 + match.iou)
    alone_true = np.delete(size_true, match.pairs[:, 1]).sum()
    alone_found = np.delete(size_found, match.pairs[:, 0]).sum()
    total = union.sum() + alone_true + alone_found
    return float((both - union).sum() / total) if total > 0 else 1.0
