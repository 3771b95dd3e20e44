"""Packed files are called so by every door."""

import gzip
import zipfile
from pathlib import Path

import anndata as ad
import numpy as np
import pytest

from spotscope import io
from spotscope.model import ReadError, run


def gzipped(tmp_path: Path) -> Path:
    path = tmp_path / "spots.h5ad"
    ad.AnnData(np.ones((2, 2), np.float32)).write_h5ad(path)
    (tmp_path / "spots.h5ad.gz").write_bytes(gzip.compress(path.read_bytes()))
    return tmp_path / "spots.h5ad.gz"


def zipped(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "outs.zip", "w") as archive:
        archive.writestr("a.txt", "counts")
    return tmp_path / "outs.zip"


@pytest.mark.parametrize("make", [gzipped, zipped])
@pytest.mark.parametrize(
    "opens",
    [
        io.read_spots,
        io.read_reference,
        io.describe,
        lambda path: run(io.open_slide(path, mpp=0.5)),
    ],
)
def test_a_packed_file_asks_to_be_unpacked(tmp_path, make, opens):
    path = make(tmp_path)
    with pytest.raises(ReadError, match=f"found '{path.name}' packed; unpack it"):
        opens(path)


def test_a_zipped_table_that_is_read_as_it_is_stays_one(tmp_path):
    path = tmp_path / "A1.tsv.gz"
    path.write_bytes(gzip.compress(b"\tG1\tG2\n10x10\t1\t2\n10x11\t3\t4\n11x10\t3\t4\n"))
    assert io.read_spots(path).table.shape == (3, 2)
