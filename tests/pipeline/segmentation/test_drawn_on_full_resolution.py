"""Beside spots lies a thumbnail, and nuclei were drawn on the image it was made of."""

import json
from dataclasses import replace

import anndata as ad
import numpy as np
import pytest
from PIL import Image
from scipy.io import mmwrite

import spotscope
from spotscope import io
from spotscope.model import ReadError, run
from spotscope.pipeline import import_nuclei, import_step, open_session, save_session
from spotscope.pipeline._given import regions_from

#: Pixels of the thumbnail for one of the image: they measure 2 µm.
SCALE = 0.25


@pytest.fixture
def outs(demo_files, tmp_path):
    """The demo as Space Ranger would have written it, its image left out."""
    table = ad.read_h5ad(demo_files["spots"])
    spatial, matrix = (
        tmp_path / "outs" / "spatial",
        tmp_path / "outs" / "filtered_feature_bc_matrix",
    )
    spatial.mkdir(parents=True)
    matrix.mkdir()
    Image.fromarray(np.full((256, 256, 3), 200, np.uint8)).save(spatial / "tissue_hires_image.png")
    (spatial / "scalefactors_json.json").write_text(json.dumps({"tissue_hires_scalef": SCALE}))
    x, y = table.obsm["spatial"].T
    lines = [f"{n},1,0,0,{a},{b}" for n, a, b in zip(table.obs_names, y, x, strict=True)]
    (spatial / "tissue_positions_list.csv").write_text("\n".join(lines))
    mmwrite(matrix / "matrix.mtx", table.X.T.tocoo())
    (matrix / "barcodes.tsv").write_text("\n".join(table.obs_names))
    genes = "".join(f"ENSG{i}\t{name}\tGene Expression\n" for i, name in enumerate(table.var_names))
    (matrix / "features.tsv").write_text(genes)
    return tmp_path / "outs"


@pytest.fixture
def drawn(typed, tmp_path):
    """Nuclei of the demo as QuPath writes them, in pixels of 0.5 µm."""
    slide = typed.session.sample.slide
    run(io.write_nuclei_geojson(tmp_path / "q.geojson", typed.session.nuclei, mpp=slide.mpp))
    return tmp_path / "q.geojson"


def test_outlines_are_in_pixels_of_full_resolution(outs, drawn, typed):
    session = spotscope.read(outs)
    assert (session.sample.slide.mpp, session.sample.full_mpp) == pytest.approx((2.0, 0.5), 1e-3)
    done = spotscope.take_nuclei(session, drawn)
    there = typed.session.nuclei
    assert done.nuclei.n == there.n
    assert np.abs(done.nuclei.yx_um - there.yx_um).max() < 1
    said = " ".join(done.records["segment"].notes)
    assert "in pixels of the full-resolution image (0.5 µm), not of tissue_hires_image" in said


def test_of_an_image_that_was_given_they_are_in_its_own_pixels(outs, drawn, typed, demo_files):
    session = spotscope.read(outs, image=demo_files["image"])
    assert session.sample.full_mpp is None
    done = spotscope.take_nuclei(session, drawn)
    assert np.abs(done.nuclei.yx_um - typed.session.nuclei.yx_um).max() < 1
    assert "full-resolution" not in " ".join(done.records["segment"].notes)


def test_what_was_drawn_on_the_thumbnail_is_refused(outs, typed, tmp_path):
    path = tmp_path / "thumb.geojson"
    run(io.write_nuclei_geojson(path, typed.session.nuclei, mpp=2.0))
    with pytest.raises(ReadError, match="as if drawn on tissue_hires_image"):
        run(import_step(spotscope.read(outs), path))


def test_a_label_image_lies_where_it_was_made(outs, typed, tmp_path):
    run(io.write_label_tiff(tmp_path / "labels.tif", typed.session.labels))
    sample = spotscope.read(outs).sample
    # a thumbnail ends at a whole pixel, as much as one before or after the image
    cut = replace(sample.slide, levels=(sample.slide.levels[0][:-1, :-1],))
    found = run(import_nuclei(tmp_path / "labels.tif", cut, full_mpp=sample.full_mpp))
    there = typed.session.nuclei
    off = np.hypot(*(found.yx_um - there.yx_um[there.rows_of(found.label_id)]).T)
    assert np.median(off) < 0.25


def test_what_is_saved_is_in_pixels_of_full_resolution_too(outs, drawn, typed, tmp_path):
    session = spotscope.take_nuclei(spotscope.read(outs), drawn)
    run(save_session(session, tmp_path / "OUT"))
    again = run(open_session(tmp_path / "OUT"))
    assert again.sample.full_mpp == session.sample.full_mpp
    ours = run(import_step(replace(again, nuclei=None), tmp_path / "OUT" / "nuclei.geojson"))
    assert np.abs(ours.nuclei.yx_um - typed.session.nuclei.yx_um).max() < 1
    square = np.array([[100.0, 100], [100, 300], [300, 300]])
    ring = [[x / 0.5 + 0.5, y / 0.5 + 0.5] for y, x in [*square, square[0]]]  # QuPath's corners
    (tmp_path / "r.geojson").write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    (region,) = regions_from(tmp_path / "r.geojson", again.sample)
    np.testing.assert_allclose(region.polygon_yx_um, square, atol=0.01)
