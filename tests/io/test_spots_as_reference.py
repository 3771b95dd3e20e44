"""Spots with a column of clusters are no reference; single cells measured in place are one."""

import os
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.io import describe, read_panel, read_reference, read_spots
from spotscope.model import ReadError

DATA = Path(os.environ.get("SPOTSCOPE_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))

COUNTS = np.array([[10, 0, 1], [8, 0, 1], [0, 5, 1], [0, 7, 2]])
GENES = ["KRT8", "CD3E", "ACTB"]


def make_table(n: int = 4) -> ad.AnnData:
    """Tumour cells and T cells in turn, two of each, three genes."""
    turn = np.arange(n) % 4
    types = np.array(["Tumour", "Tumour", "T cell", "T cell"])[turn]
    return ad.AnnData(
        sp.csr_matrix(COUNTS[turn].astype(np.float32)),
        obs=pd.DataFrame({"cell_type": types}, index=[f"s{i}" for i in range(n)]),
        var=pd.DataFrame(index=GENES),
    )


def write(table: ad.AnnData, tmp_path: Path) -> Path:
    table.write_h5ad(tmp_path / "ref.h5ad")
    return tmp_path / "ref.h5ad"


def write_matrix(path: Path) -> Path:
    """The four cells as 10x writes them."""
    matrix = sp.csc_matrix(COUNTS.T)
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        group["data"], group["indices"] = matrix.data, matrix.indices
        group["indptr"], group["shape"] = matrix.indptr, matrix.shape
        group["barcodes"] = np.array([f"s{i}" for i in range(4)], "S")
        group["features/id"] = group["features/name"] = np.array(GENES, "S")
    return path


def labels(tmp_path: Path) -> Path:
    text = "barcode,cell_type\ns0,Tumour\ns1,Tumour\ns2,T cell\ns3,T cell\n"
    (tmp_path / "labels.csv").write_text(text)
    return tmp_path / "labels.csv"


def hexagonal(n: int = 5) -> np.ndarray:
    """Places (x, y) of a hexagonal lattice, 100 apart."""
    row, column = np.divmod(np.arange(n * n), n)
    return np.stack([100.0 * column + 50.0 * (row % 2), 86.6 * row], axis=1)


def in_place(xy: np.ndarray | pd.DataFrame) -> ad.AnnData:
    """Cells at these places."""
    table = make_table(len(xy))
    table.obsm["spatial"] = xy if isinstance(xy, np.ndarray) else xy.set_index(table.obs_names)
    return table


def refused(path: Path) -> str:
    with pytest.raises(ReadError) as caught:
        read_reference(path)
    return str(caught.value)


def test_spots_on_a_lattice_are_no_reference(tmp_path):
    said = refused(write(in_place(hexagonal()), tmp_path))
    assert (
        "Expected single cells in ref.h5ad, found spots (they lie on a hexagonal lattice)" in said
    )
    assert said.endswith("give a single-cell reference, and this file as the sample.")


def test_spots_whose_places_are_a_frame_are_no_reference(tmp_path):
    frame = pd.DataFrame(hexagonal(), columns=["x", "y"])
    assert "a hexagonal lattice" in refused(write(in_place(frame), tmp_path))


def test_spots_with_places_on_an_array_are_no_reference(tmp_path):
    table = make_table()
    table.obs = table.obs.assign(array_row=[0, 0, 1, 1], array_col=[0, 2, 1, 3])
    assert "array_row and array_col are their places on an array" in refused(write(table, tmp_path))


@pytest.mark.parametrize("name", ["10x{}", "s_008um_00012_0003{}-1"])
def test_names_that_are_places_are_of_spots(tmp_path, name):
    table = make_table()
    table.obs_names = [name.format(i) for i in range(4)]
    assert repr(name.format(0)) in refused(write(table, tmp_path))


def test_spots_that_a_run_wrote_are_no_reference(tmp_path):
    table = make_table()
    table.uns["spot_lattice"] = "square"
    assert "a square lattice" in refused(write(table, tmp_path))


def test_the_matrix_of_a_space_ranger_run_is_no_reference(tmp_path):
    matrix = write_matrix(tmp_path / "filtered_feature_bc_matrix.h5")
    (tmp_path / "spatial").mkdir()
    (tmp_path / "spatial" / "tissue_positions.csv").write_text("barcode\n")
    with pytest.raises(ReadError, match="Space Ranger wrote them.*tissue_positions.csv"):
        read_reference(matrix, labels=labels(tmp_path))


def test_another_matrix_beside_a_space_ranger_run_is_a_reference(tmp_path):
    (tmp_path / "spatial").mkdir()
    (tmp_path / "spatial" / "tissue_positions.csv").write_text("barcode\n")
    (tmp_path / "filtered_feature_bc_matrix.h5").write_bytes(b"the spots'")
    matrix = write_matrix(tmp_path / "cells.h5")
    assert read_reference(matrix, labels=labels(tmp_path)).n_types == 2


@pytest.mark.parametrize("columns", [2, 3])
def test_single_cells_measured_in_place_are_a_reference(tmp_path, columns):
    table = in_place(np.random.default_rng(0).uniform(0, 900, (400, columns)))
    reference = read_reference(write(table, tmp_path))
    assert reference.types == ("T cell", "Tumour")
    assert reference.notes == ()


def test_averages_of_places_on_an_array_are_of_cells_put_together_from_bins(tmp_path):
    table = make_table()
    table.obs = table.obs.assign(array_row=[0.5, 0, 1, 1], array_col=[0.25, 2, 1, 3])
    assert read_reference(write(table, tmp_path)).n_types == 2


@pytest.mark.parametrize(("width", "said"), [(1.0, False), (89.4, True)])
def test_a_width_of_spots_on_no_lattice_is_told(tmp_path, width, said):
    table = in_place(np.random.default_rng(0).uniform(0, 900, (40, 2)))
    table.uns["spatial"] = {"section": {"scalefactors": {"spot_diameter_fullres": width}}}
    notes = read_reference(write(table, tmp_path)).notes
    assert [note for note in notes if "states spots 89.4 px wide" in note] == list(notes)
    assert bool(notes) is said


def test_places_in_a_frame_are_taken_by_the_names_of_its_columns(tmp_path):
    """Written as (y, x): what is called x is x."""
    xy = hexagonal() * [1, 2]
    path = write(in_place(pd.DataFrame({"y": xy[:, 1], "x": xy[:, 0]})), tmp_path)
    np.testing.assert_allclose(read_spots(path, mpp=1.0).yx, xy[:, ::-1])
    np.testing.assert_allclose(read_panel(path)[0].obsm["spatial"], xy)


def test_places_in_a_frame_are_seen_by_info(tmp_path):
    frame = pd.DataFrame(hexagonal(), columns=["x", "y"])
    found = describe(write(in_place(frame), tmp_path))
    assert found.kind == "h5ad with spots"
    assert dict(found.facts)["layout"] == "hex, 100 px apart"


def test_spots_of_an_array_without_positions_are_no_reference_to_info(tmp_path):
    table = make_table()
    table.obs = table.obs.assign(array_row=[0, 0, 1, 1], array_col=[0, 2, 1, 3])
    found = describe(write(table, tmp_path))
    assert (found.kind, found.can) == ("h5ad with spots", ())
    assert found.lacks == ("positions (obsm['spatial'])",)


def test_cells_that_a_run_told_from_spots_are_said(tmp_path):
    table = make_table()
    table.obs = table.obs.assign(cell_type_source="spot", cell_type_support=0.9)
    (note,) = read_reference(write(table, tmp_path)).notes
    assert note.startswith("These cells were told from spots by spotscope")


@pytest.mark.parametrize("lost", [np.nan, np.inf])
def test_a_panel_whose_cells_lack_places_is_read_without_any(tmp_path, lost):
    table = in_place(np.random.default_rng(0).uniform(0, 900, (8, 2)))
    kept, notes = read_panel(write(table, tmp_path))
    assert "spatial" in kept.obsm
    assert notes == ()
    table.obsm["spatial"][3] = lost
    kept, notes = read_panel(write(table, tmp_path))
    assert "spatial" not in kept.obsm
    assert notes == ("Not every cell has a place in obsm['spatial']: places are not looked at.",)


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no data at {DATA}")
@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("janesick_breast/xenium_rep1_sample.h5ad", True),
        ("merfish_mpoa/merfish_bregma-0.29.h5ad", True),
        ("osmfish_ssc/cells.h5ad", True),
        ("starmap_v1/cells.h5ad", True),
        ("her2st/C2.h5ad", False),
        ("visium_lymph_node/visium.h5ad", False),
        ("janesick_breast/visium_dev.h5ad", False),
    ],
)
def test_real_cells_are_references_and_real_spots_are_not(name, good):
    column = "cell_type" if good else "region"
    if good:
        assert read_reference(DATA / name, cell_type=column).n_types > 1
        return
    with pytest.raises(ReadError, match="Expected single cells .* found spots"):
        read_reference(DATA / name, cell_type=column)
