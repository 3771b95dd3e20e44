"""The files of the demo are those a user would have."""

import anndata
import numpy as np
import pandas as pd
import pytest
import tifffile

from spotscope.evaluation import make_demo


@pytest.fixture(scope="module")
def sample():
    return make_demo(1, size_px=600)


@pytest.fixture(scope="module")
def folder(sample, tmp_path_factory):
    out = tmp_path_factory.mktemp("demo")
    sample.write(out)
    return out


def test_folder_holds_the_sample_and_the_truth_and_nothing_else(folder):
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert found == {
        "demo_HE.ome.tif",
        "demo.h5ad",
        "demo_reference.h5ad",
        "truth/labels.tif",
        "truth/cells.h5ad",
        "truth/proportions.csv",
    }


def test_slide_is_a_pyramid_with_its_pixel_size(folder, sample):
    with tifffile.TiffFile(folder / "demo_HE.ome.tif") as tiff:
        levels = tiff.series[0].levels
        assert [level.shape for level in levels] == [(600, 600, 3), (300, 300, 3)]
        np.testing.assert_array_equal(levels[0].asarray(), sample.slide)
        assert 'PhysicalSizeX="0.5"' in tiff.ome_metadata


def test_small_level_is_the_mean_of_four_pixels(folder, sample):
    with tifffile.TiffFile(folder / "demo_HE.ome.tif") as tiff:
        small = tiff.series[0].levels[1].asarray()
    mean = sample.slide[10:12, 40:42].astype(float).mean(axis=(0, 1))
    np.testing.assert_allclose(small[5, 20], mean, atol=0.5)


def test_spots_are_in_x_y_pixels_on_disk(folder, sample):
    table = anndata.read_h5ad(folder / "demo.h5ad")
    xy = table.obsm["spatial"]
    np.testing.assert_allclose(xy[:, 0] * 0.5, sample.spots.yx_um[:, 1])
    np.testing.assert_allclose(xy[:, 1] * 0.5, sample.spots.yx_um[:, 0])
    assert not np.allclose(xy[:, 0], xy[:, 1])


def test_scale_factors_fit_the_small_image(folder):
    library = anndata.read_h5ad(folder / "demo.h5ad").uns["spatial"]["demo"]
    assert library["scalefactors"]["tissue_lowres_scalef"] * 600 == 150
    assert library["images"]["lowres"].shape == (150, 150, 3)
    assert library["scalefactors"]["spot_diameter_fullres"] == 110


def test_writing_leaves_the_sample_as_it_was(folder, sample):
    assert "spatial" not in sample.spots.table.obsm
    assert "spatial" not in sample.spots.table.uns


def test_reference_names_its_types(folder, sample):
    table = anndata.read_h5ad(folder / "demo_reference.h5ad")
    assert list(table.obs["cell_type"].cat.categories) == list(sample.types)
    assert (table.X != sample.reference.table.X).nnz == 0


def test_truth_is_whole(folder, sample):
    cells = anndata.read_h5ad(folder / "truth" / "cells.h5ad")
    assert (sample.cell_counts != cells.X).nnz == 0
    np.testing.assert_array_equal(cells.obs["cell_type"].cat.codes, sample.cell_type)
    owned = np.flatnonzero(sample.membership.owner >= 0)
    names = sample.spots.table.obs_names[sample.membership.owner[owned]]
    np.testing.assert_array_equal(cells.obs["spot_id"].to_numpy(str)[owned], names)
    labels = tifffile.imread(folder / "truth" / "labels.tif")
    np.testing.assert_array_equal(labels, sample.labels())
    shares = pd.read_csv(folder / "truth" / "proportions.csv", index_col=0)
    np.testing.assert_allclose(shares.to_numpy(), sample.proportions(), atol=1e-6)


def test_progress_never_passes_its_total(sample, tmp_path):
    reports = list(sample.writing(tmp_path))
    assert [r.done for r in reports] == list(range(len(reports)))
    assert all(r.done <= r.total for r in reports)


def test_cancelled_writing_leaves_only_whole_files(sample, tmp_path):
    task = sample.writing(tmp_path)
    for _ in range(3):
        next(task)
    task.close()
    left = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["demo.h5ad", "demo_HE.ome.tif"]
