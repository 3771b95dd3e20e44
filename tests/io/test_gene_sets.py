from __future__ import annotations

import pytest

from spotscope import io
from spotscope.model import ReadError


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.gmt", "T cells\thttp://x\tCD3D\tCD3E\tCD3D\nB cells\tna\tMS4A1\t\n"),
        ("a.csv", "T cells,B cells\nCD3D,MS4A1\nCD3E,\n"),
        ("a.csv", "Gene,Set\nCD3D,T cells\nMS4A1,B cells\nCD3E,T cells\n"),
        ("a.tsv", "set\tgene\nT cells\tCD3D\nT cells\tCD3E\nB cells\tMS4A1\n"),
        ("a.csv", "\ufeffT cells\tB cells\nCD3D\tMS4A1\nCD3E\t\n"),
    ],
)
def test_every_layout_says_the_same(tmp_path, name, text):
    (tmp_path / name).write_text(text, "utf-8")
    found = io.read_gene_sets(tmp_path / name)
    assert found == {"T cells": ("CD3D", "CD3E"), "B cells": ("MS4A1",)}


@pytest.mark.parametrize("text", ["", "\n\n", "only a name\n", "T cells\tna\n"])
def test_a_file_without_sets_says_so(tmp_path, text):
    (tmp_path / "a.gmt").write_text(text, "utf-8")
    with pytest.raises(ReadError, match="at least one set"):
        io.read_gene_sets(tmp_path / "a.gmt")


def test_what_is_no_text_says_so(tmp_path):
    (tmp_path / "a.gmt").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(ReadError, match="text file of gene sets"):
        io.read_gene_sets(tmp_path / "a.gmt")
    with pytest.raises(ReadError, match="text file of gene sets"):
        io.read_gene_sets(tmp_path / "none.gmt")
