"""Spots in h5ad, in every form, and everything that can be wrong with them."""

import os
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.io import describe, read_spots
from spotscope.io._spot_table import _on_pixel_size
from spotscope.model import ReadError

DATA = Path(os.environ.get("SPOTSCOPE_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
HEX_ROW = np.sqrt(3) / 2


def make_table(unit_px: float = 50.0) -> ad.AnnData:
    """Six spots of a hexagonal lattice, in no way symmetric; x runs to the right.

    ::

             x  1   1.5   2   2.5   3  (× pitch, here 50 px)
        y  1    a         b         c
        y  1.87      d         e
        y  2.73 f
    """
    x = np.array([1, 2, 3, 1.5, 2.5, 1])
    y = 1 + HEX_ROW * np.array([0, 0, 0, 1, 1, 2])
    table = ad.AnnData(
        sp.csr_matrix(np.arange(18).reshape(6, 3).astype(np.float32)),
        obs=pd.DataFrame({"region": list("uuvvww")}, index=list("abcdef")),
        var=pd.DataFrame(index=["G1", "G2", "G3"]),
    )
    table.obsm["spatial"] = unit_px * np.stack([x, y], axis=1)
    return table


def write(table: ad.AnnData, path: Path) -> Path:
    table.write_h5ad(path)
    return path


@pytest.fixture
def plain(tmp_path) -> Path:
    return write(make_table(), tmp_path / "plain.h5ad")


def test_x_and_y_are_swapped_on_the_way_in(plain):
    read = read_spots(plain)
    np.testing.assert_allclose(read.yx[3], [50 * (1 + HEX_ROW), 75])
    np.testing.assert_allclose(read.yx[2], [50, 150])


def test_positions_are_not_kept_twice(plain):
    assert "spatial" not in read_spots(plain).table.obsm


def test_other_columns_stay(plain):
    assert list(read_spots(plain).table.obs["region"]) == list("uuvvww")


def test_counts_come_out_as_sparse_integers(plain):
    table = read_spots(plain).table
    assert sp.isspmatrix_csr(table.X)
    assert table.X.dtype == np.int32
    assert table.X.toarray().tolist() == np.arange(18).reshape(6, 3).tolist()


def test_beside_a_thumbnail_it_is_said_which_image_has_that_pixel_size():
    """The thumbnail that is shown has another, which stands above the sentence."""
    (said,) = _on_pixel_size(None, 0.725, 100.0, thumbnail=True)
    assert said == (
        "Pixel size 0.725 µm of the full-resolution image inferred from the spot pitch (100 µm)."
    )


def test_the_pixel_size_comes_from_the_pitch_and_is_said(plain):
    read = read_spots(plain)
    assert (read.unit, read.lattice_kind) == ("px", "hex")
    assert read.mpp == pytest.approx(2.0)  # 100 µm over 50 px
    assert read.notes == ("Pixel size 2 µm inferred from the spot pitch (100 µm).",)
    spots = read.to_spots()
    assert spots.lattice.pitch_um == pytest.approx(100)
    assert spots.lattice.diameter_um == 55
    np.testing.assert_allclose(spots.yx_um[2], [100, 300])


def test_a_pixel_size_given_wins(plain):
    assert read_spots(plain, mpp=1.98).mpp == 1.98
    np.testing.assert_allclose(read_spots(plain).to_spots(mpp=1.5).yx_um[2], [75, 225])


def test_a_given_pixel_size_that_does_not_fit_the_pitch_is_named(plain):
    (note,) = read_spots(plain, mpp=0.5).notes
    assert "0.5 µm does not fit the spot pitch" in note
    assert "2 µm" in note


def test_scverse_form_keeps_its_library_and_its_diameter_is_not_believed(tmp_path):
    table = make_table()
    factors = {"spot_diameter_fullres": 32.5, "tissue_hires_scalef": 0.17}  # 65 µm at 2 µm/px
    table.uns["spatial"] = {"lib": {"images": {}, "scalefactors": factors}}
    read = read_spots(write(table, tmp_path / "visium.h5ad"))
    assert read.mpp == pytest.approx(2.0)
    assert read.diameter_um == 55
    assert read.table.uns["spatial"]["lib"]["scalefactors"]["tissue_hires_scalef"] == 0.17


def test_what_the_file_states_is_used(tmp_path):
    table = make_table()
    table.uns |= {
        "spatial_units": "pixels of the full-resolution H&E (x,y)",
        "um_per_pixel": 1.99,
        "spot_diameter_um": 60.0,
    }
    read = read_spots(write(table, tmp_path / "stated.h5ad"))
    assert (read.unit, read.mpp, read.diameter_um, read.notes) == ("px", 1.99, 60.0, ())
    assert read.lattice_mpp == pytest.approx(2.0)


@pytest.mark.parametrize("unit", ["micrometres (array index x 200 um)", "um", "µm", "micron"])
def test_microns_need_no_pixel_size(tmp_path, unit):
    table = make_table(100.0)
    table.uns["spatial_units"] = unit
    read = read_spots(write(table, tmp_path / "um.h5ad"))
    assert (read.unit, read.mpp) == ("um", None)
    np.testing.assert_allclose(read.to_spots(mpp=7).yx_um[2], [100, 300])


def test_an_unknown_unit_is_said(tmp_path):
    table = make_table()
    table.uns["spatial_units"] = "inches"
    assert "'inches', is not known" in read_spots(write(table, tmp_path / "u.h5ad")).notes[0]


def test_an_image_named_by_the_file_is_found_beside_it(tmp_path):
    table = make_table()
    table.uns["image"] = {"file": "he.png", "scale_spots_to_image": 0.25}
    path = write(table, tmp_path / "with.h5ad")
    assert read_spots(path).image is None
    (tmp_path / "he.png").touch()
    read = read_spots(path)
    assert read.image == tmp_path / "he.png"
    assert read.image_mpp == pytest.approx(8.0)  # 2 µm a pixel, of which four make one here


def test_no_image_is_taken_from_another_place(tmp_path):
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "he.tif").touch()
    table = make_table()
    meta = {"source_image_path": str(tmp_path / "away" / "he.tif")}
    table.uns["spatial"] = {"lib": {"images": {}, "scalefactors": {}, "metadata": meta}}
    path = write(table, tmp_path / "x.h5ad")
    assert read_spots(path).image is None
    (tmp_path / "he.tif").touch()
    assert read_spots(path).image == tmp_path / "he.tif"


def test_free_places_without_a_pixel_size_ask_for_one(tmp_path):
    table = make_table()
    table.obsm["spatial"] = np.random.default_rng(0).random((6, 2)) * 1000
    read = read_spots(write(table, tmp_path / "beads.h5ad"))
    assert read.lattice_kind == "free"
    with pytest.raises(ReadError, match=r"Expected a pixel size .*--mpp M"):
        read.to_spots()
    assert read.to_spots(mpp=1.0).n == 6


def test_a_single_spot_is_a_table_too(tmp_path):
    table = make_table()[:1].copy()
    table.uns["spatial_units"] = "um"
    assert read_spots(write(table, tmp_path / "one.h5ad")).to_spots().n == 1


def test_genes_named_twice_are_allowed_and_said(tmp_path):
    table = make_table()
    table.var_names = ["G1", "G1", "G3"]
    read = read_spots(write(table, tmp_path / "twice.h5ad"))
    assert read.table.n_vars == 3
    assert any("1 gene name stands more than once (G1)" in note for note in read.notes)


def test_raw_counts_are_found_in_a_layer_and_that_is_said(tmp_path):
    table = make_table()
    table.layers["counts"] = table.X.copy()
    table.X = np.log1p(table.X.toarray())
    read = read_spots(write(table, tmp_path / "logged.h5ad"))
    assert read.table.X.sum() == 153
    assert "taken from layers['counts']" in read.notes[0]


def test_raw_counts_are_found_in_raw(tmp_path):
    table = make_table()
    table.raw = table.copy()
    table = table[:, :2].copy()
    table.X = np.log1p(table.X.toarray())
    read = read_spots(write(table, tmp_path / "raw.h5ad"))
    assert read.table.shape == (6, 3)
    assert read.table.X.sum() == 153
    assert "taken from .raw" in read.notes[0]


def _no_spatial(table):
    del table.obsm["spatial"]


def _nan_position(table):
    table.obsm["spatial"][4, 1] = np.nan


def _three_columns(table):
    table.obsm["spatial"] = np.zeros((6, 3))


def _logged(table):
    table.X = np.log1p(table.X.toarray())


def _no_values(table):
    table.X = None


def _negative(table):
    table.X = table.X.toarray() - 1


def _nan_count(table):
    table.X[1, 1] = np.nan


def _halves(table):
    table.X = 100.5 * table.X


def _two_sections(table):
    table.obs["library"] = list("AAABBB")
    table.uns["spatial"] = {"A": {"images": {}}, "B": {"images": {}}}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_no_spatial, r"positions of the spots in obsm\['spatial'\].*found no obsm"),
        (_nan_position, "a position for every spot, found 1 without .*'e'"),
        (_three_columns, r"two columns \(x, y\).*\(6, 3\)"),
        (_logged, "found log-normalised values"),
        (_no_values, "a matrix of raw counts in X, found a table without values"),
        (_negative, "counts of the spots to be 0 or more, found -1"),
        (_nan_count, "finite counts of the spots, found 1"),
        (_halves, "values that are not whole"),
        (_two_sections, r"one section .*found 2 \(A, B\)"),
    ],
)
def test_bad_input_is_one_sentence_with_the_file(tmp_path, spoil, said):
    table = make_table()
    spoil(table)
    path = write(table, tmp_path / "bad.h5ad")
    with pytest.raises(ReadError, match=said) as caught:
        read_spots(path)
    assert "\n" not in str(caught.value)
    assert caught.value.__notes__ == [f"while reading spots from {path}"]


def test_spots_named_twice_are_refused(tmp_path):
    table = make_table()
    table.obs_names = list("aabcde")
    path = write(table, tmp_path / "bad.h5ad")
    with pytest.raises(ReadError, match="every spot name once, found 1 repeated"):
        read_spots(path)


def test_an_empty_table_is_refused(tmp_path):
    whole = make_table()
    for part, found in ((whole[:0], "0 × 3"), (whole[:, :0], f"{whole.n_obs} × 0")):
        path = write(part.copy(), tmp_path / "empty.h5ad")
        with pytest.raises(ReadError, match=f"at least one spot and one gene, found .* {found}"):
            read_spots(path)


def test_a_section_among_the_libraries_of_others_is_read(tmp_path):
    table = make_table()
    table.obs["library"] = "B"
    table.uns["spatial"] = {"A": {"images": {}}, "B": {"images": {}}}
    assert list(read_spots(write(table, tmp_path / "b.h5ad")).table.uns["spatial"]) == ["B"]


def test_a_broken_file_is_refused(tmp_path, plain):
    short = tmp_path / "short.h5ad"
    short.write_bytes(plain.read_bytes()[:3000])
    with pytest.raises(ReadError, match=r"an AnnData table in short.h5ad"):
        read_spots(short)


def test_nothing_there_and_nothing_known_are_refused(tmp_path):
    with pytest.raises(ReadError, match="found nothing there"):
        read_spots(tmp_path / "no.h5ad")
    (tmp_path / "letter.doc").write_text("dear all")
    with pytest.raises(ReadError, match=r"'letter.doc' that is no h5ad"):
        read_spots(tmp_path / "letter.doc")
    with pytest.raises(ReadError, match=r"found a folder '.*' that is no Zarr table"):
        read_spots(tmp_path)


def real(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no {name} among the real data sets beside the project (SPOTSCOPE_DATA)")
    return path


@pytest.mark.data
def test_her2st_c2_gives_its_pixel_size_stated_and_inferred():
    read = read_spots(real("her2st/C2.h5ad"))
    assert read.mpp == pytest.approx(0.689, abs=5e-4)
    assert read.lattice_mpp == pytest.approx(read.mpp, rel=0.01)
    assert read.image is not None
    assert read.image.name == "C2_HE.jpg"
    assert read.image_mpp == read.mpp
    spots = read.to_spots()
    assert (spots.n, spots.lattice.kind, spots.lattice.diameter_um) == (187, "square", 100)
    assert spots.lattice.pitch_um == pytest.approx(200, rel=0.01)


@pytest.mark.data
def test_her2st_a1_knows_its_image_is_smaller():
    read = read_spots(real("her2st/A1.h5ad"))
    assert read.mpp == pytest.approx(0.916, abs=5e-4)
    assert read.image_mpp == pytest.approx(0.916 / 0.2876, rel=1e-3)
    assert read.lattice_mpp == pytest.approx(read.mpp, rel=0.01)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "kind", "pitch", "diameter"),
    [
        ("pdac_A/st.h5ad", "square", 200, 100),
        ("janesick_breast/visium_dev.h5ad", "hex", 100, 55),
        ("visium_lymph_node/visium.h5ad", "hex", 100, 55),
    ],
)
def test_real_lattices_are_known(name, kind, pitch, diameter):
    lattice = read_spots(real(name)).to_spots().lattice
    assert (lattice.kind, lattice.diameter_um) == (kind, diameter)
    assert lattice.pitch_um == pytest.approx(pitch, rel=0.005)


@pytest.mark.data
def test_mob_states_a_pixel_size_that_its_pitch_contradicts():
    """Its spots are a chequerboard: neighbours are diagonal, √2 steps of the index apart."""
    read = read_spots(real("mob_st/MOB1.h5ad"))
    assert read.mpp == pytest.approx(8.763, abs=1e-3)
    assert "does not fit the spot pitch" in read.notes[0]


def bins(path, **factors):
    """Six bins of two columns, 16 px apart."""
    table = make_table()
    column, row = np.divmod(np.arange(6), 3)
    table.obsm["spatial"] = 16.0 * np.stack([column, row], axis=1)
    table.uns["spatial"] = {"lib": {"images": {}, "scalefactors": factors}}
    return write(table, path)


def test_bins_of_visium_hd_are_as_wide_as_their_scale_factors_say(tmp_path):
    path = bins(tmp_path / "hd.h5ad", bin_size_um=8.0, microns_per_pixel=0.5)
    read = read_spots(path)
    assert (read.lattice_kind, read.diameter_um, read.mpp) == ("square", 8.0, 0.5)
    assert read.to_spots().lattice.pitch_um == pytest.approx(8.0)
    facts = dict(describe(path).facts)
    assert facts["pixel size"] == "0.5 µm"


def test_a_square_layout_of_more_spots_than_an_old_array_tells_no_pixel_size(tmp_path):
    side = 45
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    table = ad.AnnData(sp.csr_matrix(np.ones((side**2, 2), np.int32)))
    table.obs_names = [f"b{i}" for i in range(side**2)]
    table.obsm["spatial"] = 30.0 * np.stack([x.ravel(), y.ravel()], axis=1)
    path = write(table, tmp_path / "bins.h5ad")
    assert read_spots(path).mpp is None
    with pytest.raises(ReadError, match="square layout that does not tell it"):
        read_spots(path).to_spots()
    assert "pixel size" not in dict(describe(path).facts)
    spots = read_spots(path, mpp=0.25).to_spots()
    assert (spots.lattice.pitch_um, spots.lattice.diameter_um) == pytest.approx((7.5, 7.5))
    few = write(table[: 35 * side].copy(), tmp_path / "array.h5ad")
    assert read_spots(few).mpp == pytest.approx(200 / 30)


def test_rounded_normalised_values_are_said(tmp_path):
    rng = np.random.default_rng(0)
    table = ad.AnnData(sp.csr_matrix(rng.multinomial(10_000, np.full(50, 0.02), 20)))
    table.obs_names = [f"s{i}" for i in range(20)]
    table.obsm["spatial"] = rng.random((20, 2)) * 1000
    read = read_spots(write(table, tmp_path / "rounded.h5ad"), mpp=1.0)
    assert "about the same total (10,000): these look like normalised" in read.notes[0]
    table.X[0] *= 2
    read = read_spots(write(table, tmp_path / "counts.h5ad"), mpp=1.0)
    assert not any("total" in note for note in read.notes)


def test_where_raw_counts_were_found_is_described(tmp_path):
    table = make_table()
    table.layers["counts"] = table.X.copy()
    table.X = table.X / 7
    found = describe(write(table, tmp_path / "log.h5ad"))
    assert dict(found.facts)["raw counts"] == "in layers/counts, which are taken"
    assert "raw counts in X" not in found.lacks


@pytest.mark.parametrize("made", [sp.csr_matrix, sp.csc_matrix, np.asarray])
def test_genes_seen_or_not_are_no_counts(tmp_path, made):
    genes = pd.DataFrame(index=[f"G{i}" for i in range(80)])
    table = ad.AnnData(made(np.ones((6, 80), np.float32)), make_table().obs, genes)
    table.obsm["spatial"] = make_table().obsm["spatial"]
    (note,) = read_spots(write(table, tmp_path / "ones.h5ad"), mpp=1.0).notes[:1]
    assert note.startswith("No value of X is above 1")
    table.X = made(np.eye(6, 80, dtype=np.float32))  # so thin that none is seen twice
    assert not any("above 1" in n for n in read_spots(write(table, tmp_path / "a.h5ad")).notes)


def test_sparse_positions_are_positions(tmp_path):
    table = make_table()
    table.obsm["spatial"] = sp.csr_matrix(table.obsm["spatial"])
    read = read_spots(write(table, tmp_path / "sparse.h5ad"))
    np.testing.assert_array_equal(read.yx, make_table().obsm["spatial"][:, ::-1])
