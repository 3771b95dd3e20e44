"""Places of spots that stand elsewhere, under other names or in other units than they should."""

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.io import describe, read_spots
from spotscope.model import ReadError

#: (x, y) of five beads; nothing is symmetric.
XY = np.array([[10.0, 300.0], [12.0, 320.0], [25.0, 310.0], [40.0, 340.0], [41.0, 300.0]])


def write(tmp_path: Path, columns: dict[str, np.ndarray], **kept) -> Path:
    """Five beads with columns, and what else is kept of them (``obsm``, ``uns``)."""
    table = ad.AnnData(
        sp.csr_matrix(np.arange(1, 16).reshape(5, 3).astype(np.float32)),
        obs=pd.DataFrame(columns, index=list("abcde")),
        var=pd.DataFrame(index=["G1", "G2", "G3"]),
        **kept,
    )
    table.write_h5ad(tmp_path / "beads.h5ad")
    return tmp_path / "beads.h5ad"


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("x", "y"),
        ("X", "Y"),
        ("x_centroid", "y_centroid"),
        ("pxl_col_in_fullres", "pxl_row_in_fullres"),
        ("imagecol", "imagerow"),
        ("pixel_x", "pixel_y"),
    ],
)
def test_places_are_taken_from_columns_where_they_stand_nowhere_else(tmp_path, x, y):
    path = write(tmp_path, {"total": np.ones(5), y: XY[:, 1], x: XY[:, 0]})
    read = read_spots(path, mpp=1.0)
    np.testing.assert_allclose(read.yx, XY[:, ::-1])
    assert f"Places are those of the columns {x!r} and {y!r}: obsm['spatial'] is not there." in (
        read.notes
    )


def test_pixels_go_before_x_and_y_which_may_be_of_the_array(tmp_path):
    columns = {"x": np.arange(5.0), "y": np.ones(5), "pixel_x": XY[:, 0], "pixel_y": XY[:, 1]}
    np.testing.assert_allclose(read_spots(write(tmp_path, columns), mpp=1.0).yx, XY[:, ::-1])


def test_text_in_such_columns_is_no_place(tmp_path):
    path = write(tmp_path, {"x": np.array(list("abcde")), "y": np.arange(5)})
    with pytest.raises(ReadError, match=r"Expected positions of the spots in obsm\['spatial'\]"):
        read_spots(path, mpp=1.0)


def test_places_under_the_name_of_an_embedding_are_places(tmp_path):
    path = write(tmp_path, {}, obsm={"X_spatial": XY})
    np.testing.assert_allclose(read_spots(path, mpp=1.0).yx, XY[:, ::-1])


def test_info_sees_the_places_that_the_reader_takes(tmp_path):
    found = describe(write(tmp_path, {"x": XY[:, 0], "y": XY[:, 1]}))
    assert found.kind == "h5ad with spots"
    assert dict(found.facts)["layout"].startswith("free")


def test_cells_with_labels_and_columns_x_and_y_stay_a_table_for_a_reference(tmp_path):
    columns = {"x": XY[:, 0], "y": XY[:, 1], "annotation": np.array(list("TTBBB"))}
    assert describe(write(tmp_path, columns)).kind == "h5ad table"


def test_a_frame_of_rows_and_columns_is_not_taken_for_x_and_y(tmp_path):
    frame = pd.DataFrame(
        {"pxl_row_in_fullres": XY[:, 1], "pxl_col_in_fullres": XY[:, 0]}, index=list("abcde")
    )
    path = write(tmp_path, {}, obsm={"spatial": frame})
    np.testing.assert_allclose(read_spots(path, mpp=1.0).yx, XY[:, ::-1])


def lattice(tmp_path: Path, pitch: float) -> Path:
    """Nine spots of a square lattice."""
    xy = pitch * np.array([(x, y) for y in range(3) for x in range(3)], float)
    table = ad.AnnData(np.arange(1, 19).reshape(9, 2).astype(np.float32), obsm={"spatial": xy})
    table.write_h5ad(tmp_path / "st.h5ad")
    return tmp_path / "st.h5ad"


@pytest.mark.parametrize("mpp", [None, 0.5])
def test_places_as_far_apart_as_the_platform_has_them_may_be_microns(tmp_path, mpp):
    said = "may be in µm already: if so, write 'um' in uns['spatial_units']"
    assert any(said in note for note in read_spots(lattice(tmp_path, 200.0), mpp=mpp).notes)


def test_places_of_another_pitch_are_pixels(tmp_path):
    assert not any("µm already" in note for note in read_spots(lattice(tmp_path, 290.0)).notes)


@pytest.mark.parametrize(
    ("unit", "per"), [("mm", 1e3), ("millimetres", 1e3), ("nm", 1e-3), ("µm", 1), ("cm", 1e4)]
)
def test_lengths_of_any_size_become_microns(tmp_path, unit, per):
    path = write(tmp_path, {}, obsm={"spatial": XY / per}, uns={"spatial_units": unit})
    read = read_spots(path)
    assert read.unit == "um"
    np.testing.assert_allclose(read.yx, XY[:, ::-1])
    steps = float(dict(describe(path).facts)["layout"].split()[1])
    assert steps == pytest.approx(read.pitch, rel=1e-3)
