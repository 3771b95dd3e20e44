"""The speed benchmark on sizes of seconds, and a reference that is written block by block."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.model import run
from spotscope.pipeline._read import read_reference
from spotscope.pipeline.bench import _speed, _speed_reference
from spotscope.pipeline.bench._memory import Growth, sparse_gib

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux' own account")


@linux
def test_growth_sees_what_was_held_and_let_go():
    grown = Growth()
    held = np.ones(2**24)  # 128 MiB
    del held
    assert 0.12 < grown.gib < 0.3
    assert Growth().gib < 0.05


@linux
def test_growth_is_told_beside_the_sparse_counts():
    counts = sp.csr_matrix(np.ones((1024, 1024), np.float64))  # 12 MiB and a little
    assert sparse_gib(counts) == pytest.approx(12 / 1024, rel=0.01)
    grown = Growth()
    held = np.ones(2**23)
    said = grown.beside(counts)
    assert len(held) == 2**23
    assert 5 < float(said.split("(")[1].split(" ")[0]) < 12


def test_every_kind_of_evidence_is_timed_on_spots_and_on_bins(monkeypatch):
    for name, value in {"_SPOTS": 60, "_BINS": 150, "_SLOW_SPOTS": 1, "_GENES": 820}.items():
        monkeypatch.setattr(_speed, name, value)
    text = run(_speed.bench_speed())
    rows = [[c.strip() for c in s.split("|")] for s in text.splitlines() if s.startswith("| ours")]
    assert [row[1] for row in rows] == ["ours, moments", "ours, counts"] * 2
    assert all(float(cell) >= 0 for row in rows for cell in row[3:8])
    assert "| one spot at a time, weights only | 820 |" in text
    assert "150 bins of 16 µm" in text


def test_a_drawn_reference_is_read_as_it_was_written(tmp_path, monkeypatch):
    monkeypatch.setattr(_speed_reference, "_BLOCK", 30)
    profiles = np.full((20, 100), 0.2 / 80)
    for k in range(20):
        profiles[k, 4 * k : 4 * k + 4] = 0.2
        profiles[k, 80:] = 0.0
    profiles /= profiles.sum(axis=1, keepdims=True)
    path = tmp_path / "drawn.h5ad"
    run(_speed_reference.write_drawn_reference(path, 100, profiles))
    reference = run(read_reference(path))
    np.testing.assert_array_equal(reference.codes, np.arange(100) % 20)
    assert reference.table.X.shape == (100, 100)
    assert 800 < reference.totals().mean() < 1400
    assert reference.table.X[:, 80:].nnz == 0
    np.testing.assert_allclose(reference.profiles(), profiles, atol=0.03)
