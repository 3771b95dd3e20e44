"""Numbers of cells that are given by name, without an image, where names are not those of spots."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.model import Lattice, ReadError, Sample, Session, Spots, run
from spotscope.pipeline import StepCache, estimate_step


def three() -> Session:
    """Three like spots in a row, named a, b and c."""
    table = ad.AnnData(
        sp.csr_matrix(np.full((3, 2), 4, np.int32)), obs=pd.DataFrame(index=list("abc"))
    )
    yx = np.array([[50.0, 50.0], [50.0, 150.0], [50.0, 250.0]])
    return Session(Sample("three", None, Spots(table, yx, Lattice("square", 100.0, 60.0))))


def estimate(tmp_path, counts):
    done = run(estimate_step(three(), n_cells=counts, cache=StepCache(tmp_path)))
    x = np.floor(done.nuclei.yx_um[:, 1] / 100).astype(int)
    return np.bincount(x, minlength=3).tolist(), done.records["segment"].notes[0]


def test_names_that_are_none_of_the_spots_are_refused(tmp_path):
    with pytest.raises(ReadError, match=r"found 3 that are none \(such as '0'\)"):
        estimate(tmp_path, {"0": 2, "1": 3, "2": 4})


def test_a_table_of_more_spots_serves_these_and_the_rest_is_said(tmp_path):
    held, note = estimate(tmp_path, {"z": 9, "c": 3, "b": 2, "a": 1, "y": 9})
    assert held == [1, 2, 3]
    assert "2 names in the table are of no spot" in note


def test_spots_that_are_not_named_are_guessed_however_long_the_table_is(tmp_path):
    guessed, _ = estimate(tmp_path, None)
    held, note = estimate(tmp_path, {"a": 1, "x": 9, "y": 9, "z": 9})
    assert held == [1, *guessed[1:]]
    assert guessed[1] > 0
    assert "guessed" in note
