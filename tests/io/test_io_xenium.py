"""Xenium's folder, written by hand as 10x documents it: cells in µm, each a spot of its own."""

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.io import describe, read_panel, read_spots
from spotscope.model import ReadError

CELLS = ["aaaa-1", "bbbb-1", "cccc-1"]
#: (cell, feature); the last feature is a control.
COUNTS = np.array([[1, 0, 2, 9], [0, 3, 0, 9], [4, 0, 5, 9]])
#: In another order than the matrix; x and y differ, so that a swap is seen.
PLACES = pd.DataFrame(
    {
        "cell_id": ["cccc-1", "aaaa-1", "bbbb-1"],
        "x_centroid": [33.0, 11.0, 22.0],
        "y_centroid": [330.0, 110.0, 220.0],
        "cell_area": [50.0, 78.54, 100.0],
    }
)


def write_folder(folder, *, places=PLACES, form="parquet"):
    folder.mkdir(parents=True, exist_ok=True)
    matrix = sp.csc_matrix(COUNTS.T)
    with h5py.File(folder / "cell_feature_matrix.h5", "w") as file:
        group = file.create_group("matrix")
        group["data"], group["indices"] = matrix.data, matrix.indices
        group["indptr"], group["shape"] = matrix.indptr, matrix.shape
        group["barcodes"] = np.array(CELLS, "S")
        features = group.create_group("features")
        features["id"] = np.array(["ENSG1", "ENSG2", "ENSG3", "NegControlProbe_1"], "S")
        features["name"] = np.array(["G1", "G2", "G3", "NegControlProbe_1"], "S")
        kinds = ["Gene Expression"] * 3 + ["Negative Control Probe"]
        features["feature_type"] = np.array(kinds, "S")
    if form == "parquet":
        places.to_parquet(folder / "cells.parquet")
    else:
        places.to_csv(folder / "cells.csv.gz", index=False)
    return folder


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_every_cell_is_a_spot_of_one_at_its_place(tmp_path, form):
    read = read_spots(write_folder(tmp_path / "run", form=form))
    assert list(read.table.obs_names) == CELLS
    assert read.table.X.toarray().tolist() == COUNTS[:, :3].tolist()
    assert read.yx.tolist() == [[110, 11], [220, 22], [330, 33]]
    assert (read.unit, read.lattice_kind) == ("um", "free")
    assert read.diameter_um == pytest.approx(10, abs=0.01)  # of the middle area, 78.54 µm²
    assert any("1 of Negative Control Probe" in note for note in read.notes)


def test_names_may_be_bytes_or_numbers(tmp_path):
    places = PLACES.assign(cell_id=[name.encode() for name in PLACES["cell_id"]])
    assert read_spots(write_folder(tmp_path / "run", places=places)).yx[0].tolist() == [110, 11]


def test_a_file_of_the_folder_leads_to_it(tmp_path):
    folder = write_folder(tmp_path / "run")
    assert read_spots(folder / "cell_feature_matrix.h5").table.n_obs == 3


def test_cells_without_a_place_are_named(tmp_path):
    with pytest.raises(ReadError, match=r"1 of 3 missing \(such as 'cccc-1'\)"):
        read_spots(write_folder(tmp_path / "run", places=PLACES.iloc[1:]))


def test_a_column_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ReadError, match="Expected the columns cell_id, x_centroid, y_centroid"):
        read_spots(write_folder(tmp_path / "run", places=PLACES.drop(columns="x_centroid")))


def test_it_is_a_panel_too(tmp_path):
    table, notes = read_panel(write_folder(tmp_path / "run"))
    assert table.X.toarray().tolist() == COUNTS[:, :3].tolist()
    assert table.obsm["spatial"].tolist() == [[11, 110], [22, 220], [33, 330]]
    assert any("Negative Control Probe" in note for note in notes)


def test_it_is_described(tmp_path):
    assert describe(write_folder(tmp_path / "run")).kind == "Xenium folder"
