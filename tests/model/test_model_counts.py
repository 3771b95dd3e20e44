import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.model import ReadError, as_counts


def test_whole_floats_become_integers_and_stay_sparse():
    counts = as_counts(sp.csr_matrix([[0.0, 2.0], [5.0, 0.0]]), "the spots")
    assert counts.dtype == np.int32
    assert counts.nnz == 2
    assert counts.toarray().tolist() == [[0, 2], [5, 0]]


def test_halves_of_a_float_are_counts_too():
    counts = as_counts(np.array([[0, 2], [2048, 0]], np.float16), "the spots")
    assert counts.toarray().tolist() == [[0, 2], [2048, 0]]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([[1.0, np.nan]], r"finite counts of the spots, found 1 that are NaN"),
        ([[1.0, np.inf]], r"finite counts of the spots, found 1 that are NaN or infinite"),
        ([[1.0, -2.0]], r"0 or more, found -2; the matrix looks scaled"),
        ([[0.0, 1.386], [0.693, 0.0]], r"found log-normalised values \(such as 1.386\)"),
        ([[0.5, 812.0]], r"found values that are not whole \(such as 0.500\)"),
        ([[0.0, 3e9]], r"below 2\^31, found 3e\+09"),
    ],
)
def test_what_are_no_raw_counts_is_named(values, sentence):
    with pytest.raises(ReadError, match=sentence):
        as_counts(np.array(values), "the spots")


def test_text_is_no_count():
    with pytest.raises(ReadError, match="Expected numbers as counts of the spots"):
        as_counts(sp.csr_matrix(np.array([[1 + 2j]])), "the spots")
