"""Genes that are told of every nucleus: worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spotscope.methods.expression import ExpressionParams, how_many_genes, telling_genes
from spotscope.model import MethodError

GENES = ("alike", "type", "cell")


@pytest.fixture
def two_types(toy_fit):
    """Of three genes one is the same in all cells, one differs by type, one between cells.

    With as many cells of both types the index of dispersion less one is 0, 4 / 2 and 1 / 1.
    """
    means = np.array([[4.0, 0.0, 1.0], [4.0, 4.0, 1.0]])
    dispersion = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    names = {"type_names": ("a", "b"), "gene_names": GENES, "gene_ids": ()}
    return replace(toy_fit, means=means, dispersion=dispersion, **names)


def test_genes_that_differ_most_are_told_in_the_order_they_had(two_types):
    codes = np.array([0, 1, 1, 0, -1])
    assert telling_genes(two_types, codes, GENES, 1) == ("type",)
    assert telling_genes(two_types, codes, GENES, 2) == ("type", "cell")
    assert telling_genes(two_types, codes, ("cell", "type"), 1) == ("type",)
    assert telling_genes(two_types, codes, GENES, 3) == GENES


def test_what_differs_is_asked_of_the_types_that_the_section_has(two_types):
    """All of one type: the gene by which types differ tells nothing here."""
    assert telling_genes(two_types, np.zeros(5, int), GENES, 1) == ("cell",)


def test_a_marker_of_a_rare_type_stands_above_a_common_gene_that_varies_a_little(two_types):
    """One cell in fifty: variance .02 · .98 · 16 over mean .08 is 3.92; of the other 1."""
    codes = np.r_[np.zeros(49, int), 1]
    assert telling_genes(two_types, codes, GENES, 1) == ("type",)


def test_genes_that_are_named_come_besides_however_they_are_written(two_types):
    codes = np.array([0, 1])
    assert telling_genes(two_types, codes, GENES, 1, ("ALIKE",)) == ("alike", "type")
    with pytest.raises(MethodError, match="spots and reference share, found nowhere"):
        telling_genes(two_types, codes, GENES, 3, ("nowhere",))


def test_all_are_told_of_a_small_section_and_fewer_of_a_large_one():
    params = ExpressionParams()
    assert how_many_genes(params, 3_000, 18_000) == 18_000
    assert how_many_genes(params, 60_000, 18_000) == 1_000
    assert how_many_genes(params, 10_000_000, 18_000) == 200
    assert how_many_genes(ExpressionParams(most_genes=50), 60_000, 18_000) == 50
    assert how_many_genes(ExpressionParams(most_genes=50), 60_000, 20) == 20


@pytest.mark.parametrize("words", ["CD3E, EPCAM", "CD3E;EPCAM", " CD3E EPCAM "])
def test_names_may_stand_in_a_list_of_any_kind(words):
    assert ExpressionParams(also_genes=words).also == ("CD3E", "EPCAM")
    assert ExpressionParams().also == ()
