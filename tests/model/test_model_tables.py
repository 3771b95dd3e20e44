import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from spotscope.model import Lattice, ReadError, Reference, SpotKey, Spots

LATTICE = Lattice("hex", 100.0, 55.0)


def spots(n=3, names=None, yx=None, counts=None):
    names = names or [f"s{i}" for i in range(n)]
    table = AnnData(np.ones((n, 2)) if counts is None else counts, obs=pd.DataFrame(index=names))
    return Spots(table, np.zeros((n, 2)) if yx is None else np.array(yx, float), LATTICE)


def test_a_flag_marks_spots_drops_none_and_leaves_those_it_was_told_of():
    before = spots()
    found = before.told({SpotKey.LOW_COUNTS: np.array([True, False, False])})
    assert found.n == 3
    assert not before.flagged(SpotKey.LOW_COUNTS).any()
    assert found.flagged(SpotKey.LOW_COUNTS).tolist() == [True, False, False]
    assert found.flagged(SpotKey.OFF_TISSUE).tolist() == [False, False, False]


def test_what_is_told_stands_beside_the_rest_and_can_be_taken_out():
    shares = np.eye(3, 2)
    one = spots().told({SpotKey.N_CELLS: [1, 2, 3]}, {SpotKey.PROPORTIONS: shares})
    two = one.told({SpotKey.REJECTED: [True] * 3, SpotKey.N_CELLS: None})
    assert two.counts is one.counts
    assert list(two.table.obs) == [SpotKey.REJECTED.value]
    assert np.array_equal(two.table.obsm[SpotKey.PROPORTIONS.value], shares)
    three = two.told(obsm={SpotKey.PROPORTIONS: None})
    assert not three.table.obsm
    assert list(one.table.obs) == [SpotKey.N_CELLS.value]
    assert SpotKey.PROPORTIONS.value in two.table.obsm


def test_umis_are_totals_over_all_genes():
    assert spots(2, counts=np.array([[1, 2], [0, 7]])).umis.tolist() == [3, 7]
    assert spots(2, counts=np.array([[0, 0], [2, 7]])).umis.tolist() == [0, 9]
    assert spots(2, counts=np.array([[1, 1], [0, 0]])).umis.tolist() == [2, 0]
    assert spots(2, counts=np.zeros((2, 2), int)).umis.tolist() == [0, 0]


@pytest.mark.filterwarnings("ignore:Observation names are not unique")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"names": ["a", "b", "a"]}, r"every spot name once, found 1 repeated \(such as 'a'\)"),
        ({"yx": [[0, 0], [1, 1]]}, r"one \(y, x\) position for each of 3 spots"),
        ({"yx": [[0, 0], [1, np.nan], [2, 2]]}, r"a position for every spot, found 1 without"),
        ({"counts": np.array([[1, -1]] * 3)}, r"0 or more, found -1"),
    ],
)
def test_what_is_no_spot_table_is_named(arguments, sentence):
    with pytest.raises(ReadError, match=sentence):
        spots(**arguments)


def test_an_empty_table_is_no_sample():
    with pytest.raises(ReadError, match="at least one spot and one gene, found a table of 0 × 0"):
        Spots(AnnData(np.zeros((0, 0))), np.zeros((0, 2)), LATTICE)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.inf, np.nan])
def test_a_lattice_needs_a_pitch_and_a_diameter(bad):
    with pytest.raises(ReadError, match="spot pitch and diameter above 0"):
        Lattice("hex", bad, 55.0)


def test_profiles_are_the_mean_share_of_each_cell(three_type_reference):
    profiles = three_type_reference.profiles()
    assert profiles.shape == (3, 9)
    assert profiles.sum(axis=1) == pytest.approx(np.ones(3))
    assert profiles[0, :3] == pytest.approx(np.full(3, 10 / 36))
    assert profiles[0, 3:] == pytest.approx(np.full(6, 1 / 36))


def test_mean_total_and_cells_per_type(three_type_reference):
    assert three_type_reference.mean_total() == pytest.approx([72.0, 72.0, 72.0])
    assert three_type_reference.cells_per_type().tolist() == [4, 4, 4]


def test_a_cell_without_counts_says_nothing_about_its_type():
    counts = np.array([[3, 1], [0, 0], [1, 1]])
    table = AnnData(counts, obs=pd.DataFrame({"cell_type": ["a", "a", "b"]}, index=list("xyz")))
    assert Reference.from_table(table).profiles()[0] == pytest.approx([0.75, 0.25])


def test_cells_without_a_type_are_left_out():
    obs = pd.DataFrame({"cell_type": ["a", None, "b"]}, index=list("xyz"))
    reference = Reference.from_table(AnnData(np.ones((3, 1)), obs=obs))
    assert reference.table.n_obs == 2


def test_a_label_that_says_nobody_knows_is_no_type():
    obs = pd.DataFrame({"cell_type": ["a", "Unassigned", "b", "unknown "]}, index=list("wxyz"))
    reference = Reference.from_table(AnnData(np.ones((4, 1)), obs=obs), name="atlas")
    assert reference.types == ("a", "b")
    assert reference.notes == ("2 cells of atlas are left out: no type (Unassigned, unknown)",)


def test_a_reference_without_its_column_lists_those_there_are():
    table = AnnData(np.ones((2, 1)), obs=pd.DataFrame({"louvain": ["a", "b"]}, index=list("xy")))
    with pytest.raises(ReadError, match=r"Expected a column 'cell_type' .* found 'louvain'"):
        Reference.from_table(table)


def test_one_type_is_not_enough():
    table = AnnData(np.ones((2, 1)), obs=pd.DataFrame({"cell_type": ["a", "a"]}, index=list("xy")))
    with pytest.raises(ReadError, match="at least two cell types"):
        Reference.from_table(table)
