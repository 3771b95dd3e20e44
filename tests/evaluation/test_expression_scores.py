"""Scores of expression and imputation: small answers worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from anndata import AnnData

from spotscope.evaluation import (
    ExpressionAnswer,
    ExpressionCase,
    cosine_per_cell,
    expression_margins,
    expression_table,
    gene_scores,
    imputation_table,
    score_ceiling,
    score_expression,
    score_imputation,
)
from spotscope.evaluation._imputation_cases import ImputationCase
from spotscope.model import Lattice, Membership, Spots

GENES = ("A", "B", "C")
#: (cell, gene): spot 0 holds the first two cells, spot 1 the third.
TRUTH = np.array([[3, 4, 0], [0, 2, 6], [5, 0, 5]])


def toy(rate=1.0, seed=0):
    owner = np.array([0, 0, 1], np.int32)
    members = sp.csr_matrix((np.ones(3), (owner, np.arange(3))))
    table = AnnData(sp.csr_matrix(members @ TRUTH).astype(np.int32))
    table.var_names = list(GENES)
    spots = Spots(table, np.array([[0.0, 0.0], [0.0, 100.0]]), Lattice("square", 100.0, 55.0))
    return ExpressionCase(
        "toy", seed, rate, spots, None, Membership(members, owner), np.zeros((3, 2)),
        np.zeros(3, int), sp.csr_matrix(TRUTH), sp.csr_matrix(TRUTH),
    )  # fmt: skip


def test_the_truth_scores_perfectly_at_any_scale():
    interval = TRUTH - 0.1, TRUTH + 0.1
    score = score_expression(toy(), ExpressionAnswer("oracle", GENES, TRUTH * 1.0, interval))
    assert (score.cosine, score.matched, score.pcc) == pytest.approx((1, 1, 1))
    assert (score.rmse, score.covered) == pytest.approx((0, 1))
    assert np.isnan(score.lost)
    doubled = score_expression(toy(), ExpressionAnswer("twice", GENES, TRUTH * 2.0))
    assert (doubled.cosine, doubled.rmse) == pytest.approx((1, 0))


def test_the_cosine_is_that_of_counts():
    one = np.array([[3.0, 4.0, 0.0]])
    assert cosine_per_cell(one, np.array([[4.0, 3.0, 0.0]]))[0] == pytest.approx(24 / 25)
    assert cosine_per_cell(one, np.zeros((1, 3)))[0] == 0


def test_the_ceiling_is_the_middle_of_cells_that_cannot_be_told_apart():
    # both cells of spot 0 are of one type: the best direction halves the angle between them
    half = np.sqrt((1 + 8 / (5 * np.sqrt(40))) / 2)
    ceiling = score_ceiling(toy())
    assert ceiling.cosine == pytest.approx((2 * half + 1) / 3)
    assert np.isnan([ceiling.matched, ceiling.rmse, ceiling.covered, ceiling.seconds]).all()
    apart = replace(toy(), codes=np.array([0, 1, 0]))
    assert score_ceiling(apart).cosine == pytest.approx(1)


def test_exchanged_cells_are_wrong_in_place_and_right_when_matched():
    exchanged = ExpressionAnswer("swap", GENES, TRUTH[[1, 0, 2]] * 1.0)
    score = score_expression(toy(), exchanged)
    inner = 8 / (5 * np.sqrt(40))
    assert score.cosine == pytest.approx((2 * inner + 1) / 3)
    assert score.matched == pytest.approx(1)


def test_cells_of_different_spots_are_never_exchanged():
    score = score_expression(toy(), ExpressionAnswer("far", GENES, TRUTH[[2, 1, 0]] * 1.0))
    assert score.matched < 0.95


def test_columns_are_found_by_name():
    turned = ExpressionAnswer("turned", GENES[::-1], TRUTH[:, ::-1] * 1.0)
    assert score_expression(toy(), turned).cosine == pytest.approx(1)


def test_covered_counts_entries_where_a_count_is_expected():
    low, high = TRUTH - 0.5, TRUTH + 0.5
    low[0, 0], high[0, 0] = 4, 6  # the true 3 lies outside
    answer = ExpressionAnswer("m", GENES, TRUTH * 1.0, (low, high))
    # the three zeros have a middle below 1 and are not asked
    assert score_expression(toy(), answer).covered == pytest.approx(5 / 6)


def test_lost_counts_are_found():
    right = score_expression(
        toy(), ExpressionAnswer("m", GENES, TRUTH * 1.0, assigned=sp.csr_matrix(TRUTH))
    )
    assert right.lost == 0
    short = TRUTH.copy()
    short[1, 2] -= 2
    wrong = ExpressionAnswer("m", GENES, TRUTH * 1.0, assigned=sp.csr_matrix(short))
    assert score_expression(toy(), wrong).lost == 2


def test_tables_hold_means_and_deviations_over_seeds():
    good = [
        score_expression(toy(rate, seed), ExpressionAnswer("a", GENES, TRUTH * 1.0))
        for rate in (1.0, 0.2)
        for seed in (0, 1)
    ]
    bad = [
        score_expression(toy(rate, seed), ExpressionAnswer("b", GENES, TRUTH[[1, 0, 2]] * 1.0))
        for rate in (1.0, 0.2)
        for seed in (0, 1)
    ]
    said = expression_table([*good, *bad])
    assert "cosine, 100% | cosine, 20%" in said
    assert "| a | 1.000 ± 0.000 | 1.000 ± 0.000 |" in said
    gap = 1 - bad[0].cosine
    margins = expression_margins([*good, *bad], [("a", "b"), ("a", "none")])
    assert f"{gap:+.3f} ± 0.000" in margins
    assert margins.splitlines()[-1].endswith("| – |")
    one_draw = [score for score in [*good, *bad] if score.seed == 0]
    assert "±" not in expression_margins(one_draw, [("a", "b")])


def test_gene_scores_by_hand():
    truth = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [1.0, 0.0]])
    perfect = gene_scores(truth, truth)
    assert len(perfect.pcc) == 1  # the second gene was never measured
    assert perfect.pcc[0] == pytest.approx(1)
    assert perfect.ssim[0] == pytest.approx(1)
    assert (perfect.rmse[0], perfect.mae[0]) == pytest.approx((0, 0))
    flat = gene_scores(np.ones((4, 1)), truth[:, :1])
    assert flat.pcc[0] == 0
    assert flat.rmse[0] == pytest.approx(1)
    assert flat.mae[0] == pytest.approx((np.log(2) + 0 + np.log(1.5) + 0) / 4)
    # of m / max = 1 and x / max with mean 1/2 and variance 1/8: the covariance is 0
    ssim = (2 * 0.5 + 1e-4) * 9e-4 / ((1 + 0.25 + 1e-4) * (0 + 1 / 8 + 9e-4))
    assert flat.ssim[0] == pytest.approx(ssim)


def test_the_imputation_table_weighs_folds_by_their_genes():
    def case(fold, genes):
        truth = sp.csr_matrix(np.arange(3 * genes).reshape(3, genes))
        names = tuple(f"G{g}" for g in range(genes))
        return ImputationCase(
            "toy", 0, "gene", fold, truth, names, np.zeros((3, 2)), names, truth, None
        )

    one, three = case(0, 1), case(1, 3)
    scores = [
        score_imputation(one, "m", one.truth.toarray()),
        score_imputation(three, "m", -three.truth.toarray()),
    ]
    assert [score.n_genes for score in scores] == [1, 3]
    line = imputation_table(scores).splitlines()[-1]
    assert line.startswith("| m | -0.500 ± 1.000 | 1.000 |")
    # a second draw, all told: 1 beside -0.5, and folds that do not differ
    again = [replace(score, seed=1, pcc=1.0) for score in scores]
    line = imputation_table([*scores, *again]).splitlines()[-1]
    assert line.startswith("| m | 0.250 ± 0.750 | 0.500 |")
