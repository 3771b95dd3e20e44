"""Which genes are told: as a list, as a file, and what is none."""

import numpy as np
import pytest
import scipy.sparse as sp
from anndata import AnnData

from spotscope.model import ParamsError, Reference
from spotscope.pipeline.expression._impute_genes import choose_genes


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
