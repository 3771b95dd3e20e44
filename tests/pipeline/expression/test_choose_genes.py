"""Which genes are told: as a list, as a file, and what is none."""

import numpy as np
import pytest
import scipy.sparse as sp
from anndata import AnnData

from spotscope.methods.expression import _telling
from spotscope.model import MethodError, ParamsError, Reference
from spotscope.pipeline.expression._impute_genes import choose_genes, genes_to_impute


@pytest.fixture
def reference():
    table = AnnData(sp.csr_matrix(np.ones((4, 3), np.int32)))
    table.obs["cell_type"] = list("AABB")
    table.var_names = ["G1", "G2", "G3"]
    return Reference.from_table(table)


@pytest.mark.parametrize("text", ["G3\nG1\n", "G3, G1", "G3,G1\r\nG1", "G3\tG1;G3"])
def test_a_file_may_part_names_by_lines_or_commas(tmp_path, reference, text):
    path = tmp_path / "genes.txt"
    path.write_text(text)
    assert choose_genes(str(path), reference) == (("G3", "G1"), "")
    assert choose_genes("G3,G1", reference) == (("G3", "G1"), "")


def test_what_the_reference_lacks_is_counted(reference):
    genes, note = choose_genes("G1,X,Y", reference)
    assert (genes, "2 of 3 genes are not in reference: X, Y" in note) == (("G1",), True)
    with pytest.raises(ParamsError, match=r"found none of the 1 asked for \(X"):
        choose_genes("X", reference)


def test_a_file_that_is_no_text_is_one_sentence(tmp_path, reference):
    path = tmp_path / "genes.xlsx"
    path.write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(ParamsError, match="found a file that is no text"):
        choose_genes(str(path), reference)


@pytest.fixture
def differing():
    """Types differ in G3 alone; G2 is in every cell alike."""
    counts = np.array([[1, 4, 0], [0, 4, 0], [1, 4, 9], [0, 4, 9]], np.int32)
    table = AnnData(sp.csr_matrix(counts))
    table.obs["cell_type"] = list("AABB")
    table.var_names = ["G1", "G2", "G3"]
    return Reference.from_table(table)


def test_of_many_cells_the_genes_that_differ_most_are_told(differing, monkeypatch):
    monkeypatch.setattr(_telling, "_FEWEST", 1)
    assert genes_to_impute(differing, 1000, None) == (("G1", "G2", "G3"), "")
    names, note = genes_to_impute(differing, _telling._VALUES, None)
    assert names == ("G3",)
    assert note.startswith("1 of 3 genes are told")
    # a gene that dropped out is told whatever it is
    assert genes_to_impute(differing, _telling._VALUES, None, ("G2",))[0] == ("G2", "G3")
    assert genes_to_impute(differing, 1000, ["G1"]) == (("G1",), "")


def test_more_than_the_machine_has_is_one_sentence(differing, monkeypatch):
    monkeypatch.setattr("spotscope.io.available_bytes", lambda: 9 * 4 * 1000)
    assert genes_to_impute(differing, 1000, ["G1"])[0] == ("G1",)
    with pytest.raises(MethodError, match=r"1,000 cells × 2 genes, .* name fewer \(--genes\)"):
        genes_to_impute(differing, 1000, ["G1", "G2"])
