"""What every simple imputation must do."""

import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.methods.imputation import FLOORS

every = pytest.mark.parametrize("impute", FLOORS.values(), ids=FLOORS)


@pytest.fixture(scope="module")
def tables():
    """Shared genes 0-11, of which 3 is nowhere counted; wanted genes 0-4, of which 2 is nowhere."""
    rng = np.random.default_rng(0)

    def draw(n):
        codes = np.arange(n) % 3
        level = rng.gamma(3, 1 / 3, (n, 1))
        rates = level * (1 + 4 * (np.arange(17) % 3 == codes[:, None]))
        counts = rng.poisson(rates)
        counts[:, [3, 14]] = 0
        return sp.csr_matrix(counts[:, :12]), codes, sp.csr_matrix(counts[:, 12:])

    return draw(40), draw(90)


def ask(impute, tables, cells=slice(None)):
    (shared, codes, _), (learned, learned_codes, wanted) = tables
    return impute(shared[cells], codes[cells], learned, learned_codes, wanted)


@every
def test_answers_are_finite_and_never_negative(impute, tables):
    found = ask(impute, tables)
    assert found.shape == (40, 5)
    assert np.isfinite(found).all()
    assert (found >= 0).all()


@every
def test_a_gene_the_reference_never_counted_is_told_as_nothing(impute, tables):
    assert ask(impute, tables)[:, 2].max() == pytest.approx(0, abs=1e-9)


@every
def test_permuting_cells_permutes_the_answer(impute, tables):
    order = np.random.default_rng(1).permutation(40)
    np.testing.assert_allclose(
        ask(impute, tables, order), ask(impute, tables)[order], rtol=1e-5, atol=1e-6
    )


@every
def test_asking_twice_gives_one_answer(impute, tables):
    np.testing.assert_array_equal(ask(impute, tables), ask(impute, tables))


@every
def test_one_cell_alone_is_answered(impute, tables):
    found = ask(impute, tables, np.array([4]))
    assert found.shape == (1, 5)
    assert np.isfinite(found).all()


@every
def test_types_that_differ_are_told_apart(impute, tables):
    """Wanted gene 0 is high in type 0, and so on: at one depth its own type has more of it."""
    (shared, codes, _), _ = tables
    rate = ask(impute, tables) / np.maximum(np.asarray(shared.sum(axis=1)), 1)
    for kind, gene in ((0, 0), (1, 1), (0, 3)):
        assert rate[codes == kind, gene].mean() > rate[codes != kind, gene].mean()


@every
def test_inputs_stay_as_they_were(impute, tables):
    before = [part.copy() for part in (*tables[0], *tables[1])]
    ask(impute, tables)
    for old, new in zip(before, (*tables[0], *tables[1]), strict=True):
        assert np.abs(old - new).sum() == 0
