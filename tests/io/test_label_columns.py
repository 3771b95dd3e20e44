"""Columns that may name cell types, likeliest first."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from spotscope import io
from spotscope.model import ReadError


def write(path, **columns):
    obs = pd.DataFrame(columns, index=[f"c{i}" for i in range(6)])
    table = ad.AnnData(np.ones((6, 2), np.float32), obs=obs)
    table.write_h5ad(path)
    return path


def test_words_are_offered_and_numbers_are_not_likeliest_names_first(tmp_path):
    letters = list("aabbcc")
    path = write(
        tmp_path / "atlas.h5ad",
        n_counts=np.arange(6),
        donor=letters,
        leiden=letters,
        same=["x"] * 6,
        Annotation=pd.Categorical(letters),
        CellType=letters,
    )
    assert io.label_columns(path) == ("CellType", "Annotation", "leiden", "donor")


def test_the_columns_own_name_comes_first(tmp_path):
    path = write(tmp_path / "a.h5ad", celltype=list("aabbcc"), cell_type=list("abcabc"))
    assert io.label_columns(path) == ("cell_type", "celltype")


def test_other_files_have_none_and_broken_ones_say_so(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"")
    assert io.label_columns(tmp_path / "a.h5") == ()
    (tmp_path / "b.h5ad").write_bytes(b"not hdf5")
    with pytest.raises(ReadError, match="found a file of another kind"):
        io.label_columns(tmp_path / "b.h5ad")


@pytest.mark.parametrize("kind", ["category", "str"])
def test_letters_of_any_script_are_words(tmp_path, kind):
    words = pd.Series(["γδ T cell", "β cell", "γδ T cell"], list("abc")).astype(kind)
    table = ad.AnnData(np.ones((3, 2), np.float32), obs=pd.DataFrame({"cell_type": words}))
    table.write_h5ad(tmp_path / "greek.h5ad")
    assert io.label_columns(tmp_path / "greek.h5ad") == ("cell_type",)
    assert dict(io.describe(tmp_path / "greek.h5ad").facts)["cell types"] == "β cell, γδ T cell"
