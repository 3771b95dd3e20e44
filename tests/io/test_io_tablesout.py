"""What is written reads back the same, and other tools find it where they look."""

import anndata as ad
import dask.array as da
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.io import read_spots, write_cells_h5ad, write_spots_h5ad
from spotscope.model import Cells, Lattice, Slide, SpotKey, Spots, WriteError


@pytest.fixture
def spots() -> Spots:
    """Five spots, in no way symmetric, with every kind of column.

    ::

             x 100  200  300
        y  50   a    b    c
        y 150   d         e
    """
    yx = np.array([[50.0, 100], [50, 200], [50, 300], [150, 100], [150, 300]])
    table = ad.AnnData(
        sp.csr_matrix(np.arange(10).reshape(5, 2)),
        obs=pd.DataFrame(
            {
                "region": pd.Categorical(list("uvuvu")),
                "text": np.array(["x", None, "y", "x", "y"], object),
                "mixed": np.array([1, "two", 3.0, None, True], object),
                "string": pd.array(["p", "q", None, "p", "q"], dtype="string"),
                "share": [0.1, 0.2, np.nan, 0.4, 0.5],
            },
            index=list("abcde"),
        ),
        var=pd.DataFrame({"gene_ids": ["E1", "E2"]}, index=["G1", "G2"]),
    )
    table.obsm[str(SpotKey.WEIGHTS)] = pd.DataFrame(
        np.eye(5, 2), index=table.obs_names, columns=["Tumour", "T cell"]
    )
    table.uns |= {
        "spatial_units": "pixels of the full-resolution H&E (x,y)",
        "um_per_pixel": 0.7,
        "image": {"file": "he.png"},
        "spatial": {"old": {"images": {}, "scalefactors": {"spot_diameter_fullres": 145.0}}},
        "origin": {"repo": "somewhere"},
    }
    made = Spots(table, yx, Lattice("square", 100.0, 55.0))
    return made.told({SpotKey.LOW_COUNTS: np.array([True, False, False, False, True])})


@pytest.fixture
def slide() -> Slide:
    """1,200 × 1,800 px at 0.5 µm; one red pixel block at y 100 µm, x 300 µm."""
    image = np.full((1200, 1800, 3), 255, np.uint8)
    image[194:206, 594:606] = (255, 0, 0)
    return Slide((da.from_array(image, chunks=600),), 0.5)


def test_spots_read_back_as_they_were(tmp_path, spots, slide):
    path = tmp_path / "spots.h5ad"
    write_spots_h5ad(path, spots, slide, name="S 1")
    read = read_spots(path)
    again = read.to_spots()
    np.testing.assert_allclose(again.yx_um, spots.yx_um)
    assert (again.counts != spots.counts).nnz == 0
    assert again.lattice == spots.lattice
    assert again.flagged(SpotKey.LOW_COUNTS).tolist() == [True, False, False, False, True]
    assert read.notes == ()
    assert read.image is None


def test_places_on_disk_are_x_y_in_microns(tmp_path, spots):
    write_spots_h5ad(tmp_path / "spots.h5ad", spots, name="S1")
    table = ad.read_h5ad(tmp_path / "spots.h5ad")
    assert table.obsm["spatial"].tolist() == [
        [100, 50],
        [200, 50],
        [300, 50],
        [100, 150],
        [300, 150],
    ]
    assert table.uns["spatial_units"] == "micrometre"


def test_columns_of_every_kind_survive(tmp_path, spots):
    write_spots_h5ad(tmp_path / "spots.h5ad", spots, name="S1")
    table = ad.read_h5ad(tmp_path / "spots.h5ad")
    assert table.obs["region"].tolist() == list("uvuvu")
    assert table.obs["text"].isna().tolist() == [False, True, False, False, False]
    assert table.obs["mixed"].dropna().tolist() == ["1", "two", "3.0", "True"]
    assert table.obs["string"].dropna().tolist() == ["p", "q", "p", "q"]
    assert table.obs[str(SpotKey.LOW_COUNTS)].dtype == bool
    assert list(table.obsm[str(SpotKey.WEIGHTS)].columns) == ["Tumour", "T cell"]
    assert table.uns["origin"] == {"repo": "somewhere"}


def test_the_table_in_memory_is_left_alone(tmp_path, spots, slide):
    before = spots.table.obs.dtypes.to_dict()
    write_spots_h5ad(tmp_path / "spots.h5ad", spots, slide, name="S1")
    assert "spatial" not in spots.table.obsm
    assert spots.table.obs.dtypes.to_dict() == before
    assert "old" in spots.table.uns["spatial"]


def test_scale_factors_put_spots_on_the_thumbnail(tmp_path, spots, slide):
    """(x, y) in µm times the factor is the pixel, as scanpy and squidpy reckon."""
    write_spots_h5ad(tmp_path / "spots.h5ad", spots, slide, name="S1")
    uns = ad.read_h5ad(tmp_path / "spots.h5ad").uns
    assert list(uns["spatial"]) == ["S1"]
    library = uns["spatial"]["S1"]
    image = library["images"]["lowres"]
    assert max(image.shape) <= 600
    column, row = np.array([300, 100]) * library["scalefactors"]["tissue_lowres_scalef"]
    assert image[round(row), round(column)].tolist() == [255, 0, 0]
    assert image[round(column), round(row)].tolist() == [255, 255, 255]
    assert (library["images"]["hires"] == image).all()  # where squidpy looks
    assert library["scalefactors"]["tissue_hires_scalef"] * 300 == column
    assert library["scalefactors"]["spot_diameter_fullres"] == 55
    assert uns["um_per_pixel"] == 0.5
    assert "image" not in uns


def test_a_name_with_a_slash_is_a_key_all_the_same(tmp_path, spots):
    write_spots_h5ad(tmp_path / "spots.h5ad", spots, name="a/b")
    assert list(ad.read_h5ad(tmp_path / "spots.h5ad").uns["spatial"]) == ["a_b"]


def test_genes_named_twice_are_written_and_read(tmp_path, spots):
    spots.table.var_names = ["G1", "G1"]
    write_spots_h5ad(tmp_path / "spots.h5ad", spots, name="S1")
    assert list(read_spots(tmp_path / "spots.h5ad").table.var_names) == ["G1", "G1"]


@pytest.fixture
def cells() -> Cells:
    """Two typed cells and one that is not."""
    obs = pd.DataFrame(
        {
            "label_id": np.array([1, 2, 3], np.uint32),
            "area_um2": [50.0, 60.0, 70.0],
            "probability": np.float32([0.9, 0.8, 0.7]),
            "spot_id": pd.Categorical(["a", "a", None]),
            "cell_type": pd.Categorical(["T cell", "Tumour", None]),
            "cell_type_margin": np.float32([0.5, 0.25, 0]),
            "cell_type_support": np.float32([0.9, 0.6, 0]),
            "cell_type_source": pd.Categorical(["spot", "spot", "none"]),
        },
        index=["1", "2", "3"],
    )
    return Cells(ad.AnnData(obs=obs), np.array([[10.0, 20], [30, 40], [50, 60]]))


def test_cells_are_written_with_their_columns(tmp_path, cells):
    write_cells_h5ad(tmp_path / "cells.h5ad", cells)
    table = ad.read_h5ad(tmp_path / "cells.h5ad")
    assert table.obsm["spatial"].tolist() == [[20, 10], [40, 30], [60, 50]]
    pd.testing.assert_frame_equal(table.obs, cells.table.obs)
    assert "spatial" not in cells.table.obsm


def test_a_failed_write_keeps_what_was_there(tmp_path, spots):
    path = tmp_path / "spots.h5ad"
    write_spots_h5ad(path, spots, name="S1")
    before = path.read_bytes()
    spots.table.uns["odd"] = object()
    with pytest.raises(Exception, match="object"):
        write_spots_h5ad(path, spots, name="S1")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_a_write_error(tmp_path, spots):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(WriteError):
        write_spots_h5ad(tmp_path / "file" / "spots.h5ad", spots, name="S1")
