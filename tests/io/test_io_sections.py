"""Two sections in one table lie over each other: told by names, by places, by frames."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.io import read_spots
from spotscope.model import ReadError


def section(shift=0.0, turn=False):
    """Five by five spots of a square lattice, 50 px apart."""
    x, y = np.meshgrid(np.arange(5) * 50.0, np.arange(5) * 50.0)
    obs = pd.DataFrame({"array_row": y.ravel() // 50, "array_col": x.ravel() // 50})
    obs.index = [f"s{i}" for i in range(25)]
    table = ad.AnnData(sp.csr_matrix(np.ones((25, 2), int)), obs=obs)
    table.obsm["spatial"] = np.stack([x.ravel(), y.ravel()], axis=1) + shift
    return table


def both(path, one, two, key="library_id"):
    two.obs_names = [f"{name}-2" for name in two.obs_names]
    ad.concat([one, two], label=key, keys=["A", "B"]).write_h5ad(path)
    return path


def test_the_same_place_of_the_array_twice_is_refused(tmp_path):
    with pytest.raises(ReadError, match="found 25 of 50 spots at the place of the array"):
        read_spots(both(tmp_path / "two.h5ad", section(), section(17.0)))


def test_the_same_position_twice_is_refused(tmp_path):
    one, two = section(), section()
    for table in (one, two):
        table.obs = table.obs[[]]
    with pytest.raises(ReadError, match="found 25 of 50 spots at the position"):
        read_spots(both(tmp_path / "two.h5ad", one, two))


def test_sections_that_lie_over_each_other_are_said(tmp_path):
    one, two = section(), section(17.0)
    for table in (one, two):
        table.obs = table.obs[[]]
    read = read_spots(both(tmp_path / "two.h5ad", one, two))
    assert any(
        "'library_id' tells 2 parts (A, B) that lie over each other" in n for n in read.notes
    )


@pytest.mark.parametrize(("shift", "key"), [(1000.0, "library_id"), (17.0, "patient")])
def test_sections_side_by_side_and_other_columns_are_no_matter(tmp_path, shift, key):
    one, two = section(), section(shift)
    for table in (one, two):
        table.obs = table.obs[[]]
    read = read_spots(both(tmp_path / "two.h5ad", one, two, key))
    assert not any("parts" in note for note in read.notes)


def test_a_few_beads_at_one_place_are_counted(tmp_path):
    table = section()
    table.obs = table.obs[[]]
    table.obsm["spatial"][1] = table.obsm["spatial"][0]
    table.write_h5ad(tmp_path / "beads.h5ad")
    assert (
        "1 of 25 spots lie at the very place of another."
        in read_spots(tmp_path / "beads.h5ad").notes
    )
