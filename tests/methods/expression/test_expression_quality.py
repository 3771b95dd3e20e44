"""Drawn cells beside real ones: alike where they are, told apart where they are not."""

from dataclasses import replace

import numpy as np
import pytest
from expression_toys import DIRECTION, GAUSSIAN, draw_cells, reference_of

from spotscope.methods.expression import fit, load_fitted
from spotscope.methods.expression._pseudo import draw_pseudo_cells
from spotscope.methods.expression._quality import compare_cells, quality_table
from spotscope.model import run


@pytest.fixture(scope="module")
def real():
    return draw_cells(1000, np.random.default_rng(11))


def compared(real, drawn, codes):
    return compare_cells("x", real, drawn, codes, np.random.default_rng(0))


def test_two_draws_of_one_world_cannot_be_told_apart(real):
    counts, codes, _ = real
    other = draw_cells(1000, np.random.default_rng(12))[0]
    found = compared(counts, other, codes)
    assert found.told_apart == pytest.approx(0.5, abs=0.05)
    assert found.variances == pytest.approx(1, abs=0.1)
    assert found.means > 0.97
    assert found.correlations > 0.9


def test_cells_of_one_depth_are_told_apart_and_have_no_correlations(real):
    counts, codes, _ = real
    flat = draw_cells(1000, np.random.default_rng(12), spread=0.0, depth=0.0)[0]
    found = compared(counts, flat, codes)
    assert found.told_apart > 0.8
    assert found.variances < 0.8
    assert abs(found.correlations) < 0.3


def test_cells_drawn_in_closed_form_have_the_worlds_depth_and_direction(toy_fit, real):
    counts, codes, _ = real
    drawn = draw_pseudo_cells(toy_fit, codes, "gaussian", np.random.default_rng(0))
    found = compared(counts, drawn, codes)
    alone = compared(
        counts, draw_pseudo_cells(toy_fit, codes, "split", np.random.default_rng(0)), codes
    )
    assert found.correlations > 0.8 > alone.correlations
    assert found.told_apart < alone.told_apart - 0.1
    assert found.variances == pytest.approx(1, abs=0.2)
    along = np.log1p(drawn) @ DIRECTION
    assert along.std() == pytest.approx((np.log1p(counts) @ DIRECTION).std(), rel=0.15)


def test_the_report_is_stored_with_the_fit_and_read_back(tmp_path):
    counts, codes, _ = draw_cells(400, np.random.default_rng(0))
    fitted = run(fit(reference_of(counts, codes), GAUSSIAN, rng=0))
    assert [tier.method for tier in fitted.quality] == ["split", "gaussian"]
    fitted.save(tmp_path)
    again = load_fitted(tmp_path)
    assert again.quality == fitted.quality
    assert "| gaussian |" in quality_table(again.quality)


def test_a_fit_of_few_cells_has_no_report(tmp_path):
    counts, codes, _ = draw_cells(60, np.random.default_rng(0))
    fitted = run(fit(reference_of(counts, codes), GAUSSIAN, rng=0))
    assert fitted.quality == ()
    replace(fitted, quality=()).save(tmp_path)
    assert load_fitted(tmp_path).quality == ()
