"""Scores of label images, on toys worked out by hand and beside a slow count."""

import numpy as np
import pytest

from spotscope.evaluation import away_from_rim, best_ious, nuclei_cases, score_labels
from spotscope.model import ReadError


def strips(*parts):
    """One row of pixels: (label, width) after one another."""
    return np.concatenate([np.full(width, label) for label, width in parts])[None].astype(np.int32)


def test_one_exact_one_half_one_missed_one_too_many():
    """Truth: 1 (10 px), 2 (10 px), 3 (5 px). Found: 7 = 1 exactly; 9 covers 8 of 2 and 2 more.

    IoU(7, 1) = 1, IoU(9, 2) = 8 / 12 = 0.667; 3 is missed, 4 px of 5 are of nobody.
    """
    truth = strips((1, 10), (2, 10), (0, 2), (3, 5), (0, 4))
    found = strips((7, 10), (0, 2), (9, 10), (0, 5), (5, 4))
    score = score_labels(found, truth)
    assert (score.n_true, score.n_found) == (3, 3)
    assert score.f1 == pytest.approx(2 * 2 / 6)
    assert score.f1_strict == pytest.approx(2 * 1 / 6)
    assert score.pq == pytest.approx((1 + 8 / 12) / 3)
    assert score.aji == pytest.approx((10 + 8) / (10 + 12 + 5 + 4))
    numbers, iou = best_ious(found, truth)
    assert numbers.tolist() == [5, 7, 9]
    np.testing.assert_allclose(iou, [0, 1, 8 / 12])


def test_nuclei_at_the_rim_are_left_out_by_their_middle():
    labels = np.zeros((9, 9), np.int32)
    labels[2:5, 2:5] = 4  # middle (3, 3)
    labels[3:7, 6:8] = 9  # middle (4.5, 6.5), 1.5 from the last column
    labels[8, 8] = 2
    assert set(np.unique(away_from_rim(labels, 1.5))) == {0, 4, 9}
    kept = away_from_rim(labels, 2)
    np.testing.assert_array_equal(kept, np.where(labels == 4, 4, 0))
    assert not away_from_rim(np.zeros((4, 4), int), 1).any()


def test_nothing_found_scores_nothing_and_nothing_there_is_found_whole():
    empty, one = strips((0, 9)), strips((4, 9))
    assert score_labels(empty, one).values == (0, 0, 0, 0)
    assert score_labels(one, empty).values == (0, 0, 0, 0)
    assert score_labels(empty, empty).values == (1, 1, 1, 1)


def test_random_labels_score_as_a_slow_count_says():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 6, (12, 12)).repeat(3, 0).repeat(3, 1)
    found = np.where(rng.random(truth.shape) < 0.8, truth, rng.integers(0, 6, truth.shape))
    score = score_labels(found, truth)
    iou = np.array(
        [
            [((found == a) & (truth == b)).sum() / ((found == a) | (truth == b)).sum()
             for b in range(1, 6)]
            for a in range(1, 6)
        ]
    )  # fmt: skip
    assert score.f1 == pytest.approx((iou.max(axis=0) > 0.5).mean())
    assert score.pq == pytest.approx(iou[iou > 0.5].sum() / 5)


def test_parts_are_of_different_patients(tmp_path):
    from spotscope.evaluation import _nuclei_cases as cases

    he = {name[:12] for name in cases._HE_REPORTING} & {n[:12] for n in cases._HE_DEVELOPMENT}
    assert not he
    assert not cases._FLUO_REPORTING & cases._FLUO_DEVELOPMENT
    with pytest.raises(ReadError, match="found none; give the folder"):
        next(nuclei_cases(tmp_path))
