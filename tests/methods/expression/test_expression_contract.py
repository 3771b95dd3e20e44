"""What every tier must do, whatever it believes of cells."""

import numpy as np
import pytest
import scipy.sparse as sp
from anndata import AnnData
from expression_toys import GAUSSIAN, draw_cells, reference_of, spots_of

from spotscope.methods.expression import compare_section, fit, predict
from spotscope.model import Membership, MethodError, Spots, run, update

pytest.importorskip("torch")

TIERS = ("split", "gaussian", "score")
QUICK = update(GAUSSIAN, method="score", train_steps=20, n_steps=4, n_samples=2, rounds=2)
#: Cells of each spot: none, one, many, and sizes that are not sorted.
SIZES = [3, 0, 1, 9, 1, 4, 0, 3]


@pytest.fixture(scope="module")
def fitted():
    counts, codes, _ = draw_cells(120, np.random.default_rng(0))
    counts[:, 7] = 0  # a gene that the reference never saw
    return run(fit(reference_of(counts, codes), QUICK, rng=0))


@pytest.fixture(scope="module")
def section():
    """Ragged spots, the second without nuclei; two nuclei in no spot; gene 5 not seen."""
    rng = np.random.default_rng(1)
    counts, codes, _ = draw_cells(sum(SIZES) + 2, rng)
    counts[:, 5] = 0
    owner = np.r_[np.repeat(np.arange(len(SIZES)), SIZES), -1, -1]
    inside = np.flatnonzero(owner >= 0)
    share = rng.uniform(0.3, 1, len(inside))
    overlap = sp.csr_matrix((share, (owner[inside], inside)), shape=(len(SIZES), len(codes)))
    summed = rng.binomial(counts[inside], share[:, None])
    whole, _ = spots_of(counts[:10], np.repeat(np.arange(len(SIZES) + 2), 1)[:10])
    table = AnnData(
        sp.csr_matrix((overlap[:, inside] > 0).astype(int) @ summed), var=whole.table.var
    )
    places = np.stack([np.arange(len(SIZES)) * 100.0, np.zeros(len(SIZES))], axis=1)
    spots = Spots(table, places, whole.lattice)
    return spots, codes, Membership(overlap, owner.astype(np.int32))


def ask(fitted, where, method, **kw):
    spots, codes, membership = where
    kw.setdefault("rng", 0)
    params = update(QUICK, method=method, **kw.pop("params", {}))
    return run(predict(fitted, spots, codes, membership, params, **kw))


@pytest.fixture(scope="module", params=TIERS)
def whole(request, fitted, section):
    return ask(fitted, section, request.param)


def test_every_cell_is_answered_with_finite_counts_above_nothing(whole, section):
    np.testing.assert_array_equal(whole.cells, np.arange(len(section[1])))
    for values in (whole.mean, whole.sd, whole.explained):
        assert values.shape == (len(section[1]), 60)
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    assert whole.explained.max() <= 1


@pytest.mark.parametrize("allocation", ["remainder", "multinomial"])
@pytest.mark.parametrize("method", TIERS)
def test_counts_of_spots_with_nuclei_are_kept_to_the_last(fitted, section, method, allocation):
    spots, _, membership = section
    found = ask(fitted, section, method, params={"allocation": allocation})
    owner = membership.owner
    picker = sp.csr_matrix(
        (np.ones((owner >= 0).sum(), int), (owner[owner >= 0], np.flatnonzero(owner >= 0))),
        shape=(spots.n, len(owner)),
    )
    left = spots.counts - picker @ found.assigned
    held = np.array(SIZES) > 0
    # of a gene the reference never saw nothing is known either: it is shared out all the same
    assert abs(left[held]).sum() == 0
    assert (picker @ found.assigned)[~held].sum() == 0


def test_cells_in_no_spot_have_their_types_values_and_say_so(whole):
    np.testing.assert_array_equal(np.flatnonzero(whole.from_prior), [21, 22])
    assert whole.assigned[[21, 22]].sum() == 0
    assert (whole.mean[[21, 22]].sum(axis=1) > 0).all()
    assert (whole.explained[[21, 22]] == 0).all()


def test_a_gene_that_no_spot_counted_is_assigned_to_nobody(whole):
    assert whole.assigned[:, 5].sum() == 0


@pytest.mark.parametrize("wanted", [[0], [3, 2], [1], [5, 6, 7]], ids=str)
def test_a_region_equals_the_same_rows_of_the_whole(whole, fitted, section, wanted):
    part = ask(fitted, section, whole.method, spots_wanted=wanted)
    np.testing.assert_array_equal(part.cells, np.flatnonzero(np.isin(section[2].owner, wanted)))
    np.testing.assert_allclose(part.mean, whole.mean[part.cells], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(part.sd, whole.sd[part.cells], rtol=1e-3, atol=1e-4)
    assert (part.assigned != whole.assigned[part.cells]).nnz == 0


@pytest.mark.parametrize("method", TIERS)
@pytest.mark.parametrize("wanted", [[3, 2], None], ids=str)
def test_a_section_compared_before_is_answered_the_same(fitted, section, method, wanted):
    spots, codes, membership = section
    before = compare_section(fitted, spots.table, codes, membership, QUICK)
    kept = ask(fitted, section, method, spots_wanted=wanted, section=before)
    anew = ask(fitted, section, method, spots_wanted=wanted)
    np.testing.assert_array_equal(kept.mean, anew.mean)
    np.testing.assert_array_equal(kept.sd, anew.sd)
    assert (kept.assigned != anew.assigned).nnz == 0


def test_counts_of_some_spots_are_their_rows_and_no_other(fitted, section):
    spots, codes, membership = section
    compared = compare_section(fitted, spots.table, codes, membership, QUICK)
    whole = compared.counts(spots.table).toarray()
    wanted = np.array([0, 3, 7])
    some = compared.counts(spots.table, wanted).toarray()
    np.testing.assert_array_equal(some[wanted], whole[wanted])
    assert some[wanted].any()
    assert not np.delete(some, wanted, axis=0).any()


def test_a_comparison_of_another_section_is_refused(fitted, section):
    spots, codes, membership = section
    fewer = Membership(membership.overlap[:, 1:], membership.owner[1:])
    other = compare_section(fitted, spots.table, codes[1:], fewer, QUICK)
    with pytest.raises(MethodError, match=r"8 spots and 23 nuclei, found one of 8 and 22"):
        ask(fitted, section, "split", section=other)


@pytest.mark.parametrize("method", TIERS)
def test_batches_do_not_matter(fitted, section, method, monkeypatch):
    at_once = ask(fitted, section, method)
    monkeypatch.setattr("spotscope.methods.expression._predict.CHUNK", 1)
    one_by_one = ask(fitted, section, method)
    np.testing.assert_allclose(one_by_one.mean, at_once.mean, rtol=1e-4, atol=1e-5)
    assert (one_by_one.assigned != at_once.assigned).nnz == 0


def test_one_seed_one_answer(whole, fitted, section):
    again = ask(fitted, section, whole.method)
    np.testing.assert_array_equal(again.mean, whole.mean)
    np.testing.assert_array_equal(again.sd, whole.sd)


@pytest.mark.parametrize("method", TIERS)
def test_drawn_counts_follow_the_seed(fitted, section, method):
    drawn = {"allocation": "multinomial"}
    first, same, other = (
        ask(fitted, section, method, params=drawn, rng=seed).assigned for seed in (0, 0, 1)
    )
    assert (first != same).nnz == 0
    assert (first != other).nnz > 0


@pytest.mark.parametrize("method", TIERS)
def test_a_task_stops_at_every_report_and_inputs_stay(fitted, section, method):
    spots, codes, membership = section
    before = spots.counts.copy(), codes.copy()
    params = update(QUICK, method=method)
    reports = sum(1 for _ in predict(fitted, spots, codes, membership, params, rng=0))
    assert reports >= 3
    for stop in range(1, reports):
        task = predict(fitted, spots, codes, membership, params, rng=0)
        for _ in range(stop):
            progress = next(task)
            assert 0 <= progress.done <= progress.total
        task.close()
    assert (spots.counts != before[0]).nnz == 0
    np.testing.assert_array_equal(codes, before[1])


def test_a_split_that_is_there_is_not_made_again(fitted, section):
    split = ask(fitted, section, "split")
    with_it = ask(fitted, section, "gaussian", split=split)
    np.testing.assert_array_equal(with_it.mean, ask(fitted, section, "gaussian").mean)
    spots, codes, membership = section
    params = update(QUICK, method="gaussian")
    task = predict(fitted, spots, codes, membership, params, split=split, rng=0)
    previews = [progress.preview for progress in task if progress.preview is not None]
    assert previews == [split]
