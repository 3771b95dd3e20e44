"""The aggregated Jaccard index, on squares that can be counted."""

from __future__ import annotations

import numpy as np
import pytest

from spotscope.evaluation import TOUCH, aggregated_jaccard, match_nuclei, overlapping
from spotscope.model import StarConvex, run


def discs(yx, radius=5.0):
    yx = np.array(yx, float).reshape(-1, 2)
    return StarConvex(yx, np.full((len(yx), 32), radius, np.float32), np.ones(len(yx), "f4"))


def test_the_same_nuclei_score_one():
    some = discs([[10, 10], [10, 40]])
    assert aggregated_jaccard(some, some) == pytest.approx(1, abs=0.01)


def test_half_the_radius_is_a_quarter_of_the_area():
    assert aggregated_jaccard(discs([[10, 10]], 5), discs([[10, 10]], 10)) == pytest.approx(
        0.25, abs=0.01
    )


def test_a_nucleus_too_many_and_one_missed_both_count():
    """One of two is found, one found is none: A / (A + A + A)."""
    found, truth = discs([[10, 10], [90, 90]]), discs([[10, 10], [10, 60]])
    assert aggregated_jaccard(found, truth) == pytest.approx(1 / 3, abs=0.01)


def test_nothing_found_scores_nothing_and_nothing_to_find_scores_one():
    assert aggregated_jaccard(discs([]), discs([[1, 1]])) == 0
    assert aggregated_jaccard(discs([]), discs([])) == 1


def test_overlaps_that_are_known_give_the_same():
    rng = np.random.default_rng(0)
    found, truth = (discs(rng.uniform(0, 60, (n, 2)), 5) for n in (30, 25))
    known = run(overlapping(found, truth, TOUCH))
    assert aggregated_jaccard(found, truth, known) == aggregated_jaccard(found, truth)
    match = match_nuclei(found, truth)
    again = known.matched(0.5)
    assert again.pairs.tolist() == match.pairs.tolist()
    assert 0 < len(match.pairs) < 25
