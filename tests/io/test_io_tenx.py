"""10x matrices written by hand in every layout; all must read as the same table."""

import gzip
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.sparse as sp
from scipy.io import mmwrite

from spotscope.io._tenx import find_mtx, is_10x_h5, read_10x
from spotscope.model import ReadError

#: (gene, barcode): ACT1 counts 1 and 4, ACT2 nothing, ACT3 2 and 0; CD3_TotalSeqB is an antibody.
COUNTS = np.array([[1, 4], [0, 0], [2, 0], [90, 80]])
IDS = ["ENSG01", "ENSG02", "ENSG03", "AB1"]
SYMBOLS = ["ACT1", "ACT2", "ACT3", "CD3_TotalSeqB"]
KINDS = ["Gene Expression"] * 3 + ["Antibody Capture"]
BARCODES = ["AAA-1", "CCC-1"]


def fill(group: h5py.Group, counts: np.ndarray) -> None:
    matrix = sp.csc_matrix(counts)
    group["data"], group["indices"], group["indptr"] = matrix.data, matrix.indices, matrix.indptr
    group["shape"] = matrix.shape
    group["barcodes"] = np.array(BARCODES, "S")


def write_v3(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        fill(group, COUNTS)
        features = group.create_group("features")
        for name, values in (("id", IDS), ("name", SYMBOLS), ("feature_type", KINDS)):
            features[name] = np.array(values, "S")
    return path


def write_v2(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        group = file.create_group("GRCh38")
        fill(group, COUNTS[:3])
        group["genes"] = np.array(IDS[:3], "S")
        group["gene_names"] = np.array(SYMBOLS[:3], "S")
    return path


def write_mtx(folder: Path, zipped: bool, old: bool) -> Path:
    folder.mkdir()
    rows = range(3) if old else range(4)
    lines = [f"{IDS[i]}\t{SYMBOLS[i]}" + ("" if old else f"\t{KINDS[i]}") for i in rows]
    texts = {
        "genes.tsv" if old else "features.tsv": "\n".join(lines) + "\n",
        "barcodes.tsv": "\n".join(BARCODES) + "\n",
    }
    mmwrite(folder / "matrix.mtx", sp.coo_matrix(COUNTS[list(rows)]))
    texts["matrix.mtx"] = (folder / "matrix.mtx").read_text()
    (folder / "matrix.mtx").unlink()
    for name, text in texts.items():
        if zipped:
            (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (folder / name).write_text(text)
    return folder


LAYOUTS = {
    "h5 v3": lambda tmp: write_v3(tmp / "m.h5"),
    "h5 v2": lambda tmp: write_v2(tmp / "m.h5"),
    "mtx.gz v3": lambda tmp: write_mtx(tmp / "m", zipped=True, old=False),
    "mtx v3": lambda tmp: write_mtx(tmp / "m", zipped=False, old=False),
    "mtx v2": lambda tmp: write_mtx(tmp / "m", zipped=False, old=True),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_reads_as_the_same_table(tmp_path, layout):
    table, notes = read_10x(LAYOUTS[layout](tmp_path))
    assert table.X.toarray().tolist() == [[1, 0, 2], [4, 0, 0]]
    assert list(table.obs_names) == BARCODES
    assert list(table.var_names) == SYMBOLS[:3]
    assert list(table.var["gene_ids"]) == IDS[:3]
    antibody = "Features that are not gene expression are left out: 1 of Antibody Capture."
    assert notes == ((antibody,) if "v3" in layout else ())


def test_two_genomes_are_stacked(tmp_path):
    path = write_v2(tmp_path / "mix.h5")
    with h5py.File(path, "a") as file:
        group = file.create_group("mm10")
        fill(group, COUNTS[:1])
        group["genes"] = np.array(["ENSMUSG1"], "S")
        group["gene_names"] = np.array(["Act1"], "S")
    table, _ = read_10x(path)
    assert list(table.var_names) == ["ACT1", "ACT2", "ACT3", "Act1"]
    assert table.X.toarray().tolist() == [[1, 0, 2, 1], [4, 0, 0, 4]]


def test_genes_named_twice_stay_apart_in_the_table(tmp_path):
    path = write_v3(tmp_path / "m.h5")
    with h5py.File(path, "a") as file:
        file["matrix/features/name"][1] = b"ACT1"
    table, _ = read_10x(path)
    assert list(table.var_names) == ["ACT1", "ACT1", "ACT3"]


def test_only_antibodies_are_refused(tmp_path):
    path = write_v3(tmp_path / "m.h5")
    with h5py.File(path, "a") as file:
        file["matrix/features/feature_type"][:3] = b"Antibody Capture"
    with pytest.raises(ReadError, match="gene expression in m.h5, found only Antibody Capture"):
        read_10x(path)


def test_other_hdf5_is_refused(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["weights"] = [1, 2]
    assert not is_10x_h5(tmp_path / "other.h5")
    with pytest.raises(ReadError, match="found 'weights'"):
        read_10x(tmp_path / "other.h5")


def test_a_truncated_file_is_refused(tmp_path):
    path = write_v3(tmp_path / "m.h5")
    path.write_bytes(path.read_bytes()[:500])
    assert not is_10x_h5(path)
    with pytest.raises(
        ReadError, match=r"found 500 of its [\d,]+ bytes; copy or download it again"
    ):
        read_10x(path)


def test_a_folder_that_lacks_a_part_says_which(tmp_path):
    folder = write_mtx(tmp_path / "m", zipped=False, old=False)
    (folder / "features.tsv").unlink()
    with pytest.raises(ReadError, match=r"features.tsv or genes.tsv \(or .gz\)"):
        read_10x(folder)


def test_parts_of_two_runs_are_refused(tmp_path):
    folder = write_mtx(tmp_path / "m", zipped=False, old=False)
    (folder / "barcodes.tsv").write_text("AAA-1\n")
    with pytest.raises(ReadError, match=r"Expected 4 genes × 1 barcodes .* found 4 × 2"):
        read_10x(folder)


def test_a_matrix_that_breaks_off_is_refused(tmp_path):
    folder = write_mtx(tmp_path / "m", zipped=True, old=False)
    path = folder / "matrix.mtx.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ReadError, match="breaks off"):
        read_10x(folder)


def test_a_sample_name_before_the_files_is_understood(tmp_path):
    folder = write_mtx(tmp_path / "m", zipped=True, old=False)
    for path in list(folder.iterdir()):
        path.rename(folder / f"GSM1_{path.name}")
    assert find_mtx(folder) == folder / "GSM1_matrix.mtx.gz"
    assert read_10x(folder)[0].shape == (2, 3)
