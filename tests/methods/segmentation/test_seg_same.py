"""Outlines that are the same in two sets, against a comparison of every pair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spotscope.methods.segmentation import same_outlines
from spotscope.model import StarConvex


@pytest.fixture
def nuclei():
    rng = np.random.default_rng(0)
    shapes = rng.uniform(0, 9, (50, 2)), rng.uniform(1, 2, (50, 8)).astype(np.float32)
    labels = np.sort(rng.choice(200, 50, replace=False) + 1).astype(np.uint32)
    sure = rng.uniform(0, 1, 50).astype(np.float32)
    sure[7] = np.nan  # a cell that was counted
    return StarConvex(*shapes, sure, labels)


def by_hand(before, after):
    def look(nuclei, i):
        sure = np.nan_to_num(nuclei.probability[i], nan=-1.0)
        return (int(nuclei.label_id[i]), *nuclei.yx_um[i], *nuclei.radii_um[i], float(sure))

    rows = {look(before, i): i for i in range(before.n)}
    return [rows.get(look(after, i), -1) for i in range(after.n)]


def test_what_is_gone_new_or_changed_is_told_and_nothing_else(nuclei):
    after = nuclei.take(np.setdiff1d(np.arange(50), [0, 13, 49]))
    assert same_outlines(nuclei, after).tolist() == by_hand(nuclei, after)
    assert (same_outlines(nuclei, after) >= 0).all()
    assert (same_outlines(after, nuclei) < 0).sum() == 3
    for name, at in (("yx_um", (3, 1)), ("radii_um", (8, 7)), ("probability", 20)):
        column = getattr(nuclei, name).copy()
        column[at] += 0.25
        other = replace(nuclei, **{name: column})
        told = same_outlines(nuclei, other)
        assert told.tolist() == by_hand(nuclei, other)
        assert np.flatnonzero(told < 0).tolist() == [at if name == "probability" else at[0]]


def test_a_certainty_that_is_no_number_equals_itself_alone(nuclei):
    assert same_outlines(nuclei, nuclei).tolist() == list(range(50))
    sure = nuclei.probability.copy()
    sure[7] = 0.5
    assert same_outlines(nuclei, replace(nuclei, probability=sure))[7] == -1


def test_nothing_is_the_same_as_nothing(nuclei):
    nothing = StarConvex.empty(8)
    assert same_outlines(nothing, nuclei).tolist() == [-1] * 50
    assert same_outlines(nuclei, nothing).tolist() == []
