"""What spots said of their cells, kept: the same answer of any genes, and the spots not asked."""

import numpy as np
import pytest
from expression_toys import GAUSSIAN, draw_cells, reference_of, spots_of

from spotscope.methods.expression import KeptLatents, fit, predict
from spotscope.methods.expression._gaussian import GaussianCells
from spotscope.methods.expression._posterior import Loadings
from spotscope.methods.expression._together import TypesInSpots, infer_together
from spotscope.model import run


@pytest.fixture(scope="module")
def fitted():
    counts, codes, _ = draw_cells(400, np.random.default_rng(0))
    return run(fit(reference_of(counts, codes), GAUSSIAN, rng=0))


@pytest.fixture(scope="module")
def section():
    """Spots of one to four cells, some of one type alone."""
    counts, codes, _ = draw_cells(60, np.random.default_rng(1))
    owner = np.sort(np.r_[np.arange(20), np.random.default_rng(2).integers(0, 20, 40)])
    spots, membership = spots_of(counts, owner)
    sizes = np.bincount(owner)
    assert sizes.min() == 1
    assert sizes.max() >= 3
    return spots, codes, membership


def ask(fitted, section, genes, kept):
    return run(predict(fitted, *section, GAUSSIAN, genes=genes, kept=kept, rng=0))


def refuse(*_):
    raise AssertionError("asked again")


def test_another_gene_is_told_as_among_all_without_asking_again(fitted, section, monkeypatch):
    whole = ask(fitted, section, None, None)
    kept = KeptLatents()
    ask(fitted, section, ["G3"], kept)
    assert len(kept) == section[0].n
    again = KeptLatents.of_arrays(kept.arrays())
    monkeypatch.setattr(GaussianCells, "latents", refuse)
    monkeypatch.setattr(GaussianCells, "_asked", refuse)
    names = ["G25", "G11", "G50"]
    more = ask(fitted, section, names, again)
    column = [whole.gene_names.index(name) for name in names]
    for name in ("mean", "sd", "explained"):
        theirs = getattr(whole, name)[:, column]
        np.testing.assert_allclose(getattr(more, name), theirs, rtol=1e-4, atol=1e-5)
    assert (more.assigned != whole.assigned[:, column]).nnz == 0
    assert more.explained.max() > 0.05


def test_spots_that_are_not_known_are_asked_and_put_in(fitted, section):
    kept = KeptLatents()
    some = run(predict(fitted, *section, GAUSSIAN, spots_wanted=[2, 5], kept=kept, rng=0))
    assert len(kept) == 2
    assert kept.knows(np.array([2, 5]))
    assert not kept.knows(np.array([2, 3]))
    all_of_them = ask(fitted, section, None, kept)
    assert len(kept) == section[0].n
    np.testing.assert_allclose(all_of_them.mean[some.cells], some.mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(all_of_them.mean, ask(fitted, section, None, None).mean, rtol=1e-4)


def test_spots_beyond_the_room_are_asked_again_and_answered_alike(fitted, section):
    plenty, little = KeptLatents(), KeptLatents(most_bytes=1000)
    first = ask(fitted, section, None, plenty)
    ask(fitted, section, None, little)
    assert 0 < len(little) < len(plenty)
    held = sum(
        array.nbytes for name, array in little.arrays().items() if name in ("means", "spread")
    )
    assert held <= 1000
    np.testing.assert_allclose(ask(fitted, section, None, little).mean, first.mean, rtol=1e-4)


def test_types_are_kept_without_the_room_of_their_neighbours(fitted):
    """Of two spots asked at once one has a type more; what is kept of the other has none."""
    codes, q = np.array([[0, 1, 1], [1, 1, 1]]), fitted.factors.loadings.shape[1]
    groups = TypesInSpots.of(codes, np.ones((2, 3)))
    rng = np.random.default_rng(0)
    loadings = Loadings(fitted.factors.loadings)
    rates = rng.gamma(2.0, 2.0, (2, 2, len(loadings.matrix))).astype(np.float32)
    counts = rng.poisson(3 * rates[:, 0]).astype(np.float32)
    spread = fitted.factors.spread[groups.types]
    found = infer_together(
        rates, counts, np.full_like(rates, 0.1), spread, groups, loadings, alike=0.5
    )
    kept = KeptLatents()
    kept.keep_together(np.array([7, 4]), found)
    arrays = kept.arrays()
    assert arrays["spots"].tolist() == [4, 7]
    assert arrays["types"].tolist() == [1, 2]
    assert arrays["means"].size == 3 * 2 * q
    back = KeptLatents.of_arrays(arrays).together(np.array([7, 4]), groups, spread, 0.5)
    np.testing.assert_allclose(back.means(), found.means(), rtol=1e-5, atol=1e-7)
    close = {"rtol": 1e-4, "atol": 1e-6}
    np.testing.assert_allclose(back.log_variance(loadings), found.log_variance(loadings), **close)
    with_sum = found.covariance_with_sum(groups.per_cell(rates), loadings)
    np.testing.assert_allclose(
        back.covariance_with_sum(groups.per_cell(rates), loadings), with_sum, **close
    )
    assert kept.together(np.array([7, 8]), groups, spread, 0.5) is None


def test_genes_of_two_answers_stand_in_the_order_asked(fitted, section):
    whole = ask(fitted, section, None, None)
    first, second = (ask(fitted, section, names, None) for names in (["G1", "G9"], ["G20", "G4"]))
    names = ("G20", "G1", "G4")
    joined = first.with_genes(names, second)
    column = [whole.gene_names.index(name) for name in names]
    assert joined.gene_names == names
    np.testing.assert_allclose(joined.sd, whole.sd[:, column], rtol=1e-4, atol=1e-5)
    assert (joined.assigned != whole.assigned[:, column]).nnz == 0
    alone = whole.with_genes(names)
    np.testing.assert_array_equal(alone.mean, whole.mean[:, column])
