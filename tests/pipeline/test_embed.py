"""Layouts of spots and cells, against plain linear algebra."""

from __future__ import annotations

import numpy as np
import pytest

from spotscope import pipeline
from spotscope.model import MethodError, MissingDependencyError, run
from spotscope.pipeline import _embed


def test_pca_of_spots_is_that_of_a_full_decomposition(typed):
    found = run(pipeline.embed_step(typed.session))
    spots = typed.session.sample.spots
    counts = spots.counts.toarray().astype(float)
    assert len(found.rows) == (counts.sum(axis=1) > 0).sum()
    depth = np.median(spots.umis)
    logs = np.log1p(counts * (depth / spots.umis)[:, None])
    centred = logs - logs.mean(axis=0)
    scores = np.linalg.svd(centred, full_matrices=False)
    wanted = scores[0][:, :2] * scores[1][:2]
    for axis in range(2):
        one, other = found.xy[:, axis], wanted[:, axis]
        assert abs(np.corrcoef(one, other)[0, 1]) > 0.9999
        np.testing.assert_allclose(np.abs(one), np.abs(other), atol=1e-2 * np.abs(other).max())
    assert found.explained == pytest.approx(
        tuple(scores[1][:2] ** 2 / (scores[1] ** 2).sum()), rel=1e-3
    )


def test_cells_need_expression(typed):
    with pytest.raises(MethodError, match="Expression step"):
        run(pipeline.embed_step(typed.session, "cells"))


def test_umap_that_is_not_installed_says_what_to_do(typed, monkeypatch):
    monkeypatch.setattr(_embed, "can_lay_out", lambda: False)
    with pytest.raises(MissingDependencyError, match="spotscope\\[analysis\\]"):
        run(pipeline.embed_step(typed.session, "spots", "umap"))


def test_components_find_the_plane_that_points_lie_in():
    rng = np.random.default_rng(0)
    plane, axes = rng.normal(size=(200, 2)) * (5, 2), np.linalg.qr(rng.normal(size=(7, 2)))[0]
    scores, variance, total = _embed._components((plane @ axes.T).astype(np.float32))
    assert variance[2:] == pytest.approx(0, abs=1e-4)
    assert variance[:2].sum() == pytest.approx(total, rel=1e-5)
    centred = plane - plane.mean(axis=0)
    far = np.linalg.norm(centred[:, None] - centred[None], axis=2)
    again = np.linalg.norm(scores[:, None, :2] - scores[None, :, :2], axis=2)
    np.testing.assert_allclose(again, far, atol=1e-3)
