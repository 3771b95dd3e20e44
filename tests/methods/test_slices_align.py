"""Slices brought together: the rigid map against hand-made matches, PASTE on a turned tissue."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from anndata import AnnData

from spotscope.methods.slices import align_slices, fit_rigid
from spotscope.model import Lattice, MethodError, MissingDependencyError, Spots, Transform

SQUARE = np.array([[0.0, 0.0], [0.0, 30.0], [20.0, 0.0], [20.0, 30.0]])
#: (y, x) → (x, -y): a quarter turn, then 5 down and 7 right.
QUARTER = Transform.of([[0, 1], [-1, 0]], [5, 7])


def test_a_quarter_turn_is_found_exactly():
    found = fit_rigid(np.eye(4), QUARTER(SQUARE), SQUARE)
    assert np.allclose(found.matrix, QUARTER.matrix)
    assert np.allclose(found.offset_um, QUARTER.offset_um)


def test_a_place_matched_more_counts_more():
    match = np.diag([1.0, 1.0, 1.0, 0.0])
    fixed = SQUARE.copy()
    fixed[3] += 500.0  # matched by nothing
    assert np.allclose(fit_rigid(match, fixed, SQUARE)(SQUARE), SQUARE)


def test_a_mirror_image_is_turned_never_flipped():
    found = fit_rigid(np.eye(4), SQUARE * [1, -1], SQUARE)
    assert np.linalg.det(found.matrix) == pytest.approx(1.0)


def test_nothing_matched_is_said():
    with pytest.raises(MethodError, match="found none"):
        fit_rigid(np.zeros((4, 4)), SQUARE, SQUARE)


def layered(rng, place=None, n=12):
    """An L-shaped tissue of four layers on a lattice of 100 µm, each layer with ten genes."""
    y, x = np.divmod(np.arange(n * n), n)
    kept = (y < n / 2) | (x < n / 3)
    yx = 100.0 * np.stack([y, x], axis=1)[kept] + rng.uniform(-15, 15, (kept.sum(), 2))
    layer = np.minimum((yx[:, 1] / (100 * n) * 4).astype(int), 3)
    mean = np.ones((len(yx), 40))
    for k in range(4):
        mean[np.ix_(layer == k, range(10 * k, 10 * k + 10))] = 6.0
    table = AnnData(
        sp.csr_matrix(rng.poisson(mean).astype(np.int32)),
        obs=pd.DataFrame(index=[f"s{i}" for i in range(len(yx))]),
        var=pd.DataFrame(index=[f"G{g}" for g in range(40)]),
    )
    return Spots(table, yx if place is None else place(yx), Lattice("square", 100.0, 55.0)), yx


def test_a_turned_slice_finds_its_place():
    pytest.importorskip("paste")
    rng = np.random.default_rng(1)
    fixed, _ = layered(rng)
    angle = np.deg2rad(130)
    moved = Transform.of(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], [900.0, -300.0]
    )
    moving, truth = layered(rng, moved)
    found = align_slices(fixed, moving, rng=0)
    away = np.linalg.norm(found(moving.yx_um) - truth, axis=1)
    assert away.max() < 50.0  # half a pitch
    again = align_slices(fixed, moving, rng=0)
    assert again == found


def test_a_slice_upside_down_is_less_alike():
    from spotscope.methods.slices._align import _alike

    rng = np.random.default_rng(2)
    sides = [(yx, AnnData(spots.counts.toarray())) for spots, yx in (layered(rng), layered(rng))]
    middle = sides[1][0].mean(axis=0)
    over = Transform.of(-np.eye(2), 2 * middle)
    assert _alike(*sides, Transform(), 100.0) > _alike(*sides, over, 100.0) + 0.2
    assert _alike(*sides, Transform.shift(1e5, 0.0), 100.0) == 0.0


def test_without_the_package_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "paste", None)
    fixed, _ = layered(np.random.default_rng(0))
    with pytest.raises(MissingDependencyError, match=r"spotscope\[slices\]"):
        align_slices(fixed, fixed)
