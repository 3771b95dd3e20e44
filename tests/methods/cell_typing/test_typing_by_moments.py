"""The whole of cell typing where the reference's cells differ by more than chance."""

import dataclasses

import numpy as np
import pytest
from typing_toys import make_tissue, membership_of, table

from spotscope.methods.cell_typing import CellTypingParams, fit, load_fitted, predict
from spotscope.model import MethodError, ReadError, Reference, run

PARAMS = CellTypingParams()


@pytest.fixture(scope="module")
def bursty():
    """The toy tissue, its reference's counts multiplied by gamma bursts of variance a half."""
    tissue = make_tissue(seed=1, n_genes=90)
    cells = tissue.reference.table
    rng = np.random.default_rng(0)
    counts = rng.poisson(cells.X.toarray() * rng.gamma(2, 0.5, cells.shape))
    names = cells.obs["cell_type"].to_numpy()
    again = table(counts, cells.obs_names, cells.var_names, cell_type=names)
    return dataclasses.replace(tissue, reference=Reference.from_table(again))


def type_tissue(tissue, params=PARAMS):
    return run(fit(tissue.spots, tissue.reference, tissue.membership, tissue.yx_um, params, rng=0))


@pytest.fixture(scope="module")
def by_moments(bursty):
    return type_tissue(bursty)


def test_auto_weighs_by_moments_where_cells_differ_and_counts_where_not(by_moments, fitted):
    assert by_moments.state.metric is not None
    assert fitted.state.metric is None


def test_either_evidence_can_be_asked_for(bursty):
    assert type_tissue(bursty, CellTypingParams(evidence="counts")).state.metric is None


def test_proportions_are_expected_values_and_near_the_truth(bursty, by_moments):
    answer = predict(by_moments, PARAMS)
    assert answer.proportions.sum(axis=1) == pytest.approx(1, abs=1e-5)
    error = np.abs(answer.proportions - bursty.proportions).sum(axis=1).mean() / 2
    likeliest = by_moments.under(PARAMS.model_copy(update={"label_by": "section"}))
    codes = predict(likeliest, likeliest.state.params).codes
    labels = np.zeros_like(bursty.proportions)
    inside = bursty.membership.owner >= 0
    np.add.at(labels, (bursty.membership.owner[inside], codes[inside]), 1.0)
    labels /= labels.sum(axis=1, keepdims=True)
    assert error < 0.25
    assert ((answer.proportions - bursty.proportions) ** 2).sum() < (
        (labels - bursty.proportions) ** 2
    ).sum()


def test_support_is_a_probability_and_sure_cells_are_right_more_often(bursty, by_moments):
    answer = by_moments.solve(2.0)
    inside = np.flatnonzero(bursty.membership.owner >= 0)
    right = answer.codes[inside] == bursty.codes
    support = answer.support[inside]
    assert ((support > 0) & (support <= 1)).all()
    sure = support > np.median(support)
    assert right[sure].mean() > right[~sure].mean() + 0.1


def test_each_cells_likeliest_type_has_more_support(bursty, by_moments):
    each = type_tissue(bursty, CellTypingParams(label_by="cell")).solve(1.0)
    inside = bursty.membership.owner >= 0
    together = by_moments.solve(1.0)
    assert each.support[inside].mean() > together.support[inside].mean()
    assert (each.proportions == together.proportions).all()
    assert each.energy >= together.energy


def test_a_saved_fit_answers_the_same(by_moments, tmp_path):
    by_moments.save(tmp_path)
    back = load_fitted(tmp_path)
    for nu in (0.0, 2.0):
        one, two = by_moments.solve(nu), back.solve(nu)
        assert (one.codes == two.codes).all()
        assert (one.support == two.support).all()
        assert (one.proportions == two.proportions).all()
        assert one.energy == two.energy


@pytest.mark.parametrize("ending", ["json", "safetensors"])
def test_a_damaged_fit_is_one_sentence(by_moments, tmp_path, ending):
    by_moments.save(tmp_path)
    (path,) = tmp_path.glob(f"*.{ending}")
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(ReadError, match="found it damaged .* delete that folder"):
        load_fitted(tmp_path)


def test_answers_do_not_depend_on_what_was_asked_before(by_moments):
    first = by_moments.solve(2.0)
    by_moments.solve(0.5)
    again = by_moments.solve(2.0)
    assert (again.codes == first.codes).all()
    assert (again.proportions == first.proportions).all()


def test_a_spot_without_nuclei_has_weights_and_no_proportions(bursty):
    owner = np.where(bursty.membership.owner == 7, -1, bursty.membership.owner)
    fewer = dataclasses.replace(bursty, membership=membership_of(owner, bursty.spots.n))
    answer = type_tissue(fewer).solve(2.0)
    assert answer.proportions[7].sum() == 0
    assert answer.weights[7].sum() > 0.5


def test_with_hardly_any_counts_smoothing_leaves_types_as_common_as_they_are(bursty):
    """All ν foretell a handful of counts equally badly; the largest made all cells of one type."""
    table = bursty.spots.table.copy()
    table.X = table.X.copy()
    table.X.data = (
        np.random.default_rng(1).binomial(table.X.data.astype(int), 0.02).astype(np.int32)
    )
    few = dataclasses.replace(
        bursty, spots=type(bursty.spots)(table, bursty.spots.yx_um, bursty.spots.lattice)
    )
    fit = type_tissue(few)
    shares = [
        np.bincount(fit.solve(nu).codes[few.membership.owner >= 0], minlength=6)
        for nu in (0.0, fit.auto_nu)
    ]
    gone = np.abs(shares[1] - shares[0]).sum() / (2 * shares[0].sum())
    assert gone < 0.2


@pytest.fixture(params=["moments", "counts"])
def either(request, by_moments, fitted):
    return by_moments if request.param == "moments" else fitted


def test_a_locked_cell_keeps_its_type_and_its_neighbours_follow(either):
    free = either.solve(3.0)
    owner = either.state.owner
    spot = np.bincount(owner[owner >= 0]).argmax()
    cells = np.flatnonzero(owner == spot)
    wanted = (int(free.codes[cells[0]]) + 1) % 6
    locked = either.solve(3.0, locks={int(cells[0]): either.types[wanted]})
    assert locked.codes[cells[0]] == wanted
    assert locked.support[cells[0]] == 1
    far = owner != spot
    assert (locked.codes[far] == free.codes[far]).mean() > 0.9
    assert locked.energy >= free.energy - 1e-6


def test_a_lock_to_a_type_the_spot_did_not_consider_is_kept(either):
    candidates = either._candidates
    per = np.diff(candidates.start)
    missing = [
        (int(cell), k)
        for cell in either.state.spot_cells
        for k in range(6)
        if per[i := either.state.owner[cell]] < 6
        and k not in candidates.codes[candidates.start[i] : candidates.start[i + 1]]
    ]
    if not missing:  # by moments all six types are considered everywhere
        assert (per == 6).all()
        return
    cell, k = missing[0]
    assert either.solve(1.0, locks={cell: k}).codes[cell] == k


def test_all_cells_locked_stay_as_they_are(either):
    rng = np.random.default_rng(0)
    given = {cell: int(rng.integers(6)) for cell in range(len(either.state.owner))}
    found = either.solve(5.0, locks=given)
    assert found.codes.tolist() == list(given.values())


def test_locks_leave_no_trace(either):
    before = either.solve(2.0)
    either.solve(2.0, locks={0: 5, 1: 4})
    after = either.solve(2.0)
    assert (before.codes == after.codes).all()
    assert (before.proportions == after.proportions).all()


def test_a_lock_on_what_does_not_exist_is_one_sentence(either):
    with pytest.raises(MethodError, match="cell of this sample"):
        either.solve(1.0, locks={10**6: 0})
    with pytest.raises(MethodError, match="type of the reference"):
        either.solve(1.0, locks={0: "no such type"})
    with pytest.raises(MethodError, match="type of the reference"):
        either.solve(1.0, locks={0: 17})


def test_spots_of_a_type_the_reference_lacks_stray_from_the_others(bursty):
    """Type 4 is scattered over a tenth of the cells; without it in the reference, they show."""
    names = bursty.reference.table.obs["cell_type"].to_numpy()
    without = Reference.from_table(bursty.reference.table[names != "type4"].copy())
    answer = type_tissue(dataclasses.replace(bursty, reference=without)).solve(1.0)
    share = bursty.proportions[:, 4]
    assert answer.misfit.shape == (bursty.spots.n,)
    assert np.median(answer.misfit[share > 0.45]) > np.median(answer.misfit[share == 0]) + 1
    assert (answer.rejected == (answer.misfit > 3)).all()


def test_counts_alone_reject_nothing(fitted):
    assert fitted.solve(1.0).rejected.size == 0
