"""Scores of typing answers, calibration, and the cases they are made on."""

import os
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.evaluation import (
    TypingAnswer,
    calibration_by_chance,
    calibration_error,
    ratio_table,
    score_table,
    score_typing,
    sum_into_spots,
    typing_cases,
)
from spotscope.evaluation._typing_cases import TypingCase
from spotscope.model import Membership, ReadError


@pytest.fixture
def two_spots():
    """Spot 0 has cells of types a, b; spot 1 one cell of type b. Counts do not matter here."""
    owner = np.array([0, 0, 1], np.int32)
    made = sum_into_spots(
        sp.csr_matrix(np.eye(3, dtype=np.int32)),
        np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 101.0]]),
        np.array([0, 1, 1]),
        ("a", "b"),
        ("G1", "G2", "G3"),
        layout="square",
        pitch_um=50.0,
    )
    overlap = sp.csr_matrix((np.ones(3), (owner, np.arange(3))))
    return TypingCase(
        "toy",
        0,
        made.spots,
        None,  # nothing here looks at the reference
        Membership(overlap, owner),
        np.zeros((3, 2)),
        np.array([0, 1, 1]),
        made.proportions,
    )


def test_a_perfect_answer_scores_perfectly(two_spots):
    sure = np.ones(3)
    score = score_typing(two_spots, TypingAnswer("oracle", two_spots.truth, two_spots.codes, sure))
    assert (score.rmse, score.cell, score.ece, score.js) == (0, 0, 0, 0)
    assert score.pcc == pytest.approx(1)


def test_one_wrong_cell_of_three_is_a_third(two_spots):
    codes = np.array([0, 0, 1])
    shares = np.array([[1.0, 0.0], [0.0, 1.0]])
    score = score_typing(two_spots, TypingAnswer("worse", shares, codes, np.full(3, 0.9)))
    assert score.cell == pytest.approx(1 / 3)
    assert score.rmse == pytest.approx(np.sqrt(2 * 0.25 / 4))
    assert score.ece == pytest.approx(0.9 - 2 / 3)


def test_cells_without_truth_have_no_error(two_spots):
    unknown = TypingCase(
        **{
            name: getattr(two_spots, name)
            for name in TypingCase.__dataclass_fields__
            if name != "codes"
        },
        codes=np.full(3, -1),
    )
    score = score_typing(unknown, TypingAnswer("any", two_spots.truth, np.zeros(3, int)))
    assert np.isnan(score.cell)
    assert "–" in score_table([score])


def test_the_table_has_means_and_deviations_over_seeds(two_spots):
    shares = np.array([[1.0, 0.0], [0.0, 1.0]])
    good = score_typing(two_spots, TypingAnswer("m", two_spots.truth))
    bad = score_typing(two_spots, TypingAnswer("m", shares))
    line = score_table([good, bad]).splitlines()[-1]
    half = np.sqrt(2 * 0.25 / 4) / 2
    assert f"{half:.4f} ± {half:.4f}" in line


def test_ratios_are_of_means_over_seeds(two_spots):
    half = TypingAnswer("one", two_spots.truth, np.array([0, 0, 1]))
    all_wrong = TypingAnswer("other", two_spots.truth, np.array([1, 0, 0]))
    scores = [score_typing(two_spots, answer) for answer in (half, all_wrong)]
    absent = ("not asked", "cell", "one", "a third")
    pairs = [("cells", "cell", "one", "other"), ("e", "ece", "one", "other"), absent]
    assert ratio_table(scores, pairs).splitlines()[-1] == "| toy | -67 % | – | – |"


def test_calibration_is_the_mean_gap_of_bins():
    support = np.array([0.95, 0.95, 0.15, 0.15])
    right = np.array([1, 0, 0, 0])
    assert calibration_error(support, right) == pytest.approx((0.45 + 0.15) / 2)
    assert calibration_error(np.array([1.0, 0.0]), np.array([1, 0])) == 0
    assert np.isnan(calibration_error(np.zeros(0), np.zeros(0)))


def test_even_perfect_support_is_off_by_chance_where_cells_are_few():
    few = calibration_by_chance(np.full(100, 0.5))
    assert few == pytest.approx(0.5 * np.sqrt(2 / np.pi / 100), rel=0.5)
    assert calibration_by_chance(np.full(10_000, 0.5)) < few / 4
    assert calibration_by_chance(np.ones(5)) == 0


def test_a_shifted_lattice_is_another_draw_of_the_same_cells():
    yx = np.array([[0.0, 0.0], [0.0, 40.0], [0.0, 90.0]])
    one = [sp.csr_matrix(np.ones((3, 1), np.int32)), yx, np.zeros(3, int), ("a",), ("G",)]
    plain = sum_into_spots(*one, layout="square", pitch_um=50.0)
    moved = sum_into_spots(*one, layout="square", pitch_um=50.0, shift_um=(0.0, 20.0))
    assert plain.type_counts.ravel().tolist() == [2, 1]
    assert moved.type_counts.ravel().tolist() == [1, 1, 1]
    assert moved.spots.counts.sum() == plain.spots.counts.sum() == 3


def test_missing_data_is_said(tmp_path):
    with pytest.raises(ReadError, match="--data DIR"):
        next(typing_cases(tmp_path, "reporting"))


@pytest.fixture(scope="module")
def data():
    beside = Path(__file__).parents[2] / ".." / "shared" / "data"
    path = Path(os.environ.get("SPOTSCOPE_DATA", beside))
    if not (path / "starmap_v1").is_dir():
        pytest.skip(f"the benchmark's data are not at {path}")
    return path


@pytest.mark.data
def test_development_and_reporting_share_no_spot(data):
    for name in ("starmap", "merfish", "osmfish", "xenium", "visium"):
        places = [
            {tuple(row) for row in next(typing_cases(data, role, 1, (name,))).yx_um.tolist()}
            for role in ("development", "reporting")
        ]
        if name == "starmap":  # two sections, each in a frame of its own
            assert len(places[0]) != len(places[1])
        else:
            assert not places[0] & places[1]


@pytest.mark.data
def test_spots_of_a_case_are_the_sums_of_its_cells(data):
    case = next(typing_cases(data, "development", 1, ("osmfish",)))
    counts = np.zeros_like(case.truth)
    np.add.at(counts, (case.membership.owner, case.codes), 1.0)
    assert counts / counts.sum(axis=1, keepdims=True) == pytest.approx(case.truth)
    assert case.reference.n_types == case.truth.shape[1]
