"""``spotscope info`` tells what a path is without reading it whole."""

import gzip
import json
import os
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import tifffile
from PIL import Image

from spotscope.io import describe
from spotscope.model import ReadError

DATA = Path(os.environ.get("SPOTSCOPE_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))


def make_spots() -> ad.AnnData:
    """Twelve spots of a square lattice, 290 px apart."""
    table = ad.AnnData(
        sp.csr_matrix(np.arange(60).reshape(12, 5).astype(np.float32)),
        obs=pd.DataFrame({"region": list("uv") * 6}, index=[f"s{i}" for i in range(12)]),
        var=pd.DataFrame(index=[f"G{i}" for i in range(5)]),
    )
    table.obsm["spatial"] = 290.0 * np.stack(np.divmod(np.arange(12), 4), axis=1)
    return table


def facts(path: Path) -> dict[str, str]:
    return dict(describe(path).facts)


def test_spots_in_h5ad(tmp_path):
    make_spots().write_h5ad(tmp_path / "s.h5ad")
    found = describe(tmp_path / "s.h5ad")
    assert found.kind == "h5ad with spots"
    assert dict(found.facts) == {
        "spots": "12",
        "genes": "5",
        "values": "raw counts",
        "columns": "region",
        "obsm": "spatial",
        "layout": "square, 290 px apart",
        "pixel size": "0.6897 µm, inferred from the pitch of 200 µm",
    }
    assert found.lacks == ()
    assert "spotscope run" in found.can[0]


def test_dense_spots_with_a_stated_pixel_size(tmp_path):
    table = make_spots()
    table.X = table.X.toarray()
    table.uns |= {"um_per_pixel": 0.7, "spatial_units": "pixels of it", "spot_diameter_um": 100.0}
    table.write_h5ad(tmp_path / "s.h5ad")
    assert facts(tmp_path / "s.h5ad")["pixel size"] == "0.7 µm"
    assert facts(tmp_path / "s.h5ad")["values"] == "raw counts"


def test_free_spots_lack_a_pixel_size(tmp_path):
    table = make_spots()
    table.obsm["spatial"] = np.random.default_rng(0).random((12, 2))
    table.write_h5ad(tmp_path / "s.h5ad")
    assert describe(tmp_path / "s.h5ad").lacks == ("a pixel size (give --mpp)",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (np.log1p, "log-normalised"),
        (lambda x: x * 77.7, "normalised"),
        (lambda x: x - 3, "scaled or with missing values"),
    ],
)
def test_values_that_are_no_counts_are_told_from_a_few_rows(tmp_path, change, said):
    table = make_spots()
    table.X = change(table.X.toarray())
    table.write_h5ad(tmp_path / "s.h5ad")
    found = describe(tmp_path / "s.h5ad")
    assert dict(found.facts)["values"] == said
    assert "raw counts in X" in found.lacks


def test_a_reference(tmp_path):
    table = make_spots()
    del table.obsm["spatial"]
    table.obs["cell_type"] = pd.Categorical(["Tumour", "T cell", "B cell"] * 4)
    table.write_h5ad(tmp_path / "r.h5ad")
    found = describe(tmp_path / "r.h5ad")
    assert found.kind == "single-cell reference"
    assert dict(found.facts)["cell types"] == "B cell, T cell, Tumour"
    assert dict(found.facts)["cells"] == "12"


def test_a_table_that_is_neither_says_what_it_lacks(tmp_path):
    table = make_spots()
    del table.obsm["spatial"]
    table.write_h5ad(tmp_path / "t.h5ad")
    found = describe(tmp_path / "t.h5ad")
    assert found.kind == "h5ad table"
    assert found.can == ()
    assert len(found.lacks) == 2


def test_a_table_without_values_lacks_them(tmp_path):
    table = make_spots()
    table.X = None
    table.write_h5ad(tmp_path / "t.h5ad")
    found = describe(tmp_path / "t.h5ad")
    assert dict(found.facts)["values"] == "none"
    assert dict(found.facts)["spots"] == "12"
    assert "raw counts in X" in found.lacks


def test_a_10x_matrix_lacks_cell_types(tmp_path):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["matrix/shape"] = [300, 20]
        file["matrix/barcodes"] = np.array(["a"], "S")
    found = describe(tmp_path / "m.h5")
    assert found.kind == "10x count matrix"
    assert found.facts == (("features", "300"), ("barcodes", "20"))
    assert "cell types" in found.lacks[0]


def test_an_mtx_folder(tmp_path):
    text = "%%MatrixMarket matrix coordinate integer general\n%made\n300 20 1\n1 1 5\n"
    (tmp_path / "matrix.mtx.gz").write_bytes(gzip.compress(text.encode()))
    found = describe(tmp_path)
    assert found.kind == "10x count matrix"
    assert found.facts == (("genes", "300"), ("barcodes", "20"))
    assert describe(tmp_path / "matrix.mtx.gz") == found


@pytest.fixture
def outs(tmp_path) -> Path:
    """A Space Ranger folder of ten places 200 px apart, seven under tissue, without a matrix."""
    spatial = tmp_path / "outs" / "spatial"
    spatial.mkdir(parents=True)
    lines = []
    for i in range(10):
        row, column = divmod(i, 4)
        y, x = row * 200 * np.sqrt(3) / 2, 200 * (column + 0.5 * (row % 2))
        lines.append(f"b{i}-1,{int(i < 7)},{row},{2 * column + row % 2},{y:.3f},{x:.3f}")
    (spatial / "tissue_positions_list.csv").write_text("\n".join(lines) + "\n")
    factors = {"tissue_hires_scalef": 0.1, "spot_diameter_fullres": 130.0}
    (spatial / "scalefactors_json.json").write_text(json.dumps(factors))
    Image.new("RGB", (8, 8)).save(spatial / "tissue_hires_image.png")
    return tmp_path / "outs"


def test_a_space_ranger_folder(outs):
    found = describe(outs)
    assert found.kind == "Space Ranger folder"
    assert dict(found.facts) == {
        "positions": "tissue_positions_list.csv",
        "places": "10, of them 7 under tissue",
        "lattice": "hex, 200.0 px apart",
        "pixel size": "0.5 µm of the full-resolution image",
        "image": "tissue_hires_image.png",
    }
    assert "the count matrix (filtered_feature_bc_matrix.h5)" in found.lacks
    assert describe(outs / "spatial").kind == "Space Ranger folder"
    assert describe(outs / "spatial" / "tissue_positions_list.csv").kind == "Space Ranger folder"


def test_an_image_in_a_space_ranger_folder_is_an_image(outs):
    assert describe(outs / "spatial" / "tissue_hires_image.png").kind == "slide image"


def test_visium_hd_states_its_pixel_size(tmp_path):
    spatial = tmp_path / "binned_outputs" / "square_008um" / "spatial"
    spatial.mkdir(parents=True)
    pd.DataFrame({"barcode": list("abc")}).to_parquet(spatial / "tissue_positions.parquet")
    (spatial / "scalefactors_json.json").write_text('{"microns_per_pixel": 0.27}')
    assert facts(tmp_path)["places"] == "3"
    assert facts(tmp_path)["pixel size"].startswith("0.27 µm")


def test_a_legacy_st_table(tmp_path):
    path = tmp_path / "A1.tsv.gz"
    path.write_bytes(gzip.compress(b"\tERBB2\tCD3E\n10x13\t1\t2\n10x14\t3\t4\n10x15\t0\t1\n"))
    found = describe(path)
    assert found.kind == "legacy ST table"
    assert found.facts == (("rows", "3"), ("columns", "2"))
    assert "a spot file" in found.lacks[0]
    (tmp_path / "A1_selection.tsv").write_text("x\ty\tpixel_x\tpixel_y\n")
    assert dict(describe(path).facts)["spot file"] == "A1_selection.tsv"


def test_a_slide_without_a_pixel_size_lacks_it(tmp_path):
    Image.new("RGB", (30, 20), (200, 100, 150)).save(tmp_path / "he.png")
    found = describe(tmp_path / "he.png")
    assert (found.kind, found.facts) == ("slide image", (("size", "30 × 20 px"),))
    assert "a pixel size" in found.lacks[0]


@pytest.mark.parametrize(
    ("name", "dtype", "kind"),
    [
        ("out.tif", np.uint32, "label image"),
        ("nuclei_labels.tif", np.uint16, "label image"),
        ("dapi.tif", np.uint16, "slide image"),
    ],
)
def test_label_images_are_told_from_pictures(tmp_path, name, dtype, kind):
    tifffile.imwrite(tmp_path / name, np.ones((40, 50), dtype))
    assert describe(tmp_path / name).kind == kind


@pytest.mark.parametrize("cut", [0, 1, 8, 16, 17])
def test_a_region_cut_by_the_end_of_a_block_is_counted_once(tmp_path, cut):
    """The second of three regions begins ``cut`` bytes before the end of the first mebibyte."""
    one = '{"type": "Feature", "geometry": null}'
    start = '{"features": [' + one + ", "
    gap = (1 << 20) - cut - 1 - len(start)
    text = start + " " * gap + one + ", " + one + "]}"
    assert text[(1 << 20) - cut :].startswith('"type"')
    (tmp_path / "r.geojson").write_text(text)
    found = describe(tmp_path / "r.geojson")
    assert (found.kind, found.facts) == ("GeoJSON regions", (("regions", "3"),))


def test_a_session_is_known_by_its_store_and_by_its_folder(tmp_path):
    store = tmp_path / "OUT" / "session.zarr"
    store.mkdir(parents=True)
    about = {"zarr_format": 3, "attributes": {"spotscope": {"format": 1, "name": "C2"}}}
    (store / "zarr.json").write_text(json.dumps(about))
    for path in (store, store.parent):
        found = describe(path)
        assert found.kind == "spotscope session"
        assert dict(found.facts)["sample"] == "C2"
        assert "spotscope view OUT" in found.can[0]


@pytest.mark.parametrize("name", ["letter.txt", "data.json", "weights.h5", "cut.h5ad"])
def test_what_is_not_read_is_one_sentence(tmp_path, name):
    path = tmp_path / name
    if name == "weights.h5":
        with h5py.File(path, "w") as file:
            file["weights"] = [1]
    else:
        path.write_text('{"a": 1}')
    with pytest.raises(ReadError, match="Expected") as caught:
        describe(path)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_there_is_an_error(tmp_path):
    with pytest.raises(ReadError, match="found nothing there"):
        describe(tmp_path / "gone")


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("her2st/C2.h5ad", "h5ad with spots"),
        ("her2st/C2_HE.jpg", "slide image"),
        ("visium_lymph_node", "Space Ranger folder"),
        ("janesick_breast/xenium_rep1_sample.h5ad", "single-cell reference"),
        ("pdac_A/scrna_reference.h5ad", "single-cell reference"),
        ("wsi_formats/CMU-1-Small-Region.svs", "slide image"),
    ],
)
def test_real_files_are_known(name, kind):
    if not (DATA / name).exists():
        pytest.skip(f"no {name} among the real data sets beside the project (SPOTSCOPE_DATA)")
    assert describe(DATA / name).kind == kind
