"""Numbers of nuclei by region, their columns in the files, and nuclei that others found."""

from __future__ import annotations

import json
from dataclasses import replace

import anndata as ad
import dask.array as da
import numpy as np
import pytest

from spotscope import io
from spotscope.model import (
    Edit,
    EditKind,
    EditLog,
    MeasureKey,
    MethodError,
    OutFile,
    ReadError,
    Region,
    Sample,
    Session,
    Slide,
    StarConvex,
    run,
)
from spotscope.pipeline import (
    edit_step,
    import_nuclei,
    import_step,
    measure_step,
    nuclei_numbers,
    open_session,
    save_session,
    unmeasured,
    view_numbers,
)
from spotscope.pipeline._cache import StepCache
from spotscope.pipeline.cli import main
from spotscope.pipeline.segmentation._nuclei_truth import compare_nuclei, compare_step


@pytest.fixture(scope="module")
def measured(typed) -> Session:
    return run(measure_step(typed.session))


def square(y: float, x: float, side: float) -> Region:
    corners = np.array([[y, x], [y, x + side], [y + side, x + side], [y + side, x]])
    return Region("square", corners)


def test_a_regions_numbers_are_those_of_its_nuclei(measured):
    y, x = measured.nuclei.yx_um[200] - 60
    found = nuclei_numbers(measured, square(y, x, 150))
    yx = measured.nuclei.yx_um
    inside = ((yx > [y, x]) & (yx < [y + 150, x + 150])).all(axis=1)
    assert found.count == inside.sum() > 5
    assert found.area_mm2 == pytest.approx(0.0225)
    assert found.per_mm2 == pytest.approx(inside.sum() / 0.0225)
    assert found.area_um2 == pytest.approx(np.median(measured.nuclei.area_um2()[inside]))
    assert 0 < found.haematoxylin_od < 3
    assert json.dumps(found.to_json())


def test_a_view_of_the_whole_slide_has_the_slides_numbers(measured):
    slide, view = nuclei_numbers(measured), view_numbers(measured, (-1e4, -1e4, 1e5, 1e5))
    assert (view.name, view.of) == ("view", "tissue")
    assert view.area_mm2 == pytest.approx(slide.area_mm2, rel=1e-9)
    assert replace(view, name=slide.name, area_mm2=slide.area_mm2) == slide


def test_a_views_numbers_are_those_of_its_nuclei(measured):
    y, x = measured.nuclei.yx_um[200] - 60
    view, region = view_numbers(measured, (y, x, y + 150, x + 150)), square(y, x, 150)
    asked = nuclei_numbers(measured, region)
    assert (view.count, view.haematoxylin_od) == (asked.count, asked.haematoxylin_od)
    assert 0 < view.area_mm2 <= asked.area_mm2 + 1e-9


def test_what_is_excluded_is_no_area(typed, measured):
    y, x = measured.nuclei.yx_um[200] - 60
    half = [[y, x], [y, x + 75], [y + 150, x + 75], [y + 150, x]]
    log = EditLog().add(Edit.of(EditKind.EXCLUDE, path_um=half, note="fold"))
    done = run(edit_step(measured, log, typed.fitted)).session
    region = square(y, x, 150)
    assert nuclei_numbers(done, region).area_mm2 == pytest.approx(0.0225 / 2, rel=0.02)
    whole, less = nuclei_numbers(measured), nuclei_numbers(done)
    assert less.area_mm2 == pytest.approx(whole.area_mm2 - 0.0225 / 2, rel=1e-3)
    assert less.count < whole.count


def test_only_a_colour_slides_stain_can_be_read(measured):
    assert len(unmeasured(replace(measured, measures={}))) == measured.nuclei.n
    assert not len(unmeasured(measured))
    pixels = da.zeros((20, 20, 2), dtype=np.uint16)
    dark = Session(Sample("dark", Slide((pixels,), mpp=0.5, name="dark")), measured.nuclei)
    assert not len(unmeasured(dark))
    assert not len(unmeasured(Session(dark.sample)))


def test_only_what_an_edit_changed_is_measured_again(typed, measured):
    y, x = measured.nuclei.yx_um[50]
    log = EditLog().add(Edit.of(EditKind.REDRAW, [y, x], measured.nuclei.polygons()[50] + 0.5))
    done = run(edit_step(measured, log, typed.fitted)).session
    stain = done.measures[MeasureKey.HAEMATOXYLIN]
    assert np.flatnonzero(np.isnan(stain)).tolist() == [50]
    assert unmeasured(done).tolist() == [50]
    again = run(measure_step(done)).measures[MeasureKey.HAEMATOXYLIN]
    assert not np.isnan(again).any()
    others = np.arange(len(stain)) != 50
    assert np.array_equal(again[others], stain[others])


def test_columns_land_in_the_cell_table_and_in_qupaths_file(typed, measured, tmp_path):
    y, x = measured.nuclei.yx_um[50]
    log = EditLog().add(Edit.of(EditKind.REDRAW, [y, x], measured.nuclei.polygons()[50]))
    session = run(measure_step(run(edit_step(measured, log, typed.fitted)).session))
    run(save_session(session, tmp_path / "out"))
    cells = ad.read_h5ad(tmp_path / "out" / OutFile.CELLS)
    assert cells.obs[MeasureKey.EDITED].iloc[50] == "redrawn"
    assert (cells.obs[MeasureKey.EDITED].drop(cells.obs_names[50]) == "none").all()
    assert np.allclose(
        cells.obs[MeasureKey.HAEMATOXYLIN], session.measures[MeasureKey.HAEMATOXYLIN]
    )
    features = json.loads((tmp_path / "out" / OutFile.NUCLEI).read_text())["features"]
    about = features[50]["properties"]
    assert about["objectType"] == "detection"
    assert about["measurements"]["label_id"] == 51
    assert set(map(str, MeasureKey)) <= set(about["measurements"])
    assert about["classification"]["name"] in session.cells.types
    assert len(about["classification"]["color"]) == 3


def test_nuclei_come_back_from_our_own_files(typed, tmp_path):
    slide, nuclei = typed.session.sample.slide, typed.session.nuclei
    run(io.write_label_tiff(tmp_path / "labels.tif", typed.session.labels))
    run(io.write_nuclei_geojson(tmp_path / "nuclei.geojson", nuclei, mpp=slide.mpp))
    of_labels = run(import_nuclei(tmp_path / "labels.tif", slide))
    of_polygons = run(import_nuclei(tmp_path / "nuclei.geojson", slide))
    assert of_polygons.n == nuclei.n
    assert np.median(np.abs(of_polygons.area_um2() / nuclei.area_um2() - 1)) < 0.02
    row = nuclei.rows_of(of_labels.label_id)
    assert of_labels.n > 0.99 * nuclei.n
    assert np.median(np.hypot(*(of_labels.yx_um - nuclei.yx_um[row]).T)) < 0.5
    score = compare_nuclei(typed.session, of_labels)
    assert score.f1 > 0.97
    assert score.aji > 0.85
    assert score.n_true == of_labels.n


def test_imported_nuclei_are_the_nuclei_step(typed, tmp_path):
    run(io.write_label_tiff(tmp_path / "labels.tif", typed.session.labels))
    fresh = Session(typed.session.sample)
    cache = StepCache(tmp_path / "steps")
    done = run(import_step(fresh, tmp_path / "labels.tif", cache=cache))
    assert done.labels.levels[0].shape == typed.session.sample.slide.shape
    assert done.records["segment"].params == {"nuclei": "labels.tif"}
    drawn, given = np.asarray(done.labels.levels[0]), np.asarray(typed.session.labels.levels[0])
    assert (drawn == given).mean() > 0.97


def test_a_label_image_of_another_frame_is_refused(typed, tmp_path):
    from dataclasses import replace

    labels = typed.session.labels
    other = replace(labels, levels=(labels.levels[0][:, :300],))
    run(io.write_label_tiff(tmp_path / "other.tif", other))
    with pytest.raises(ReadError, match="whole image"):
        run(import_nuclei(tmp_path / "other.tif", typed.session.sample.slide))


def test_nothing_to_measure_is_said(typed):
    empty = Session(typed.session.sample)
    with pytest.raises(MethodError, match="run the Nuclei step"):
        nuclei_numbers(empty)
    with pytest.raises(MethodError, match="run the Nuclei step first"):
        view_numbers(empty, (0, 0, 1, 1))
    with pytest.raises(MethodError, match="run the Nuclei step"):
        run(measure_step(empty))


def test_the_command_line_takes_nuclei_and_measures_them(demo_files, tmp_path, capsys):
    out, again = tmp_path / "out", tmp_path / "again"
    sample = [str(demo_files["spots"]), "--image", str(demo_files["image"]), "--steps", "segment"]
    assert main(["run", *sample, "--model", "watershed", "--out", str(out)]) == 0
    nuclei = str(out / OutFile.NUCLEI)
    assert main(["run", *sample, "--nuclei", nuclei, "--out", str(again)]) == 0
    capsys.readouterr()
    few = tmp_path / "few.geojson"
    data = json.loads((out / OutFile.NUCLEI).read_text())
    few.write_text(json.dumps({**data, "features": data["features"][:3]}))
    assert main(["measure", str(again), "--truth", nuclei, "--region", str(few), "--json"]) == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line]
    numbers = next(line["numbers"] for line in said if "numbers" in line)
    truth = next(line["truth"] for line in said if "truth" in line)
    n = run(open_session(out)).nuclei.n
    assert numbers[0]["count"] == n
    assert [one["count"] for one in numbers[1:]] == [1, 1, 1]
    assert truth["f1"] > 0.99
    assert truth["n_true"] == n


def test_many_outlines_are_read_and_compared_some_at_a_time(typed, tmp_path):
    """Wherever one stops, it is a moment: 1,200 squares of 6 µm, and the same as nuclei."""
    slide = typed.session.sample.slide
    rows = np.stack(np.meshgrid(np.arange(30), np.arange(40), indexing="ij"), -1).reshape(-1, 2)
    radii = np.full((1200, 32), 3, np.float32)
    nuclei = StarConvex(10.0 + 8 * rows, radii, np.ones(1200, np.float32))
    run(io.write_nuclei_geojson(tmp_path / "n.geojson", nuclei, mpp=slide.mpp))
    stages = [progress.stage for progress in import_nuclei(tmp_path / "n.geojson", slide)]
    assert stages.count("reading the outlines") == 4
    assert stages.count("reading the nuclei") == 4
    session = replace(typed.session, nuclei=nuclei, cells=None)
    assert sum(1 for _ in compare_step(session, nuclei)) > 4
    read = run(import_nuclei(tmp_path / "n.geojson", slide))
    assert run(compare_step(session, read)).f1 == 1.0
