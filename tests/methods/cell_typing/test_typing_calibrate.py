"""Support that means what it says: the line, and what it puts right."""

from dataclasses import replace

import numpy as np
import pytest
from typing_toys import make_tissue

from spotscope.methods.cell_typing import CellTypingParams, fit
from spotscope.methods.cell_typing._calibrate import NO_CALIBRATION, Calibration, platt
from spotscope.model import run


def test_the_line_is_recovered():
    rng = np.random.default_rng(0)
    support = rng.uniform(0.05, 0.95, 40_000)
    logit = np.log(support / (1 - support))
    right = rng.random(len(support)) < 1 / (1 + np.exp(-(-0.5 + 0.6 * logit)))
    shift, slope = platt(support, right)
    assert shift == pytest.approx(-0.5, abs=0.05)
    assert slope == pytest.approx(0.6, abs=0.05)


def test_with_next_to_no_cells_the_line_stays_where_it_is():
    shift, slope = platt(np.array([0.9]), np.array([False]))
    assert abs(shift) < 0.1
    assert abs(slope - 1) < 0.15


def test_cells_that_are_all_right_do_not_break_it():
    shift, slope = platt(np.ones(500), np.ones(500, bool))
    assert np.isfinite([shift, slope]).all()
    assert Calibration((0.0,), (shift,), (slope,), lapse=0.0)(np.ones(3), 0.0).min() > 0.95


def test_between_two_smoothnesses_the_line_changes_in_proportion_to_the_logarithm():
    line = Calibration((0.0, 3.0), (0.0, 2.0), (1.0, 1.0), lapse=0.0)
    half = float(np.sqrt(4.0) - 1)  # ln(1 + ν) half-way
    assert line(np.array([0.5]), half)[0] == pytest.approx(1 / (1 + np.exp(-1)), abs=1e-6)
    assert line(np.array([0.3]), 0.0)[0] == pytest.approx(0.3, abs=1e-6)
    assert line(np.array([0.5]), 99.0)[0] == line(np.array([0.5]), 3.0)[0]


def test_nothing_is_surer_than_the_lapse_leaves_it():
    line = Calibration((0.0,), (0.0,), (1.0,), lapse=0.2)
    assert line(np.array([0.5, 0.25]), 0.0) == pytest.approx([0.4, 0.2])
    assert line(np.array([1.0]), 0.0)[0] < 0.8


def test_none_leaves_support_alone():
    assert NO_CALIBRATION(np.array([0.123], np.float32), 5.0)[0] == np.float32(0.123)


def crowded(rng=0, **params):
    """A fit of spots of three to eight cells of six types, and how much too sure it is."""
    crowd = make_tissue(cells=(3, 9))
    params = CellTypingParams(evidence="moments", **params)
    fitted = run(fit(crowd.spots, crowd.reference, crowd.membership, crowd.yx_um, params, rng=rng))
    inside = crowd.membership.owner >= 0

    def gap(calibration):
        made = replace(fitted, calibration=calibration)
        found = made.solve(made.auto_nu)
        right = found.codes[inside] == crowd.codes
        return float(found.support[inside].mean() - right.mean())

    # reference and section share everything here, so that nothing has to be left to the lapse
    return gap, replace(fitted.calibration, lapse=0.0)


@pytest.mark.parametrize(("candidates", "too_sure"), [(2, True), (8, False)])
def test_support_is_put_right_both_ways(candidates, too_sure):
    """Two candidates are often neither of them the true one.

    With all six the Gaussian evidence is too careful on counts that are nearly Poisson's. Three
    draws, as a line of one strays by half of what there is to put right.
    """
    made = [crowded(rng, max_candidates=candidates, label_by="section") for rng in range(3)]
    plain = np.mean([gap(NO_CALIBRATION) for gap, _ in made])
    assert (plain > 0) == too_sure
    assert abs(plain) > 0.04
    assert abs(np.mean([gap(line) for gap, line in made])) < 0.5 * abs(plain)


@pytest.mark.parametrize("candidates", [2, 8])
def test_support_of_balanced_labels_claims_no_more_than_is_so(candidates):
    """More of them are right here than where types are drawn: support is put right, or low."""
    gap, line = crowded(max_candidates=candidates)
    assert -0.06 < gap(line) < 0.01


def test_counts_alone_are_not_recalibrated(fitted):
    assert fitted.calibration == NO_CALIBRATION


def test_a_small_section_is_drawn_often_and_leaves_less_to_chance(monkeypatch):
    from spotscope.methods.cell_typing import _calibrate

    asked, check = [], _calibrate.calibrate
    monkeypatch.setattr(
        _calibrate, "calibrate", lambda *args: asked.append(args[:-1]) or check(*args)
    )
    small = make_tissue(seed=2, side=9, umis=60)
    params = CellTypingParams(evidence="moments")
    run(fit(small.spots, small.reference, small.membership, small.yx_um, params, rng=0))

    def spread(draws):
        monkeypatch.setattr(_calibrate, "_MOST_DRAWS", draws)
        lines = [run(check(*asked[0], np.random.default_rng(seed))) for seed in range(20)]
        return np.std([line(np.array([0.4]), line.nu[1])[0] for line in lines])

    assert spread(4) < 0.8 * spread(1)
