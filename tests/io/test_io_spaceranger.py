"""Space Ranger folders of every version, written by hand: all must read as the same spots."""

import gzip
import json
import os
import shutil
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from PIL import Image
from scipy.io import mmwrite

from spotscope.io import describe, read_spots
from spotscope.model import ReadError

DATA = Path(os.environ.get("SPOTSCOPE_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))

COLUMNS = [
    "barcode",
    "in_tissue",
    "array_row",
    "array_col",
    "pxl_row_in_fullres",
    "pxl_col_in_fullres",
]
GENES = ["G1", "G2", "G3"]
#: Three spots in a row and two between them, below; pitch 200 px. ``off`` is not under tissue.
PLACES = pd.DataFrame(
    [
        ("off-1", 0, 0, 2, 1000, 600),
        ("aaa-1", 1, 0, 0, 1000, 400),
        ("ccc-1", 1, 0, 4, 1000, 800),
        ("ggg-1", 1, 1, 1, 1173, 500),
        ("ttt-1", 1, 1, 3, 1173, 700),
        ("acg-1", 1, 2, 0, 1346, 400),
        ("act-1", 1, 2, 2, 1346, 600),
    ],
    columns=COLUMNS,
)
#: (spot, gene); the matrix has its own order of barcodes.
ORDER = ["ttt-1", "aaa-1", "act-1", "ccc-1", "acg-1", "ggg-1"]
COUNTS = np.arange(1, 19).reshape(6, 3)


def write_positions(spatial: Path, version: str) -> None:
    spatial.mkdir(parents=True, exist_ok=True)
    if version == "1":
        PLACES.to_csv(spatial / "tissue_positions_list.csv", header=False, index=False)
    elif version == "parquet":
        PLACES.to_parquet(spatial / "tissue_positions.parquet")
    else:
        PLACES.to_csv(spatial / "tissue_positions.csv", index=False)


def write_h5(path: Path, barcodes: list[str], counts: np.ndarray) -> None:
    matrix = sp.csc_matrix(counts.T)
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        group["data"], group["indices"] = matrix.data, matrix.indices
        group["indptr"], group["shape"] = matrix.indptr, matrix.shape
        group["barcodes"] = np.array(barcodes, "S")
        features = group.create_group("features")
        features["id"] = np.array([f"ENSG{i}" for i in range(3)], "S")
        features["name"] = np.array(GENES, "S")
        features["feature_type"] = np.array(["Gene Expression"] * 3, "S")


def write_mtx(folder: Path, barcodes: list[str], counts: np.ndarray) -> None:
    folder.mkdir(parents=True)
    mmwrite(folder / "matrix.mtx", sp.coo_matrix(counts.T))
    text = (folder / "matrix.mtx").read_bytes()
    (folder / "matrix.mtx").unlink()
    (folder / "matrix.mtx.gz").write_bytes(gzip.compress(text))
    lines = "".join(f"ENSG{i}\t{name}\tGene Expression\n" for i, name in enumerate(GENES))
    (folder / "features.tsv.gz").write_bytes(gzip.compress(lines.encode()))
    (folder / "barcodes.tsv.gz").write_bytes(gzip.compress("\n".join(barcodes).encode()))


def write_outs(outs: Path, version: str = "2", *, matrix: str = "h5", flat: bool = False) -> Path:
    spatial = outs if flat else outs / "spatial"
    write_positions(spatial, version)
    factors = {
        "tissue_hires_scalef": 0.1,
        "tissue_lowres_scalef": 0.03,
        "spot_diameter_fullres": 130.0,  # 65 µm at 0.5 µm per pixel
    }
    (spatial / "scalefactors_json.json").write_text(json.dumps(factors))
    Image.new("RGB", (12, 20)).save(spatial / "tissue_hires_image.png")
    if matrix == "h5":
        write_h5(outs / "filtered_feature_bc_matrix.h5", ORDER, COUNTS)
    elif matrix == "mtx":
        write_mtx(outs / "filtered_feature_bc_matrix", ORDER, COUNTS)
    elif matrix == "raw":
        raw = np.concatenate([COUNTS, [[7, 7, 7]]])
        write_h5(outs / "raw_feature_bc_matrix.h5", [*ORDER, "off-1"], raw)
    return outs


def check(read) -> None:
    """The spots of ``PLACES`` under tissue, in the order of the matrix."""
    assert list(read.table.obs_names) == ORDER
    assert read.table.X.toarray().tolist() == COUNTS.tolist()
    assert list(read.table.var["gene_ids"]) == ["ENSG0", "ENSG1", "ENSG2"]
    assert read.yx[0].tolist() == [1173, 700]  # ttt: row 1173, column 700
    assert read.yx[3].tolist() == [1000, 800]
    assert read.table.obs.loc["ttt-1", ["array_row", "array_col"]].tolist() == [1, 3]
    assert (read.unit, read.lattice_kind, read.diameter_um) == ("px", "hex", 55)
    assert read.mpp == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("version", ["1", "2", "parquet"])
@pytest.mark.parametrize("matrix", ["h5", "mtx"])
@pytest.mark.parametrize("flat", [False, True])
def test_every_version_reads_as_the_same_spots(tmp_path, version, matrix, flat):
    read = read_spots(write_outs(tmp_path / "S1" / "outs", version, matrix=matrix, flat=flat))
    check(read)
    assert read.name == "S1"


@pytest.mark.parametrize(
    "given",
    [
        ".",
        "spatial",
        "spatial/tissue_positions.csv",
        "spatial/scalefactors_json.json",
        "filtered_feature_bc_matrix.h5",
        "..",
    ],
)
def test_any_part_of_the_folder_opens_it(tmp_path, given):
    outs = write_outs(tmp_path / "S1" / "outs")
    check(read_spots((outs / given).resolve()))


def test_a_file_in_the_matrix_folder_opens_it(tmp_path):
    outs = write_outs(tmp_path / "outs", matrix="mtx")
    check(read_spots(outs / "filtered_feature_bc_matrix" / "matrix.mtx.gz"))


def test_a_matrix_with_the_name_of_the_sample_is_found(tmp_path):
    outs = write_outs(tmp_path / "V1")
    (outs / "filtered_feature_bc_matrix.h5").rename(outs / "V1_filtered_feature_bc_matrix.h5")
    check(read_spots(outs))


def test_zipped_files_that_begin_with_the_name_of_the_sample_are_found(tmp_path):
    """As archives keep them: all in one folder, each with the number of the sample."""
    outs = write_outs(tmp_path / "S1", "1", matrix="mtx", flat=True)
    for part in (outs / "filtered_feature_bc_matrix").iterdir():
        part.rename(outs / f"GSM1_S1_{part.name}")
    for name in ("tissue_positions_list.csv", "scalefactors_json.json"):
        (outs / f"GSM1_S1_{name}.gz").write_bytes(gzip.compress((outs / name).read_bytes()))
        (outs / name).unlink()
    check(read_spots(outs))
    shutil.copy(
        outs / "GSM1_S1_tissue_positions_list.csv.gz", outs / "GSM2_tissue_positions_list.csv.gz"
    )
    with pytest.raises(ReadError, match="found counts without places in 'S1'"):
        read_spots(outs)  # which of the two samples is not for us to say


def test_the_raw_matrix_is_cut_to_the_tissue_and_that_is_said(tmp_path):
    read = read_spots(write_outs(tmp_path / "outs", matrix="raw"))
    check(read)
    assert "6 of its 7 spots are marked as under tissue" in read.notes[0]


def test_the_hires_image_comes_with_its_pixel_size(tmp_path):
    read = read_spots(write_outs(tmp_path / "outs"))
    assert read.image == tmp_path / "outs" / "spatial" / "tissue_hires_image.png"
    assert read.image_mpp == pytest.approx(5.0, rel=1e-3)


def test_hd_bins_are_a_square_lattice_that_states_itself(tmp_path):
    """Bins of 8 µm, 16 px apart: 0.5 µm per pixel, as the scale factors say."""
    for size in (2, 8, 16):
        home = tmp_path / "outs" / "binned_outputs" / f"square_{size:03d}um"
        (home / "spatial").mkdir(parents=True)
        step = 2 * size
        names = [f"s_{size:03d}um_{i:05d}_{j:05d}-1" for i in range(3) for j in range(2)]
        places = [
            (name, 1, i, j, 100 + step * i, 300 + step * j)
            for name, (i, j) in zip(names, np.ndindex(3, 2), strict=True)
        ]
        frame = pd.DataFrame(places, columns=COLUMNS)
        frame.to_parquet(home / "spatial" / "tissue_positions.parquet")
        factors = {"bin_size_um": float(size), "microns_per_pixel": 0.5}
        (home / "spatial" / "scalefactors_json.json").write_text(json.dumps(factors))
        write_h5(home / "filtered_feature_bc_matrix.h5", names, COUNTS)
    read = read_spots(tmp_path / "outs")
    assert "square_008um taken of 3 sizes" in read.notes[0]
    assert read_spots(tmp_path / "outs" / "binned_outputs").notes[0] == read.notes[0]
    assert (read.lattice_kind, read.diameter_um, read.mpp) == ("square", 8.0, 0.5)
    spots = read.to_spots()
    assert spots.lattice.pitch_um == pytest.approx(8)
    np.testing.assert_allclose(spots.yx_um[5], [66, 158])
    other = read_spots(tmp_path / "outs" / "binned_outputs" / "square_016um")
    assert other.diameter_um == 16.0
    assert other.notes == ()


def _no_matrix(outs: Path) -> None:
    (outs / "filtered_feature_bc_matrix.h5").unlink()


def _lost_barcode(outs: Path) -> None:
    path = outs / "spatial" / "tissue_positions.csv"
    path.write_text(path.read_text().replace("ggg-1", "xxx-1"))


def _column_gone(outs: Path) -> None:
    path = outs / "spatial" / "tissue_positions.csv"
    path.write_text(path.read_text().replace("pxl_row_in_fullres", "row"))


def _twice(outs: Path) -> None:
    path = outs / "spatial" / "tissue_positions.csv"
    path.write_text(path.read_text().replace("ggg-1", "ttt-1"))


def _broken_factors(outs: Path) -> None:
    (outs / "spatial" / "scalefactors_json.json").write_text('{"tissue')


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_no_matrix, r"Expected filtered_feature_bc_matrix.h5 .* found only tissue_positions.csv"),
        (_lost_barcode, "tissue_positions.csv, found 1 of 6 missing .*'ggg-1'"),
        (_column_gone, "pxl_row_in_fullres"),
        (_twice, "every barcode once .*'ttt-1'"),
        (_broken_factors, "scale factors as JSON"),
    ],
)
def test_a_damaged_folder_says_what_is_wrong(tmp_path, spoil, said):
    outs = write_outs(tmp_path / "outs")
    spoil(outs)
    with pytest.raises(ReadError, match=said) as caught:
        read_spots(outs)
    assert caught.value.__notes__ == [f"while reading spots from {outs}"]


@pytest.mark.data
def test_the_real_lymph_node_reads_from_a_folder_as_from_its_h5ad(tmp_path):
    source = DATA / "visium_lymph_node"
    if not source.exists():
        pytest.skip("no visium_lymph_node among the real data sets beside the project")
    outs = tmp_path / "outs"
    (outs / "spatial").mkdir(parents=True)
    for name in ("tissue_positions_list.csv", "scalefactors_json.json", "tissue_lowres_image.png"):
        shutil.copy(source / name, outs / "spatial" / name)
    table = ad.read_h5ad(source / "visium.h5ad")
    folder = outs / "filtered_feature_bc_matrix"
    folder.mkdir()
    mmwrite(folder / "matrix.mtx", sp.coo_matrix(table.X.T))
    pd.DataFrame({"id": table.var_names, "name": table.var_names}).to_csv(
        folder / "genes.tsv", sep="\t", header=False, index=False
    )
    (folder / "barcodes.tsv").write_text("\n".join(table.obs_names) + "\n")
    read, other = read_spots(outs), read_spots(source / "visium.h5ad")
    np.testing.assert_allclose(read.yx, other.yx)
    assert (read.table.X != other.table.X).nnz == 0
    assert read.mpp == pytest.approx(other.mpp, rel=0.005)
    assert read.image_mpp == pytest.approx(read.mpp / 0.051033426)


def test_what_is_cut_off_is_one_sentence_when_it_is_described(tmp_path):
    outs = write_outs(tmp_path / "hd", "parquet")
    path = outs / "spatial" / "tissue_positions.parquet"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ReadError, match="found a part of it that cannot be read"):
        describe(outs)
    outs = write_outs(tmp_path / "csv")
    path = outs / "spatial" / "tissue_positions.csv"
    path.write_text(path.read_text()[:-8])
    with pytest.raises(ReadError, match="found a part of it that cannot be read"):
        describe(outs)
