"""How cells of one type differ, against plain loops and planted answers."""

import numpy as np
import pytest
import scipy.sparse as sp
from typing_toys import profiles_of, reference_of, table

from spotscope.methods.cell_typing._moments import SIZE_POWER, between_cells, cell_moments
from spotscope.model import Reference


def reference(counts, codes):
    names = [f"type{k}" for k in codes]
    rows = [f"c{i}" for i in range(len(counts))]
    genes = [f"G{g}" for g in range(counts.shape[1])]
    return Reference.from_table(table(counts, rows, genes, cell_type=names))


def everything(reference):
    return sp.identity(reference.table.n_vars, format="csr")


def test_cells_that_differ_by_chance_alone_have_no_variance_between_them():
    mu = profiles_of(np.random.default_rng(0), 4, 60)
    found = reference_of(np.random.default_rng(1), mu, cells=100)
    assert abs(between_cells(found, everything(found))) < 0.01


def test_gamma_bursts_are_measured():
    rng = np.random.default_rng(2)
    mu = profiles_of(rng, 3, 400)
    codes = np.repeat(np.arange(3), 200)
    burst = rng.gamma(1 / 0.4, 0.4, (600, 400))
    found = reference(rng.poisson(8000 * mu[codes] * burst), codes)
    assert between_cells(found, everything(found)) == pytest.approx(0.4, rel=0.25)


def test_means_and_variances_are_those_of_cells_brought_to_one_depth():
    rng = np.random.default_rng(3)
    counts = rng.poisson(rng.gamma(2, 4, (400, 7)))
    codes = rng.integers(0, 2, 400)
    found = reference(counts, codes)
    moments = cell_moments(found, everything(found), np.array([0.3, 0.7]))
    total = counts.sum(axis=1)
    mean_total = np.array([total[codes == k].mean() for k in range(2)])
    middle = np.sqrt(mean_total.prod())
    for k in range(2):
        size = middle * (mean_total[k] / middle) ** SIZE_POWER
        factor = size / total[codes == k]
        cells = counts[codes == k] * factor[:, None]
        assert moments.size[k] == pytest.approx(size)
        assert moments.mean[k] == pytest.approx(cells.mean(axis=0), rel=0.02)
        assert moments.poisson[k] == pytest.approx((cells * factor[:, None]).mean(axis=0))
        between = cells.var(axis=0) - moments.poisson[k]
        assert moments.between[k] == pytest.approx(between, rel=0.25, abs=0.5)


def test_a_rich_cell_does_not_make_the_profile():
    counts = np.array([[10, 0, 10], [10, 0, 10], [0, 4000, 0], [0, 5, 15], [1, 4, 15]])
    found = reference(counts, [0, 0, 0, 1, 1])
    share = cell_moments(found, everything(found), np.array([0.5, 0.5])).mean[0]
    share = share / share.sum()
    assert share[1] == pytest.approx(
        1 / 3, abs=0.05
    )  # a third of the cells, not 99 % of the counts


def test_what_moves_genes_together_is_found():
    """Genes 0-9 rise together by a factor that differs between cells; the other genes do not."""
    rng = np.random.default_rng(4)
    program = np.exp(rng.normal(0, 0.7, 500))
    rate = np.full((500, 90), 20.0)
    rate[:, :10] *= program[:, None]
    found = reference(rng.poisson(rate), np.arange(500) % 2)
    moments = cell_moments(found, everything(found), np.array([0.5, 0.5]))
    largest = moments.directions[:, np.argmax((moments.directions**2).sum(axis=0))]
    assert (largest[:10] ** 2).sum() > 0.8 * (largest**2).sum()
    assert np.ptp(np.sign(largest[:10])) == 0


@pytest.mark.parametrize("n_genes", [40, 100])
def test_directions_are_those_of_the_dense_covariance(n_genes):
    rng = np.random.default_rng(5)
    loads = rng.normal(0, 0.5, (3, n_genes))
    rate = 30 * np.exp(rng.normal(size=(800, 3)) @ loads * 0.5)
    found = reference(rng.poisson(rate), np.arange(800) % 2)
    moments = cell_moments(found, everything(found), np.array([0.5, 0.5]))
    counts, codes = found.table.X.toarray(), found.codes
    factor = moments.size[codes] / counts.sum(axis=1)
    cells = counts * factor[:, None]
    dense = sum(np.cov(cells[codes == k].T, bias=True) for k in range(2)) / 2
    low = moments.directions @ moments.directions.T
    off = ~np.eye(n_genes, dtype=bool)
    assert np.corrcoef(low[off], dense[off])[0, 1] > 0.95


def test_a_type_of_few_cells_borrows_the_variance_of_the_others():
    rng = np.random.default_rng(6)
    counts = rng.poisson(50 * rng.gamma(2, 0.5, (303, 30)))
    codes = np.repeat([0, 1], [300, 3])
    counts[300:] = 50  # three cells that happen to be alike
    found = reference(counts, codes)
    moments = cell_moments(found, everything(found), np.array([0.5, 0.5]))
    assert np.median(moments.between[1]) > 0.5 * np.median(moments.between[0])


def test_cells_are_measured_in_parts_as_they_are_at_once(monkeypatch):
    from spotscope.methods.cell_typing import _moments

    rng = np.random.default_rng(7)
    found = reference(rng.poisson(rng.gamma(2, 4, (300, 20))), rng.integers(0, 3, 300))
    even = np.full(3, 1 / 3)
    whole = cell_moments(found, everything(found), even)
    varied = between_cells(found, everything(found))
    monkeypatch.setattr(_moments, "_CELLS_AT_ONCE", 70)
    parts = cell_moments(found, everything(found), even)
    assert between_cells(found, everything(found)) == pytest.approx(varied)
    for name in ("mean", "poisson", "between", "size", "n_cells"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name))
    assert parts.directions.shape == whole.directions.shape  # of every fifth cell
