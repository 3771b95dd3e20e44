"""Pseudo-spots hold exactly their cells."""

import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.evaluation import sum_into_spots
from spotscope.model import MethodError


def summed(yx, **options):
    """Cells that each count 1 of their own gene, so that counts name the members."""
    n = len(yx)
    return sum_into_spots(
        sp.csr_matrix(np.eye(n, dtype=np.int32)),
        np.array(yx, float),
        np.arange(n) % 2,
        ("Even", "Odd"),
        [f"g{i}" for i in range(n)],
        **options,
    )


def test_square_bins_by_hand():
    """Four cells, three bins.

    ::

             x 0     100     200           cells 0 (0, 0), 1 (10, 20), 2 (110, 20), 3 (50, 130)
        y  0  ┌ 0 ────┬───────┐
              │  1    │  3    │
         100  ├───────┼───────┤
              │ 2     │       │            spots, in reading order: {0, 1}, {3}, {2}
    """
    made = summed([(0, 0), (10, 20), (110, 20), (50, 130)], layout="square", pitch_um=100)
    assert made.owner.tolist() == [0, 0, 2, 1]
    assert made.spots.counts.toarray().tolist() == [[1, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    assert made.spots.yx_um.tolist() == [[50, 50], [50, 150], [150, 50]]
    assert made.type_counts.tolist() == [[1, 1], [0, 1], [1, 0]]
    assert made.proportions.tolist() == [[0.5, 0.5], [0, 1], [1, 0]]


def test_hex_discs_by_hand():
    """Discs of 55 µm: a cell 27 µm from a centre is in, one 28 µm from it is between spots."""
    row = 100 * np.sqrt(3) / 2
    made = summed([(0, 0), (0, 27), (0, 28), (row, 50), (row + 20, 60)], layout="hex")
    assert made.owner.tolist() == [0, 0, -1, 1, 1]
    np.testing.assert_allclose(made.spots.yx_um, [[0, 0], [row, 50]])
    assert made.spots.counts.toarray().sum(axis=1).tolist() == [2, 2]


def test_frame_of_the_cells_is_kept():
    made = summed([(1000, 50), (1010, 60)], layout="square", pitch_um=100)
    assert made.spots.yx_um.tolist() == [[1050, 100]]


def test_spots_with_too_few_cells_are_not_made():
    cells = [(0, 0), (10, 20), (110, 20), (50, 130)]
    made = summed(cells, layout="square", pitch_um=100, least_cells=2)
    assert made.spots.n == 1
    assert made.owner.tolist() == [0, 0, -1, -1]


def test_toy_sample_is_found_again_from_its_cells(twelve_cell_sample, three_type_reference):
    toy = twelve_cell_sample
    made = sum_into_spots(
        sp.csr_matrix(toy.counts),
        toy.outlines.yx_um,
        toy.codes,
        toy.types,
        three_type_reference.table.var_names,
        layout="square",
    )
    np.testing.assert_array_equal(made.spots.counts.toarray(), toy.spots.counts.toarray())
    np.testing.assert_allclose(made.proportions, toy.proportions)


def test_squares_lose_no_count(demo):
    made = sum_into_spots(
        demo.cell_counts,
        demo.nuclei.yx_um,
        demo.cell_type,
        demo.types,
        demo.spots.table.var_names,
        layout="square",
        pitch_um=50,
    )
    assert made.spots.counts.sum() == demo.cell_counts.sum()
    assert made.type_counts.sum() == demo.nuclei.n


def test_overlapping_discs_are_refused():
    with pytest.raises(MethodError, match="no wider than their pitch"):
        summed([(0, 0), (10, 20)], pitch_um=50, diameter_um=55)


def test_too_much_to_ask_is_said():
    with pytest.raises(MethodError, match="at least 9 cells"):
        summed([(0, 0), (10, 20)], least_cells=9)
