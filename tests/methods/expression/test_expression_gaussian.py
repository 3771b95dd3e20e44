"""The closed form as a whole: recovers what made the cells, and answers consistently."""

from dataclasses import replace

import numpy as np
import pytest
from expression_toys import DIRECTION, GAUSSIAN, cosine, draw_cells, reference_of, spots_of

from spotscope.methods.expression import (
    ExpressionParams,
    check,
    fingerprint,
    fit,
    impute,
    load_fitted,
    predict,
)
from spotscope.model import MethodError, ReadError, run, update


@pytest.fixture(scope="module")
def section():
    rng = np.random.default_rng(1)
    counts, codes, _ = draw_cells(120, rng)
    owner = np.repeat(np.arange(40), 3)
    spots, membership = spots_of(counts, owner)
    return counts, codes, spots, membership


def answer(fitted, section, params=GAUSSIAN, **kw):
    _, codes, spots, membership = section
    return run(predict(fitted, spots, codes, membership, params, rng=0, **kw))


def test_the_direction_in_which_cells_differ_is_found(toy_fit):
    loadings = toy_fit.factors.loadings[:, 1:]
    strongest = loadings[:, np.argmax((loadings**2).sum(axis=0))]
    likeness = abs(strongest @ DIRECTION) / np.linalg.norm(strongest) / np.linalg.norm(DIRECTION)
    assert likeness > 0.97
    # drawn with a standard deviation of 0.8 in each of these genes
    assert np.abs(strongest[:20]).mean() == pytest.approx(0.8, abs=0.15)
    assert np.sqrt(toy_fit.factors.spread[:, 0]) == pytest.approx(0.3, abs=0.08)


def test_chance_is_not_mistaken_for_a_difference_between_cells():
    rng = np.random.default_rng(3)
    counts, codes, _ = draw_cells(300, rng, spread=0.0, depth=0.0)
    fitted = run(fit(reference_of(counts, codes), GAUSSIAN, rng=0))
    assert (fitted.factors.loadings[:, 1:] ** 2).max() < 0.02
    assert fitted.factors.spread[:, 0].max() < 0.005


def thinned(section, share):
    counts, codes, _, membership = section
    seen = np.random.default_rng(2).binomial(counts, share)
    return (counts, codes, *spots_of(seen, membership.owner))


def test_thin_spots_come_out_nearer_to_the_truth_than_by_the_split(toy_fit, section):
    thin = thinned(section, 0.1)
    split = answer(toy_fit, thin, update(GAUSSIAN, method="split"))
    closed = answer(toy_fit, thin)
    assert cosine(closed.mean, thin[0]).mean() > cosine(split.mean, thin[0]).mean() + 0.03


def test_deep_spots_lose_next_to_nothing_to_the_split(toy_fit):
    counts, codes, _ = draw_cells(360, np.random.default_rng(1))
    deep = (counts, codes, *spots_of(counts, np.repeat(np.arange(120), 3)))
    split = answer(toy_fit, deep, update(GAUSSIAN, method="split"))
    closed = answer(toy_fit, deep)
    assert cosine(closed.mean, counts).mean() > cosine(split.mean, counts).mean() - 0.01


def test_intervals_hold_what_they_say(toy_fit, section):
    counts = section[0]
    low, high = answer(toy_fit, section, update(GAUSSIAN, alike=0.0)).interval(0.9)
    held = ((counts >= low) & (counts <= high)).mean()
    assert 0.88 < held < 0.985


def test_means_sum_to_the_spots_when_all_is_seen(toy_fit, section):
    _, _, spots, membership = section
    found = answer(toy_fit, section, update(GAUSSIAN, capture=1.0))
    np.testing.assert_allclose(
        membership.overlap @ found.mean, spots.counts.toarray(), rtol=1e-4, atol=1e-3
    )
    assert abs(membership.overlap.astype(int) @ found.assigned - spots.counts).sum() == 0


def test_a_region_equals_the_same_rows_of_the_whole(toy_fit, section):
    whole = answer(toy_fit, section)
    part = answer(toy_fit, section, spots_wanted=[3, 17])
    np.testing.assert_array_equal(part.cells, [9, 10, 11, 51, 52, 53])
    np.testing.assert_allclose(part.mean, whole.mean[part.cells], rtol=1e-4, atol=1e-4)
    assert (part.assigned != whole.assigned[part.cells]).nnz == 0


def test_permuting_cells_permutes_the_answer(toy_fit, section):
    counts, codes, _, membership = section
    order = np.random.default_rng(5).permutation(len(codes))
    mixed = (counts[order], codes[order], *spots_of(counts[order], membership.owner[order]))
    np.testing.assert_allclose(
        answer(toy_fit, mixed).mean, answer(toy_fit, section).mean[order], rtol=1e-3, atol=1e-3
    )


def test_genes_asked_for_are_the_same_columns(toy_fit, section):
    whole = answer(toy_fit, section)
    some = answer(toy_fit, section, genes=["G5", "G2"])
    assert some.gene_names == ("G5", "G2")
    np.testing.assert_allclose(some.mean, whole.mean[:, [5, 2]], rtol=1e-5)
    assert (some.assigned != whole.assigned[:, [5, 2]]).nnz == 0


def test_a_fit_answers_bit_for_bit_after_a_save(toy_fit, section, tmp_path):
    toy_fit.save(tmp_path)
    again = load_fitted(tmp_path, toy_fit.fingerprint)
    first, second = answer(toy_fit, section), answer(again, section)
    np.testing.assert_array_equal(first.mean, second.mean)
    np.testing.assert_array_equal(first.sd, second.sd)
    assert not list(tmp_path.glob("*.part"))


def test_another_references_fit_is_refused(toy_fit, toy_reference, tmp_path):
    toy_fit.save(tmp_path)
    other = reference_of(toy_reference.table.X.toarray() + 1, toy_reference.codes)
    with pytest.raises(ReadError, match="learned from other genes, labels or counts"):
        load_fitted(tmp_path, fingerprint(other, GAUSSIAN))
    assert load_fitted(tmp_path, fingerprint(toy_reference, GAUSSIAN)) is not None


def test_a_damaged_fit_is_said(toy_fit, tmp_path):
    toy_fit.save(tmp_path)
    (tmp_path / "expression.safetensors").write_bytes(b"nothing")
    with pytest.raises(ReadError, match="damaged"):
        load_fitted(tmp_path)


def test_the_same_seed_gives_the_same_fit(toy_fit, toy_reference):
    again = run(fit(toy_reference, GAUSSIAN, rng=0))
    np.testing.assert_array_equal(again.factors.loadings, toy_fit.factors.loadings)
    assert again.factors.caution == toy_fit.factors.caution


def test_hidden_genes_of_a_panel_follow_the_seen_ones(toy_fit):
    """Genes 5-9 go with 0-4 along the direction: told of each cell, not only of its type."""
    counts, codes, _ = draw_cells(150, np.random.default_rng(7))
    seen = [g for g in range(60) if not 5 <= g < 10]
    names = [f"G{g}" for g in seen]
    hidden = [f"G{g}" for g in range(5, 10)]
    task = impute(toy_fit, counts[:, seen], names, codes, GAUSSIAN, genes=hidden, rng=0)
    found = run(task)
    assert found.assigned is None
    told = np.corrcoef(found.mean.sum(axis=1), counts[:, 5:10].sum(axis=1))[0, 1]
    assert told > 0.8
    assert found.explained.mean() > 0.2


def test_a_tier_that_was_not_learned_is_said(toy_reference, section):
    fitted = run(fit(toy_reference, update(GAUSSIAN, method="split"), rng=0))
    with pytest.raises(MethodError, match="Expected a fit that knows the method 'gaussian'"):
        answer(fitted, section)


def test_a_task_can_be_stopped_at_any_report(toy_fit, section):
    _, codes, spots, membership = section
    task = predict(toy_fit, spots, codes, membership, GAUSSIAN, rng=0)
    previews = 0
    for progress in task:
        assert progress.done <= progress.total
        previews += progress.preview is not None
        if previews:
            assert progress.preview.method == "split"
            break
    task.close()
    assert previews == 1


def test_problems_say_what_to_do(toy_reference, section):
    _, codes, spots, membership = section
    params = ExpressionParams()
    assert check(spots, codes, membership, toy_reference, params) == []
    wrong = check(spots, codes + 5, membership, toy_reference, params)
    assert "type the cells with this reference" in str(wrong[0])
    small = check(spots, codes, membership, toy_reference, params, most_bytes=1000)
    assert "tell fewer genes (--most-genes N)" in str(small[0])
    spots_fewer = replace(membership, overlap=membership.overlap[:-1])
    assert "assign nuclei to spots again" in str(
        check(spots, codes, spots_fewer, toy_reference, params)[0]
    )
