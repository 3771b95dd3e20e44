"""Spots are circles to the tools of scverse, and the table of spots tells of them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from anndata import AnnData

from spotscope.io import read_session, write_session
from spotscope.model import Lattice, Sample, Session, Spots, run

#: (y, x): no swap or flip maps them onto themselves.
YX = np.array([[100.0, 10.0], [150.0, 110.0], [420.0, 60.0]])


@pytest.fixture
def store(tmp_path) -> Path:
    """Three spots 55 µm wide; like many tables theirs has a column ``region`` of its own."""
    table = AnnData(
        sp.csr_matrix(np.arange(6).reshape(3, 2)),
        obs=pd.DataFrame({"region": ["rim", "rim", "core"]}, index=["a", "b", "c"]),
        var=pd.DataFrame(index=["G1", "G2"]),
    )
    spots = Spots(table, YX, Lattice("hex", 100.0, 55.0))
    run(write_session(tmp_path / "session.zarr", Session(Sample("three", None, spots))))
    return tmp_path / "session.zarr"


@pytest.mark.filterwarnings("ignore")  # spatialdata and ome-zarr deprecate among themselves
def test_spatialdata_has_the_spots_as_circles_that_their_table_tells_of(store):
    spatialdata = pytest.importorskip("spatialdata")
    read = spatialdata.read_zarr(store)
    discs = read.shapes["discs"]
    assert discs.geometry.x.tolist() == YX[:, 1].tolist()
    assert discs.geometry.y.tolist() == YX[:, 0].tolist()
    assert discs["radius"].tolist() == [27.5] * 3
    assert discs.index.tolist() == ["a", "b", "c"]
    joined, table = spatialdata.join_spatialelement_table(
        sdata=read, spatial_element_names="discs", table_name="spots", match_rows="left"
    )
    assert table.obs["region"].tolist() == ["rim", "rim", "core"]
    assert joined["discs"].index.tolist() == ["a", "b", "c"]


@pytest.mark.filterwarnings("ignore")
def test_spatialdata_plot_draws_them(store):
    pytest.importorskip("spatialdata_plot")
    import spatialdata
    from matplotlib.figure import Figure

    axes = Figure().subplots()  # pyplot's would look for a screen
    read = spatialdata.read_zarr(store)
    read.pl.render_shapes("discs", color="region", table_name="spots").pl.show(ax=axes)
    (low, high), (bottom, top) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    assert low < YX[:, 1].min() < YX[:, 1].max() < high
    assert bottom < YX[:, 0].min() < YX[:, 0].max() < top
    assert axes.collections


def test_what_links_them_is_no_column_of_the_user(store):
    session, _ = read_session(store)
    assert list(session.sample.spots.table.obs) == ["region"]
    np.testing.assert_array_equal(session.sample.spots.yx_um, YX)


def test_a_session_without_discs_opens(store):
    """As earlier versions wrote it."""
    import shutil

    import zarr

    del zarr.open_group(store, mode="r+").attrs["spotscope_files"]
    shutil.rmtree(store / "shapes")
    table = zarr.open_group(store / "tables" / "spots")
    for name in ("spots_element", "spots_name"):
        del table["obs"][name]
    table["obs"].attrs["column-order"] = ["region"]
    del table["uns"]["spatialdata_attrs"]
    session, _ = read_session(store)
    assert list(session.sample.spots.table.obs) == ["region"]
