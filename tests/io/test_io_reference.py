"""References in every form, and the sentences of those that cannot be used."""

import gzip
import os
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.io import read_reference
from spotscope.model import ReadError

DATA = Path(os.environ.get("SPOTSCOPE_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))

COUNTS = np.array([[10, 0, 1], [8, 0, 1], [0, 5, 1], [0, 7, 2]])
CELLS = ["c1", "c2", "c3", "c4"]
GENES = ["KRT8", "CD3E", "ACTB"]
TYPES = ["Tumour", "Tumour", "T cell", "T cell"]


def make_table() -> ad.AnnData:
    """Two tumour cells, two T cells, three genes."""
    return ad.AnnData(
        sp.csr_matrix(COUNTS.astype(np.float32)),
        obs=pd.DataFrame({"cell_type": TYPES, "label": list("xxyy")}, index=CELLS),
        var=pd.DataFrame(index=GENES),
    )


def write(table: ad.AnnData, tmp_path: Path) -> Path:
    table.write_h5ad(tmp_path / "ref.h5ad")
    return tmp_path / "ref.h5ad"


def write_10x(tmp_path: Path) -> Path:
    matrix = sp.csc_matrix(COUNTS.T)
    with h5py.File(tmp_path / "ref.h5", "w") as file:
        group = file.create_group("matrix")
        group["data"], group["indices"] = matrix.data, matrix.indices
        group["indptr"], group["shape"] = matrix.indptr, matrix.shape
        group["barcodes"] = np.array(CELLS, "S")
        group["features/id"] = np.array(["E1", "E2", "E3"], "S")
        group["features/name"] = np.array(GENES, "S")
    return tmp_path / "ref.h5"


def write_labels(tmp_path: Path, text: str) -> Path:
    (tmp_path / "labels.csv").write_text(text)
    return tmp_path / "labels.csv"


LABELS = "barcode,cell_type\nc4,T cell\nc1,Tumour\nc2,Tumour\nc3,T cell\n"


def check(reference) -> None:
    assert reference.types == ("T cell", "Tumour")
    assert reference.codes.tolist() == [1, 1, 0, 0]
    assert reference.table.X.toarray().tolist() == COUNTS.tolist()
    assert reference.table.X.dtype == np.int32
    assert list(reference.table.var_names) == GENES


def test_h5ad(tmp_path):
    reference = read_reference(write(make_table(), tmp_path))
    check(reference)
    assert reference.name == "ref"
    assert reference.notes == ()


def test_another_column_can_be_named(tmp_path):
    assert read_reference(write(make_table(), tmp_path), cell_type="label").types == ("x", "y")


def test_10x_h5_with_labels_in_another_order(tmp_path):
    check(read_reference(write_10x(tmp_path), labels=write_labels(tmp_path, LABELS)))


def test_mtx_folder_with_labels(tmp_path):
    folder = tmp_path / "mtx"
    folder.mkdir()
    lines = ["%%MatrixMarket matrix coordinate integer general", "3 4 8"]
    lines += [f"{g + 1} {c + 1} {COUNTS[c, g]}" for c, g in zip(*COUNTS.nonzero(), strict=True)]
    (folder / "matrix.mtx.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    (folder / "barcodes.tsv").write_text("\n".join(CELLS) + "\n")
    (folder / "genes.tsv").write_text("".join(f"E\t{gene}\n" for gene in GENES))
    check(read_reference(folder, labels=write_labels(tmp_path, LABELS)))
    check(read_reference(folder / "matrix.mtx.gz", labels=tmp_path / "labels.csv"))


@pytest.mark.parametrize(
    "text",
    [
        LABELS.replace(",", "\t"),
        LABELS.replace("cell_type", "annotation"),
        LABELS.replace("barcode", "Barcode"),
        ",cell_type\nc1,Tumour\nc2,Tumour\nc3,T cell\nc4,T cell\n",
        "cell_type,barcode\nTumour,c1\nTumour,c2\nT cell,c3\nT cell,c4\n",
        # write.table and write.csv of R: names of the rows have no name over them
        "cell_type\nc1\tTumour\nc2\tTumour\nc3\tT cell\nc4\tT cell\n",
        "ident\tcell_type\nc1\tx\tTumour\nc2\tx\tTumour\nc3\ty\tT cell\nc4\ty\tT cell\n",
        '"","cell","cell_type"\nc1,x,Tumour\nc2,x,Tumour\nc3,y,T cell\nc4,y,T cell\n',
        "c1,Tumour\nc2,Tumour\nc3,T cell\nc4,T cell\n",
    ],
)
def test_labels_in_many_shapes(tmp_path, text):
    check(read_reference(write_10x(tmp_path), labels=write_labels(tmp_path, text)))


def test_labels_override_those_of_an_h5ad(tmp_path):
    labels = write_labels(tmp_path, LABELS.replace("Tumour", "Cancer"))
    assert read_reference(write(make_table(), tmp_path), labels=labels).types[0] == "Cancer"


def test_cells_without_a_label_are_left_out_and_counted(tmp_path):
    text = LABELS.replace("c2,Tumour\n", "")
    reference = read_reference(write_10x(tmp_path), labels=write_labels(tmp_path, text))
    assert list(reference.table.obs_names) == ["c1", "c3", "c4"]
    assert "1 cells of ref are left out: no type (nan)" in reference.notes


def test_a_type_of_one_cell_is_kept_and_said(tmp_path):
    table = make_table()
    table.obs["cell_type"] = ["Tumour", "Tumour", "T cell", "B cell"]
    reference = read_reference(write(table, tmp_path))
    assert reference.n_types == 3
    (note,) = reference.notes
    assert note.startswith("2 cell types have a single cell (B cell, T cell)")


def test_a_cell_without_counts_is_said(tmp_path):
    table = make_table()
    table.X = sp.csr_matrix(COUNTS * np.array([[1], [1], [0], [1]]))
    assert "1 cells have no count" in read_reference(write(table, tmp_path)).notes[0]


def test_genes_named_twice_are_said(tmp_path):
    table = make_table()
    table.var_names = ["KRT8", "KRT8", "ACTB"]
    table.obs["cell_type"] = ["Tumour", None, "T cell", "T cell"]
    notes = read_reference(write(table, tmp_path)).notes
    assert len(notes) == 3  # a cell without a type, a type of one cell, a gene twice
    assert "stands more than once (KRT8)" in notes[-1]


def test_raw_counts_are_found_beside_normalised_ones(tmp_path):
    table = make_table()
    table.layers["counts"] = table.X.copy()
    table.X = np.log1p(table.X.toarray())
    reference = read_reference(write(table, tmp_path))
    check(reference)
    assert "taken from layers['counts']" in reference.notes[0]


def _no_column(table):
    del table.obs["cell_type"]


def _one_type(table):
    table.obs["cell_type"] = "Tumour"


def _logged(table):
    table.X = np.log1p(table.X.toarray())


def _negative(table):
    table.X = table.X.toarray() - 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_no_column, r"a column 'cell_type' in the cells of ref, found 'label'"),
        (_one_type, r"at least two cell types in ref, found \['Tumour'\]"),
        (_logged, "raw whole counts of ref, found log-normalised values"),
        (_negative, "counts of ref to be 0 or more, found -1"),
    ],
)
def test_an_unusable_reference_is_one_sentence_with_the_file(tmp_path, spoil, said):
    table = make_table()
    spoil(table)
    path = write(table, tmp_path)
    with pytest.raises(ReadError, match=said) as caught:
        read_reference(path)
    assert "\n" not in str(caught.value)
    assert caught.value.__notes__ == [f"while reading the reference {path}"]


def test_a_matrix_without_labels_asks_for_them(tmp_path):
    with pytest.raises(ReadError, match=r"--labels FILE"):
        read_reference(write_10x(tmp_path))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("barcode,cell_type\nz9,Tumour\n", r"found none of them \(such as 'z9' against 'c1'\)"),
        ("barcode,a,b\nc1,2,3\n", r"a column 'cell_type' in labels.csv, found 'barcode', 'a', 'b'"),
    ],
)
def test_labels_that_do_not_fit_are_refused(tmp_path, text, said):
    with pytest.raises(ReadError, match=said):
        read_reference(write_10x(tmp_path), labels=write_labels(tmp_path, text))


def test_what_is_no_reference_is_refused(tmp_path):
    with pytest.raises(ReadError, match="found nothing there"):
        read_reference(tmp_path / "no.h5")
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(ReadError, match="found 'x.txt'"):
        read_reference(tmp_path / "x.txt")
    with pytest.raises(ReadError, match="Expected an h5ad file"):
        read_reference(tmp_path / "no.h5ad")


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "cells", "types"),
    [
        ("janesick_breast/xenium_rep1_sample.h5ad", 32788, 11),
        ("pdac_A/scrna_reference.h5ad", 1926, 20),
        ("visium_lymph_node/scrna_reference.h5ad", 330, 11),
    ],
)
def test_real_references(name, cells, types):
    if not (DATA / name).exists():
        pytest.skip(f"no {name} among the real data sets beside the project (SPOTSCOPE_DATA)")
    reference = read_reference(DATA / name)
    assert (reference.table.n_obs, reference.n_types) == (cells, types)
    np.testing.assert_allclose(reference.profiles().sum(axis=1), 1)


def test_a_column_that_names_cells_is_no_column_of_types(tmp_path):
    n = 501
    table = ad.AnnData(sp.csr_matrix(np.ones((n, 2), np.int32)))
    table.obs = pd.DataFrame({"cell_type": [f"c{i}" for i in range(n)]}, index=table.obs_names)
    with pytest.raises(
        ReadError, match=r"at most 500 cell types in ref, found 501 \(such as 'c0'\)"
    ):
        read_reference(write(table, tmp_path))


def test_genes_named_by_ids_take_the_symbols_beside_them(tmp_path):
    table = make_table()
    table.var = pd.DataFrame(
        {"feature_name": ["KRT8", None, "ACTB"]},
        index=["ENSG00000170421", "ENSG00000198851", "ENSG00000075624"],
    )
    reference = read_reference(write(table, tmp_path))
    assert list(reference.table.var_names) == ["KRT8", "ENSG00000198851", "ACTB"]
    assert reference.table.var["gene_ids"].iloc[0] == "ENSG00000170421"
    assert "Genes are named by the column 'feature_name'" in reference.notes[0]


def test_so_do_the_genes_of_raw(tmp_path):
    table = make_table()
    table.var.index = ["ENSG00000170421", "ENSG00000198851", "ENSG00000075624"]
    table.var["feature_name"] = GENES
    table.raw = table.copy()
    table.X = table.X / 7
    check(read_reference(write(table, tmp_path)))


def test_a_10x_file_that_breaks_off_is_named_so(tmp_path):
    path = write_10x(tmp_path)
    path.write_bytes(path.read_bytes()[:500])
    labels = write_labels(tmp_path, LABELS)
    with pytest.raises(
        ReadError, match=r"found 500 of its [\d,]+ bytes; copy or download it again"
    ):
        read_reference(path, labels=labels)


def test_labels_of_one_column_are_not_parted_at_a_letter(tmp_path):
    text = "barcode\n" + "".join(f"{name}\n" for name in CELLS)
    with pytest.raises(ReadError, match="one column, 'barcode'"):
        read_reference(write_10x(tmp_path), labels=write_labels(tmp_path, text))


@pytest.mark.parametrize("text", ["", "\n", "barcode\n"])
def test_labels_without_any_are_one_sentence(tmp_path, text):
    with pytest.raises(ReadError, match="^Expected"):
        read_reference(write_10x(tmp_path), labels=write_labels(tmp_path, text))
