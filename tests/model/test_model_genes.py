import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from spotscope.model import GeneSpace, MethodError


def table(names, counts=None, **columns):
    counts = np.ones((1, len(names))) if counts is None else np.array([counts])
    return AnnData(counts, var=pd.DataFrame(columns, index=list(names)))


def test_shared_symbols_keep_the_order_of_the_first_table():
    space = GeneSpace.shared(table(["C", "A", "B", "X"]), table(["A", "B", "C", "Y", "Z"]))
    assert space.genes == ("C", "A", "B")
    assert space.matched_by == "symbols"
    assert space.right.toarray().argmax(axis=0).tolist() == [2, 0, 1]


def test_every_gene_left_out_is_counted_and_said():
    space = GeneSpace.shared(table(["A", "B", "X"]), table(["A", "B", "Y", "Z"]))
    assert [(item.where, item.count) for item in space.dropped] == [("spots", 1), ("reference", 2)]
    assert "1 genes of spots: not in the reference (X…)" in space.summary()


def test_what_leaving_out_means_stands_with_the_genes_it_is_of():
    space = GeneSpace.shared(table(["A", "B", "X"]), table(["A", "B", "Y"]))
    told = space.summary(lost="lost")
    assert told.startswith("2 shared genes (by symbols); 1 genes of spots: not in the reference")
    assert "(X…), lost; 1 genes of reference" in told
    whole = GeneSpace.shared(table(["A", "B"]), table(["A", "B", "Y"]))
    assert "lost" not in whole.summary(lost="lost")


@pytest.mark.filterwarnings("ignore:Variable names are not unique")
def test_a_gene_named_twice_has_its_counts_added_and_said():
    left = table(["A", "B", "A"], [1, 10, 100])
    space = GeneSpace.shared(left, table(["A", "B"]))
    assert (left.X @ space.left).tolist() == [[101, 10]]
    assert "named more than once, counts added" in space.summary()


def test_ensembl_ids_match_whatever_their_version_and_wherever_they_stand():
    left = table(["ENSG00000141736.15", "ENSG00000167286.9", "ENSG00000108821.1"])
    right = table(
        ["ERBB2", "CD3D", "COL1A1"],
        gene_ids=["ENSG00000141736", "ENSG00000167286", "ENSG00000108821"],
    )
    space = GeneSpace.shared(left, right)
    assert space.matched_by == "Ensembl ids"
    assert space.n == 3


def test_case_is_ignored_only_when_names_do_not_match_otherwise():
    mouse, human = table(["Gad1", "Slc17a7", "Pvalb"]), table(["GAD1", "SLC17A7", "SST"])
    space = GeneSpace.shared(mouse, human)
    assert space.matched_by == "symbols, case ignored"
    assert "check that both are of one species" in space.summary()
    assert space.genes == ("GAD1", "SLC17A7")
    assert GeneSpace.shared(mouse, table(["Gad1", "PVALB"])).matched_by == "symbols"


def test_no_shared_gene_says_what_was_found_on_both_sides():
    with pytest.raises(MethodError, match=r"found none \(such as A, B against X, Y\)"):
        GeneSpace.shared(table(["A", "B"]), table(["X", "Y"]))
