"""The split by hand: who gets which counts, and that none is lost."""

import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.methods.expression import ExpressionParams, compare_section, fit, predict
from spotscope.methods.expression._allocate import draw_counts, largest_remainder
from spotscope.model import Membership, MethodError, run, update

SPLIT = ExpressionParams(method="split")


@pytest.fixture
def split_fit(three_type_reference):
    return run(fit(three_type_reference, SPLIT, rng=0))


def divided(fitted, sample, params=SPLIT, **kw):
    return run(predict(fitted, sample.spots, sample.codes, sample.membership, params, rng=0, **kw))


def test_largest_remainder_gives_the_odd_count_to_the_largest_remainder():
    shares = np.array([[[0.2], [0.5], [0.3]]])
    # 7 counts: 1.4, 3.5, 2.1 -> 1, 3, 2 and one left, for 0.5
    np.testing.assert_array_equal(largest_remainder(np.array([[7]]), shares)[0, :, 0], [1, 4, 2])


def test_largest_remainder_is_as_handing_out_one_count_after_another():
    rng = np.random.default_rng(3)
    shares = rng.dirichlet(np.ones(4), (6, 9)).transpose(0, 2, 1)
    shares[:3] = 0.25  # equal remainders: the earlier cells come first
    counts = rng.poisson(2.0, (6, 9))  # some are 0
    given = largest_remainder(counts, shares)
    for spot, gene in np.ndindex(counts.shape):
        wanted = counts[spot, gene] * shares[spot, :, gene]
        cells = [int(w) for w in wanted]
        order = sorted(range(4), key=lambda cell: (cells[cell] - wanted[cell], cell))
        for cell in order[: counts[spot, gene] - sum(cells)]:
            cells[cell] += 1
        assert given[spot, :, gene].tolist() == cells


def test_whole_counts_always_sum_to_the_spot():
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(5), (40, 30)).transpose(0, 2, 1).astype(np.float32)
    counts = rng.integers(0, 10_000, (40, 30))
    np.testing.assert_array_equal(largest_remainder(counts, shares).sum(axis=1), counts)
    drawn = draw_counts(counts[0], shares[0], rng)
    np.testing.assert_array_equal(drawn.sum(axis=0), counts[0])


def test_equal_cells_get_equal_parts(split_fit, twelve_cell_sample):
    found = divided(split_fit, twelve_cell_sample)
    # the first spot holds three blue cells and reads 30 30 30 3 3 3 3 3 3
    np.testing.assert_allclose(found.mean[:3], np.tile([10] * 3 + [1] * 6, (3, 1)), rtol=1e-5)


def test_shares_follow_the_types_means(split_fit, twelve_cell_sample):
    found = divided(split_fit, twelve_cell_sample)
    sample = twelve_cell_sample
    means = compare_section(
        split_fit, sample.spots.table, sample.codes, sample.membership, SPLIT
    ).means
    # the second spot: blue, blue, green; B1 reads 21
    expected = 21 * means[[0, 0, 1], 0] / means[[0, 0, 1], 0].sum()
    np.testing.assert_allclose(found.mean[3:6, 0], expected, rtol=1e-4)


@pytest.mark.parametrize("allocation", ["remainder", "multinomial"])
def test_assigned_counts_sum_to_every_spot(split_fit, twelve_cell_sample, allocation):
    found = divided(split_fit, twelve_cell_sample, update(SPLIT, allocation=allocation))
    assert found.assigned.dtype == np.int32
    owners = sp.csr_matrix(
        (np.ones(12, int), (twelve_cell_sample.membership.owner, np.arange(12))), shape=(4, 12)
    )
    left = owners @ found.assigned - twelve_cell_sample.spots.counts
    assert abs(left).sum() == 0


def test_a_half_seen_cell_takes_half_and_the_whole_is_told(split_fit, twelve_cell_sample):
    # spot 0 holds three blue cells, of the third only half is in the disc
    overlap = twelve_cell_sample.membership.overlap.tolil()
    overlap[0, 2] = 0.5
    members = Membership(overlap.tocsr(), twelve_cell_sample.membership.owner)
    found = run(
        predict(
            split_fit, twelve_cell_sample.spots, twelve_cell_sample.codes, members, SPLIT, rng=0
        )
    )
    np.testing.assert_allclose(found.mean[:3, 0], [12, 12, 12], rtol=1e-4)
    np.testing.assert_array_equal(found.assigned[:3, 0].toarray().ravel(), [12, 12, 6])


def test_cells_outside_spots_have_their_types_mean(split_fit, twelve_cell_sample):
    membership = twelve_cell_sample.membership
    overlap = membership.overlap.tolil()
    overlap[:, 11] = 0
    owner = membership.owner.copy()
    owner[11] = -1
    members = Membership(sp.csr_matrix(overlap), owner)
    found = run(
        predict(
            split_fit, twelve_cell_sample.spots, twelve_cell_sample.codes, members, SPLIT, rng=0
        )
    )
    np.testing.assert_array_equal(found.from_prior, np.arange(12) == 11)
    own = found.mean[11] / found.mean[11].sum()
    np.testing.assert_allclose(own, split_fit.means[2] / split_fit.means[2].sum(), atol=0.01)
    assert found.explained[11].max() == 0
    assert found.sd[11].min() > 0


def test_a_region_is_answered_as_within_the_whole(split_fit, twelve_cell_sample):
    whole = divided(split_fit, twelve_cell_sample)
    part = divided(split_fit, twelve_cell_sample, spots_wanted=[1, 3])
    np.testing.assert_array_equal(part.cells, [3, 4, 5, 9, 10, 11])
    np.testing.assert_array_equal(part.mean, whole.mean[part.cells])
    assert (part.assigned != whole.assigned[part.cells]).nnz == 0


def test_types_out_of_range_are_said(split_fit, twelve_cell_sample):
    codes = twelve_cell_sample.codes.copy()
    codes[0] = 3
    task = predict(split_fit, twelve_cell_sample.spots, codes, twelve_cell_sample.membership, SPLIT)
    with pytest.raises(MethodError, match="Expected types from 0 to 2"):
        run(task)


def test_a_fit_numbers_types_its_own_way(split_fit):
    blue, _, red = split_fit.type_names
    codes = split_fit.codes((red, "Grey", blue), np.array([0, 2, -1, 1, 0]))
    assert codes.tolist() == [2, 0, -1, -1, 2]
