"""The picture of a trained reference: what it shows, and what it says when it cannot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from anndata import AnnData
from PIL import Image

from spotscope.methods.expression import ExpressionParams, fit, load_fitted
from spotscope.methods.expression._score_model import ScoreModel
from spotscope.model import Reference, run
from spotscope.pipeline.expression import _quality_picture
from spotscope.pipeline.expression._quality_picture import quality_picture

pytest.importorskip("matplotlib")
PARAMS = ExpressionParams(method="gaussian", rank=2, rounds=2)
LOSSES = np.array([[200, 0.9, 0.99], [400, 0.8, 0.98]])


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    codes = np.arange(600) % 3
    means = rng.gamma(1.0, 4.0, (3, 30))
    counts = rng.poisson(means[codes] * rng.gamma(4, 1 / 4, (600, 1)))
    obs = pd.DataFrame({"cell_type": np.array(list("abc"))[codes]}, index=map(str, range(600)))
    var = pd.DataFrame(index=[f"G{g}" for g in range(30)])
    reference = Reference.from_table(AnnData(sp.csr_matrix(counts), obs=obs, var=var))
    return run(fit(reference, PARAMS, rng=0)), reference


def width(picture):
    with Image.open(picture) as opened:
        return opened.width


def flat(points):
    return points[:, :2]


def test_every_tier_has_a_panel_of_cells_it_was_not_taught(world, tmp_path):
    fitted, reference = world
    assert len(fitted.kept) == fitted.quality[0].cells  # the very cells of the report
    asked = []

    def seen(points):
        asked.append(points)
        return flat(points)

    picture = tmp_path / "quality.png"
    assert run(quality_picture(fitted, reference, picture, embed=seen)) == ""
    assert len(asked[0]) == 3 * len(
        fitted.kept
    )  # kept back, drawn by the split, and in closed form
    wide = width(picture)
    trained = replace(
        fitted,
        score=ScoreModel({}, np.zeros((3, 1)), np.ones(1), np.ones(1), LOSSES),
        factors=None,  # then only the split is drawn: one panel, and the curve
    )
    assert run(quality_picture(trained, reference, picture, embed=flat)) == ""
    assert width(picture) == pytest.approx(wide, abs=4)


def test_the_cells_shown_are_those_the_checkpoint_kept_back(world, tmp_path, monkeypatch):
    fitted, reference = world
    fitted.save(tmp_path)
    opened, shown = load_fitted(tmp_path), []
    assert 40 <= len(fitted.kept) < reference.table.n_obs / 2

    def panels(_fitted, _reference, cells, *_rest):
        shown.append(cells)
        return {}

    monkeypatch.setattr(_quality_picture, "_panels", panels)
    for seed in (0, 5):  # neither need be the fit's
        task = quality_picture(opened, reference, tmp_path / "q.png", seed=seed, embed=flat)
        assert run(task) == ""
    np.testing.assert_array_equal(shown, [np.sort(fitted.kept)] * 2)


def test_of_few_cells_or_without_a_package_the_report_says_so(world, tmp_path, monkeypatch):
    fitted, reference = world
    picture = tmp_path / "quality.png"
    small = Reference.from_table(reference.table[:60].copy())
    few = run(fit(small, PARAMS, rng=0))
    assert "40 are needed" in run(quality_picture(few, small, picture, embed=flat))
    assert "is not the reference" in run(quality_picture(fitted, small, picture, embed=flat))
    assert not picture.exists()
    monkeypatch.setattr(
        _quality_picture, "find_spec", lambda name: None if name == "umap" else name
    )
    assert "spotscope[analysis]" in run(quality_picture(fitted, reference, picture))
    assert not picture.exists()
    trained = replace(
        fitted, score=ScoreModel({}, np.zeros((3, 1)), np.ones(1), np.ones(1), LOSSES)
    )
    assert "spotscope[analysis]" in run(quality_picture(trained, reference, picture))
    assert picture.exists()  # the curve alone
    picture.unlink()
    monkeypatch.setattr(_quality_picture, "find_spec", lambda _name: None)
    assert "spotscope[figures]" in run(quality_picture(trained, reference, picture))
    assert not picture.exists()
