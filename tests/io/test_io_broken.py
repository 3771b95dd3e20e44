"""Files that broke: one sentence of what is there, and none of the words of HDF5's library."""

import shutil

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.io import describe, read_spots
from spotscope.io._broken import broken, is_of_reading
from spotscope.model import ReadError

N = 40
THEIRS = ("synchronously", "sblock", "signature", "filter", "attribute", "object '", "IOSpec")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """40 spots of 30 genes, a good file."""
    rng = np.random.default_rng(0)
    table = anndata.AnnData(
        sp.csr_matrix(rng.poisson(3.0, (N, 30)).astype(np.int32)),
        obs=pd.DataFrame(index=[f"s{i}" for i in range(N)]),
        var=pd.DataFrame(index=[f"G{i}" for i in range(30)]),
        obsm={"spatial": 100.0 * np.stack([np.arange(N) % 8, np.arange(N) // 8], axis=1)},
    )
    path = tmp_path_factory.mktemp("whole") / "a.h5ad"
    table.write_h5ad(path, compression="gzip")
    return path


def refused(path):
    with pytest.raises(ReadError) as caught:
        read_spots(path)
    said = str(caught.value)
    assert not [word for word in THEIRS if word in said]
    return said


def edited(whole, tmp_path, edit):
    path = tmp_path / "edited.h5ad"
    shutil.copy(whole, path)
    with h5py.File(path, "r+") as file:
        edit(file)
    return path


def test_a_file_that_breaks_off_says_how_much_of_it_is_there(whole, tmp_path):
    path = tmp_path / "half.h5ad"
    data = whole.read_bytes()
    path.write_bytes(data[:5000])
    said = refused(path)
    assert f"found 5,000 of its {len(data):,} bytes; copy or download it again." in said
    with pytest.raises(ReadError, match="5,000 of its"):
        describe(path)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "found an empty file; copy or download it again"),
        (b"dear all\n" * 99, "found a file of another kind"),
        (b"PK\x03\x04" + bytes(500), "packed; unpack it"),
    ],
)
def test_what_is_no_table_at_all_is_called_so(tmp_path, data, found):
    path = tmp_path / "b.h5ad"
    path.write_bytes(data)
    assert found in refused(path)


def test_packed_values_that_were_overwritten_are_damaged(whole, tmp_path):
    def spoil(file):
        at = file["X/data"].id.get_chunk_info(0)
        places.append((at.byte_offset, at.size))

    places = []
    path = edited(whole, tmp_path, spoil)
    (offset, size) = places[0]
    data = bytearray(path.read_bytes())
    data[offset : offset + size] = bytes(size)
    path.write_bytes(bytes(data))
    assert "found a damaged file; copy or download it again." in refused(path)


def test_parts_that_lack_or_do_not_fit_are_named(whole, tmp_path):
    path = edited(whole, tmp_path, lambda file: file.pop("X/indptr"))
    assert "found a file without 'indptr'; write it again." in refused(path)

    def shorten(file):
        places, said = file["obsm/spatial"][:-3], dict(file["obsm/spatial"].attrs)
        del file["obsm/spatial"]
        file["obsm/spatial"] = places
        file["obsm/spatial"].attrs.update(said)

    assert "do not fit together ('spatial')" in refused(edited(whole, tmp_path, shorten))


def test_a_layout_of_a_later_anndata_is_told(whole, tmp_path):
    def later(file):
        file["X"].attrs["encoding-version"] = "9.9.9"

    said = refused(edited(whole, tmp_path, later))
    assert "does not know (csr_matrix 9.9.9); update anndata, or write it again." in said


def test_values_beside_their_matrix_are_not_read_past_its_end(whole, tmp_path):
    def wild(file):
        file["X/indices"][5] = 99_999

    assert "damaged" in refused(edited(whole, tmp_path, wild))


def test_a_file_that_may_not_be_read_and_faults_that_are_not_the_files(tmp_path):
    path = tmp_path / "c.h5ad"
    path.write_bytes(b"x")
    said = str(broken(path, "a table", PermissionError(13, "Permission denied")))
    assert said == (
        "Expected a table in c.h5ad, found one that may not be read; change its permissions."
    )
    assert "update anndata" in str(broken(path, "a table", AttributeError("no such thing")))
    assert not is_of_reading(ZeroDivisionError())
