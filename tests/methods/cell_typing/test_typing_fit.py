"""The whole of cell typing on a tissue whose truth is known."""

import dataclasses

import numpy as np
import pytest
from typing_toys import make_tissue, membership_of, table

from spotscope.methods.cell_typing import (
    CellTypingParams,
    baseline,
    check,
    fit,
    info,
    load_fitted,
    predict,
)
from spotscope.model import (
    Lattice,
    Membership,
    MethodError,
    ReadError,
    Reference,
    Spots,
    TypeSource,
    run,
)

PARAMS = CellTypingParams()


def type_tissue(tissue, params=PARAMS, rng=0):
    return run(
        fit(tissue.spots, tissue.reference, tissue.membership, tissue.yx_um, params, rng=rng)
    )


def composition_error(tissue, codes):
    owner = tissue.membership.owner
    found = np.zeros_like(tissue.proportions)
    np.add.at(found, (owner[owner >= 0], codes[owner >= 0]), 1.0)
    found /= found.sum(axis=1, keepdims=True)
    return np.abs(found - tissue.proportions).sum(axis=1).mean() / 2


def test_compositions_are_recovered_better_than_by_rounding(tissue, fitted):
    answer = predict(fitted, PARAMS)
    simple = baseline(tissue.spots, tissue.reference, tissue.membership)
    error = composition_error(tissue, answer.codes)
    assert error < 0.1
    assert error < 0.8 * composition_error(tissue, simple.codes)


def test_smoothing_beats_none(tissue, fitted):
    assert fitted.auto_nu > 0
    smooth = composition_error(tissue, fitted.solve(fitted.auto_nu).codes)
    assert smooth < composition_error(tissue, fitted.solve(0.0).codes)


def test_every_row_is_what_it_says(tissue, fitted):
    answer = fitted.solve(3.0)
    assert answer.proportions.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (answer.weights >= 0).all()
    assert 0.5 < np.median(answer.weights.sum(axis=1)) < 1.5
    inside = tissue.membership.owner >= 0
    assert (answer.source[inside] == TypeSource.SPOT).all()
    assert (answer.margin[inside] > -1e-4).all()
    assert (answer.margin[~inside] == 0).all()
    assert ((answer.support >= 0) & (answer.support <= 1)).all()
    assert sum(answer.counts_per_type().values()) == (answer.codes >= 0).sum()


def test_cells_between_spots_follow_the_cells_around(tissue, fitted):
    answer = fitted.solve(3.0)
    between = tissue.membership.owner < 0
    voted = between & (answer.source == TypeSource.NEIGHBOURS)
    assert voted.sum() > 0.9 * between.sum()
    band = np.clip((tissue.yx_um[:, 1] / 1000 * 4).astype(int), 0, 3)
    deep = voted & (np.abs(tissue.yx_um[:, 1] % 250 - 125) < 90)
    assert (answer.codes[deep] == band[deep]).mean() > 0.7


def test_a_cell_far_from_everything_has_no_type(tissue):
    owner = np.append(tissue.membership.owner, -1)
    lost = dataclasses.replace(
        tissue,
        membership=membership_of(owner, tissue.spots.n),
        yx_um=np.vstack([tissue.yx_um, [[1e5, 1e5]]]),
    )
    answer = type_tissue(lost).solve(2.0)
    assert answer.codes[-1] == -1
    assert answer.source[-1] == TypeSource.NONE
    assert answer.support[-1] == 0


def test_the_same_seed_gives_the_same_labels(tissue, fitted):
    again = type_tissue(tissue)
    assert again.auto_nu == fitted.auto_nu
    assert again.nu_scores == fitted.nu_scores
    assert (again.solve(2.0).codes == fitted.solve(2.0).codes).all()


def test_answers_do_not_depend_on_what_was_asked_before(fitted):
    first = fitted.solve(2.0)
    for nu in (0.0, 30.0, 0.7):
        fitted.solve(nu)
    again = fitted.solve(2.0)
    assert (again.codes == first.codes).all()
    assert again.energy == first.energy


def test_more_smoothing_flips_more_and_agrees_more(fitted):
    low, high = fitted.solve(1.0), fitted.solve(60.0)
    assert fitted.solve(0.0).share_flipped == 0
    assert 0 < low.share_flipped < high.share_flipped < 1


def test_the_order_of_cells_does_not_matter_to_spots(tissue, fitted):
    order = np.random.default_rng(8).permutation(len(tissue.yx_um))
    turned = dataclasses.replace(
        tissue,
        membership=membership_of(tissue.membership.owner[order], tissue.spots.n),
        yx_um=tissue.yx_um[order],
    )
    one, two = fitted.solve(0.0), type_tissue(turned).solve(0.0)
    assert np.abs(one.proportions - two.proportions).max() == 0


def test_cells_known_by_number_are_typed_between_spots(tissue):
    owner = tissue.membership.owner
    numbers = np.bincount(owner[owner >= 0], minlength=tissue.spots.n)
    members = Membership.from_counts(numbers)
    known = dataclasses.replace(tissue, membership=members, yx_um=tissue.spots.yx_um[members.owner])
    answer = type_tissue(known)
    assert composition_error(known, predict(answer, PARAMS).codes) < 0.1
    assert len(np.unique(answer.solve(100.0).codes)) < 6


def test_a_new_nu_compiles_nothing(fitted):
    from spotscope.methods.cell_typing import _moves

    fitted.solve(2.5)
    before = len(_moves.sweep.signatures), len(_moves.conditionals.signatures)
    fitted.solve(0)
    fitted.solve(2)
    assert (len(_moves.sweep.signatures), len(_moves.conditionals.signatures)) == before


def test_nu_is_live_and_auto_is_the_held_out_choice(fitted):
    assert predict(fitted, PARAMS).nu == fitted.auto_nu
    assert predict(fitted, CellTypingParams(nu=7.5)).nu == 7.5
    best = int(np.argmin(fitted.nu_scores))
    chosen = fitted.nu_grid.index(fitted.auto_nu)
    assert chosen >= best  # the smoothest of those as good as the best
    assert fitted.nu_scores[-1] > fitted.nu_scores[chosen]


def test_a_saved_fit_answers_the_same(fitted, tmp_path):
    fitted.save(tmp_path)
    back = load_fitted(tmp_path)
    for nu in (0.0, 2.0, 20.0):
        one, two = fitted.solve(nu), back.solve(nu)
        assert (one.codes == two.codes).all()
        assert (one.support == two.support).all()
        assert one.energy == two.energy
    assert back.auto_nu == fitted.auto_nu
    assert back.notes == fitted.notes
    assert back.state.params == fitted.state.params


def test_a_fit_of_a_newer_version_is_refused(fitted, tmp_path):
    fitted.save(tmp_path)
    words = tmp_path / "cell_typing.json"
    words.write_text(words.read_text("utf-8").replace('"format": 3', '"format": 99'), "utf-8")
    with pytest.raises(ReadError, match="newer spotscope"):
        load_fitted(tmp_path)


def test_an_empty_folder_holds_no_fit(tmp_path):
    with pytest.raises(ReadError, match="type the cells again"):
        load_fitted(tmp_path)


def test_cancel_at_any_yield_closes_the_task(tissue):
    def task():
        return fit(tissue.spots, tissue.reference, tissue.membership, tissue.yx_um, PARAMS, rng=0)

    total = sum(1 for _ in task())
    assert total > 10
    for stop in range(0, total, 3):
        cancelled = task()
        for _ in range(stop + 1):
            next(cancelled)
        cancelled.close()
        with pytest.raises(StopIteration):
            next(cancelled)


def test_progress_never_passes_its_total_and_shows_the_baseline_early(tissue):
    seen = list(fit(tissue.spots, tissue.reference, tissue.membership, tissue.yx_um, PARAMS, rng=0))
    assert all(report.done <= report.total for report in seen)
    early = [report.preview for report in seen[:3] if report.preview is not None]
    assert early[0].proportions.shape == tissue.proportions.shape


def test_spots_without_nuclei_keep_their_weights(tissue):
    owner = tissue.membership.owner.copy()
    owner[owner == 7] = -1
    fewer = dataclasses.replace(tissue, membership=membership_of(owner, tissue.spots.n))
    answer = type_tissue(fewer).solve(2.0)
    assert answer.proportions[7].sum() == 0
    assert answer.weights[7].sum() > 0.5
    assert any("1 of 100 spots hold no cell" in note for note in answer.notes)


def test_a_spot_without_counts_follows_its_neighbours():
    tissue = make_tissue(seed=4)
    counts = tissue.spots.counts.tolil()
    counts[22] = 0
    silent = Spots(
        table(counts.toarray(), tissue.spots.table.obs_names, tissue.spots.table.var_names),
        tissue.spots.yx_um,
        tissue.spots.lattice,
    )
    answer = type_tissue(dataclasses.replace(tissue, spots=silent)).solve(5.0)
    mine = answer.codes[tissue.membership.owner == 22]
    assert set(mine) <= {0}  # x = 200 µm lies in the first band
    assert any("fewer than 100 counts" in note for note in answer.notes)


def test_good_inputs_have_no_problem(tissue):
    assert check(tissue.spots, tissue.reference, tissue.membership, PARAMS) == []


def fatal(tissue, **changes):
    bad = dataclasses.replace(tissue, **changes)
    found = check(bad.spots, bad.reference, bad.membership, PARAMS)
    with pytest.raises(MethodError):
        run(fit(bad.spots, bad.reference, bad.membership, bad.yx_um, PARAMS, rng=0))
    return " ".join(problem.message for problem in found if problem.fatal)


def test_no_nuclei_in_spots_is_fatal_and_says_what_to_do(tissue):
    nowhere = membership_of(np.full(len(tissue.yx_um), -1), tissue.spots.n)
    said = fatal(tissue, membership=nowhere)
    assert "probability threshold" in said
    assert "aligned" in said


def test_no_shared_genes_is_fatal(tissue):
    other = tissue.reference.table.copy()
    other.var_names = [f"OTHER{g}" for g in range(other.n_vars)]
    assert "same species" in fatal(tissue, reference=Reference.from_table(other))


def test_an_empty_reference_is_fatal(tissue):
    silent = tissue.reference.table.copy()
    silent.X = silent.X * 0
    assert "raw counts" in fatal(tissue, reference=Reference.from_table(silent))


def test_a_type_without_counts_is_fatal(tissue):
    part = tissue.reference.table.copy()
    counts = part.X.tolil()
    counts[(part.obs["cell_type"] == "type3").to_numpy()] = 0
    part.X = counts.tocsr()
    assert "none of type3" in fatal(tissue, reference=Reference.from_table(part))


def test_membership_of_other_spots_is_fatal(tissue):
    assert "assign" in fatal(tissue, membership=membership_of(tissue.membership.owner, 555))


def test_places_of_other_cells_are_an_error(tissue):
    with pytest.raises(MethodError, match="centres in µm"):
        run(
            fit(tissue.spots, tissue.reference, tissue.membership, tissue.yx_um[:-1], PARAMS, rng=0)
        )


def warned(tissue, **changes):
    changed = dataclasses.replace(tissue, **changes)
    found = check(changed.spots, changed.reference, changed.membership, PARAMS)
    assert not any(problem.fatal for problem in found)
    assert len(found) == 1
    return found[0].message


def test_a_type_with_one_cell_is_kept_and_noted(tissue):
    names = tissue.reference.table.obs["cell_type"].to_numpy()
    kept = np.flatnonzero((names != "type5") | (np.cumsum(names == "type5") == 1))
    lonely = Reference.from_table(tissue.reference.table[kept].copy())
    assert "found one of type5" in warned(tissue, reference=lonely)
    answer = type_tissue(dataclasses.replace(tissue, reference=lonely))
    assert "type5" in answer.types
    assert any("found one of type5" in note for note in answer.notes)


def test_few_shared_genes_are_noted(tissue):
    few = Reference.from_table(tissue.reference.table[:, :20].copy())
    assert "found 20" in warned(tissue, reference=few)


def test_low_counts_everywhere_are_noted(tissue):
    counts = np.zeros((tissue.spots.n, tissue.spots.table.n_vars), int)
    counts[:, :40] = 1
    low = Spots(
        table(counts, tissue.spots.table.obs_names, tissue.spots.table.var_names),
        tissue.spots.yx_um,
        Lattice("square", 100.0, 55.0),
    )
    assert "found at most 40" in warned(tissue, spots=low)


def test_mostly_empty_spots_are_noted(tissue):
    owner = np.where(tissue.membership.owner < 40, tissue.membership.owner, -1)
    assert "found none in 60 of 100" in warned(
        tissue, membership=membership_of(owner, tissue.spots.n)
    )


def test_the_name_card_cites_the_method():
    assert info.name == "cell_typing"
    assert any("SpatialScope" in cited for cited in info.references)


def test_smoothness_and_search_are_live():
    from spotscope.model import is_live

    live = [name for name in CellTypingParams.model_fields if is_live(CellTypingParams, name)]
    assert live == ["nu", "search"]


def test_negative_smoothness_is_refused():
    from spotscope.model import ParamsError, update

    with pytest.raises(ParamsError):
        update(PARAMS, nu=-1.0)
    assert update(PARAMS, nu=0.0).nu == 0.0
