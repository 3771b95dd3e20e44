"""Which nucleus is which: worked by hand, held against Sinkhorn's theorem, and simulated."""

import numpy as np
import pytest
from expression_toys import GAUSSIAN, cosine, draw_cells, spots_of

from spotscope.methods.expression import predict
from spotscope.methods.expression._describe import Described
from spotscope.methods.expression._who import exchanged, who_is_who
from spotscope.model import MethodError, run, update

AVERAGED = update(GAUSSIAN, who="averaged", capture=1.0)
SPLIT = update(AVERAGED, method="split")


def test_two_nuclei_of_two_types_are_exchanged_by_their_doubt():
    who = who_is_who(np.array([[0, 1]]), [[0.8, 0.8]])
    np.testing.assert_allclose(who, [[[0.8, 0.2], [0.2, 0.8]]], atol=1e-6)
    # diag(a, b) B diag(c, d) of B = [[.9, .1], [.4, .6]] has rows and columns of sum 1 where
    # x² / (1 - x)² = .9 · .6 / (.1 · .4) = 13.5, x / (1 - x) = 3.674, x = .786
    who = who_is_who(np.array([[0, 1]]), [[0.9, 0.6]])
    np.testing.assert_allclose(who, [[[0.786, 0.214], [0.214, 0.786]]], atol=1e-3)


def test_nuclei_of_one_type_and_those_that_are_sure_stay_who_they_are():
    np.testing.assert_array_equal(
        who_is_who(np.zeros((1, 3), int), [[0.1, 0.5, 0.9]])[0], np.eye(3)
    )
    np.testing.assert_array_equal(who_is_who(np.arange(3)[None], np.ones((1, 3)))[0], np.eye(3))
    unknown = who_is_who(np.arange(3)[None], np.full((1, 3), np.nan))
    np.testing.assert_array_equal(unknown[0], np.eye(3))


def test_nothing_is_lost_and_the_odds_are_those_of_the_doubts():
    rng = np.random.default_rng(0)
    codes, sure = rng.integers(0, 4, (50, 9)), rng.uniform(0.2, 0.95, (50, 9))
    who = who_is_who(codes, sure).astype(float)
    np.testing.assert_allclose(who.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(who.sum(axis=2), 1, atol=1e-4)
    for k, pi, found in zip(codes, sure, who, strict=True):
        said = np.zeros((9, 9))
        for i in range(9):
            others = [j for j in range(9) if k[j] != k[i]]
            said[i, i] = pi[i]
            said[i, others] = (1 - pi[i]) / len(others)
        # scaling rows and columns leaves every cross-ratio as it is
        i, j = np.argwhere((k[:, None] != k[None]) & (said > 0))[0]
        before = said[i, i] * said[j, j] / (said[i, j] * said[j, i])
        after = found[i, i] * found[j, j] / (found[i, j] * found[j, i])
        assert after == pytest.approx(before, rel=1e-3)
        assert (found[said == 0] == 0).all()


def test_the_spread_holds_what_either_cell_may_be():
    mean = np.array([[[10.0], [2.0]]], np.float32)
    sd = np.array([[[3.0], [1.0]]], np.float32)
    explained = np.array([[[0.5], [1.0]]], np.float32)
    found = exchanged(
        Described(mean, sd, explained, mean), who_is_who(np.array([[0, 1]]), [[0.75, 0.75]])
    )
    np.testing.assert_allclose(found.mean.ravel(), [8, 4])
    # .75 (9 + 100) + .25 (1 + 4) - 64 = 19;  .25 (9 + 100) + .75 (1 + 4) - 16 = 15
    np.testing.assert_allclose(found.sd.ravel() ** 2, [19, 15], rtol=1e-5)
    np.testing.assert_allclose(found.explained.ravel(), [0.625, 0.875])
    np.testing.assert_array_equal(found.shares, mean)


@pytest.fixture(scope="module")
def doubtful():
    """Spots of two cells, one of each type; which is which was guessed, right in four of five."""
    rng = np.random.default_rng(3)
    counts, codes, _ = draw_cells(400, rng)
    spots, membership = spots_of(counts, np.repeat(np.arange(200), 2))
    swapped = np.repeat(rng.random(200) < 0.2, 2)
    labels = np.where(swapped, 1 - codes, codes)
    return counts, labels, spots, membership


def test_averaging_errs_less_and_loses_no_count(toy_fit, doubtful):
    counts, labels, spots, membership = doubtful
    support = np.full(len(labels), 0.8)
    sure = run(predict(toy_fit, spots, labels, membership, update(AVERAGED, who="labelled")))
    found = run(predict(toy_fit, spots, labels, membership, AVERAGED, support=support))
    assert cosine(found.mean, counts).mean() > cosine(sure.mean, counts).mean() + 0.003
    low, high = found.interval()
    covered = ((counts >= low) & (counts <= high)).mean()
    assert 0.85 < covered < 0.97
    before_low, before_high = sure.interval()
    assert ((counts >= before_low) & (counts <= before_high)).mean() < covered
    # whole counts are given out by label, as before
    assert (found.assigned != sure.assigned).nnz == 0
    split = run(predict(toy_fit, spots, labels, membership, SPLIT, support=support))
    summed = split.mean[0::2] + split.mean[1::2]
    np.testing.assert_allclose(summed, spots.counts.toarray(), rtol=1e-4, atol=1e-3)


def test_certain_types_are_answered_as_they_were(toy_fit, doubtful):
    _, labels, spots, membership = doubtful
    sure = run(predict(toy_fit, spots, labels, membership, update(AVERAGED, who="labelled")))
    for support in (None, np.ones(len(labels))):
        same = run(predict(toy_fit, spots, labels, membership, AVERAGED, support=support))
        np.testing.assert_allclose(same.mean, sure.mean, rtol=1e-6)
        np.testing.assert_allclose(same.sd, sure.sd, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("support", "said"),
    [
        (np.ones(3), "a confidence for each of 400 nuclei, found 3"),
        (np.full(400, 1.5), "from 0 to 1"),
    ],
)
def test_confidences_that_are_none_are_said(toy_fit, doubtful, support, said):
    _, labels, spots, membership = doubtful
    with pytest.raises(MethodError, match=said):
        run(predict(toy_fit, spots, labels, membership, AVERAGED, support=support))
