import json
import os
import shutil
from dataclasses import replace

import anndata as ad
import numpy as np
import pytest
import zarr

from spotscope.io import describe
from spotscope.model import OutFile, ReadError, SpotKey, WriteError, run
from spotscope.pipeline import open_session, overview, save_session


@pytest.fixture(scope="module")
def out(typed, tmp_path_factory):
    return run(save_session(typed.session, tmp_path_factory.mktemp("out") / "OUT"))


def test_everything_comes_back(typed, out):
    back = run(open_session(out))
    before = typed.session
    assert back.nuclei.yx_um == pytest.approx(before.nuclei.yx_um)
    assert back.nuclei.radii_um == pytest.approx(before.nuclei.radii_um)
    assert back.cells.types == before.cells.types
    assert (back.cells.type_codes == before.cells.type_codes).all()
    assert back.sample.spots.yx_um == pytest.approx(before.sample.spots.yx_um)
    assert back.sample.spots.lattice == before.sample.spots.lattice
    assert (back.sample.spots.counts != before.sample.spots.counts).nnz == 0
    assert back.sample.slide.shape == before.sample.slide.shape
    assert back.records == before.records
    window = np.s_[100:200, 50:180]
    assert (np.asarray(back.labels.levels[0][window]) == before.labels.levels[0][window]).all()


def test_saving_what_was_opened_changes_nothing(out, tmp_path):
    back = run(open_session(out))
    again = run(open_session(run(save_session(back, tmp_path / "again"))))
    assert (again.cells.type_codes == back.cells.type_codes).all()
    assert again.records == back.records


def test_the_view_comes_back(typed, tmp_path):
    view = {"camera": {"center": [1.0, 2.0], "zoom": 3.0}, "hidden": ["T cell"]}
    where = run(save_session(replace(typed.session, view=view), tmp_path / "OUT"))
    assert run(open_session(where)).view == view


def test_the_folder_holds_what_other_tools_read(typed, out):
    spots = ad.read_h5ad(out / OutFile.SPOTS)
    assert spots.obsm["spatial"][:, ::-1] == pytest.approx(typed.session.sample.spots.yx_um)
    assert {SpotKey.WEIGHTS, SpotKey.PROPORTIONS} <= set(spots.obsm)
    cells = ad.read_h5ad(out / OutFile.CELLS)
    assert cells.n_obs == typed.session.cells.n
    features = json.loads((out / OutFile.NUCLEI).read_text())["features"]
    assert len(features) == typed.session.nuclei.n
    assert (out / OutFile.OVERVIEW).stat().st_size > 10_000
    record = json.loads((out / OutFile.RECORD).read_text())
    assert record["steps"]["type"]["params"]["nu_used"] == 2.0
    assert record["cite"]


def test_geojson_is_in_pixels_of_the_slide(typed, out):
    first = json.loads((out / OutFile.NUCLEI).read_text())["features"][0]
    ring = np.array(first["geometry"]["coordinates"][0])
    centre = ring[:-1].mean(axis=0)[::-1] * typed.session.sample.slide.mpp
    assert centre == pytest.approx(typed.session.nuclei.yx_um[0], abs=2.0)


@pytest.mark.filterwarnings("ignore")  # spatialdata and ome-zarr deprecate among themselves
def test_spatialdata_opens_the_session(typed, out):
    spatialdata = pytest.importorskip("spatialdata")
    store = spatialdata.read_zarr(out / OutFile.SESSION)
    assert set(store.tables) == {"spots", "cells"}
    assert store.tables["cells"].n_obs == typed.session.cells.n
    assert "nuclei" in store.labels
    assert "image" in store.images


def test_the_overview_shows_colour_where_there_are_cells(typed):
    picture = np.asarray(overview(typed.session).convert("RGB")).reshape(-1, 3)
    assert len(np.unique(picture // 32, axis=0)) > 20


def test_a_newer_session_is_not_opened(out, tmp_path):
    newer = tmp_path / "newer"
    shutil.copytree(out / OutFile.SESSION, newer / OutFile.SESSION)
    path = newer / OutFile.SESSION / "zarr.json"
    about = json.loads(path.read_text())
    about["attributes"]["spotscope"]["format"] = 99
    path.write_text(json.dumps(about))
    with pytest.raises(ReadError, match=r"found format 99; it was written by a newer spotscope"):
        run(open_session(newer))


def test_a_damaged_session_says_what_to_do(out, tmp_path):
    hurt = tmp_path / "hurt"
    shutil.copytree(out / OutFile.SESSION, hurt / OutFile.SESSION)
    shutil.rmtree(hurt / OutFile.SESSION / "outlines" / "yx_um")
    with pytest.raises(ReadError, match="finished steps are re-used"):
        run(open_session(hurt))


def test_a_chunk_that_cannot_be_unpacked_is_a_damaged_session(out, tmp_path):
    hurt = tmp_path / "hurt"
    shutil.copytree(out / OutFile.SESSION, hurt / OutFile.SESSION)
    codes = hurt / OutFile.SESSION / "tables" / "cells" / "obs" / "cell_type" / "codes"
    chunks = [p for p in codes.rglob("*") if p.is_file() and p.name != "zarr.json"]
    assert chunks
    for chunk in chunks:
        chunk.write_bytes(b"xx")
    with pytest.raises(ReadError, match="finished steps are re-used"):
        run(open_session(hurt))


@pytest.mark.parametrize(
    "gone", ["tables/cells", "outlines", "labels/nuclei/0/c", "tables/spots/X/data/c", "images"]
)
def test_a_session_that_was_copied_in_part_is_not_taken_for_whole(out, tmp_path, gone):
    part = tmp_path / "part"
    shutil.copytree(out / OutFile.SESSION, part / OutFile.SESSION)
    shutil.rmtree(part / OutFile.SESSION / gone)
    found = f"files missing from '{gone.removesuffix('/c')}'"
    with pytest.raises(ReadError, match=f"found {found}; copy the whole folder again"):
        run(open_session(part))
    assert describe(part).lacks == (f"{found}: copy the whole folder again",)


def test_a_table_that_lacks_a_column_and_one_of_a_later_anndata_are_damaged(out, tmp_path):
    hurt = tmp_path / "hurt"
    shutil.copytree(out / OutFile.SESSION, hurt / OutFile.SESSION)
    obs = zarr.open_group(hurt / OutFile.SESSION)["tables/cells/obs"]
    version = obs["cell_type"].attrs["encoding-version"]
    obs["cell_type"].attrs["encoding-version"] = "99"
    with pytest.raises(ReadError, match="a part of it missing or damaged .*99.*copy the whole"):
        run(open_session(hurt))
    obs["cell_type"].attrs["encoding-version"] = version
    obs.attrs["column-order"] = [name for name in obs.attrs["column-order"] if name != "spot_id"]
    del obs["spot_id"]
    with pytest.raises(ReadError, match="tables/cells without a column 'spot_id'"):
        run(open_session(hurt))


def test_a_folder_that_is_no_session_says_so(tmp_path):
    with pytest.raises(ReadError, match="Expected a spotscope session at"):
        run(open_session(tmp_path))


def test_a_slide_that_is_gone_leaves_its_overview_and_a_note(typed, demo_files, tmp_path):
    moved = tmp_path / "moved.ome.tif"
    shutil.copy(demo_files["image"], moved)
    slide = replace(typed.session.sample.slide, source=moved)
    sample = replace(typed.session.sample, slide=slide)
    out = run(save_session(replace(typed.session, sample=sample), tmp_path / "OUT"))
    moved.unlink()
    back = run(open_session(out))
    assert any("not where it was" in note for note in back.sample.notes)
    assert back.sample.slide.extent_um == pytest.approx(slide.extent_um, rel=0.01)


def test_a_file_in_the_place_of_the_folder_is_named(typed, tmp_path):
    (tmp_path / "OUT").write_text("mine")
    with pytest.raises(WriteError, match=r"give another one \(--out\)"):
        run(save_session(typed.session, tmp_path / "OUT"))
    assert (tmp_path / "OUT").read_text() == "mine"


def test_a_full_disk_keeps_the_last_good_session(typed, out, tmp_path, monkeypatch):
    from spotscope.io import _session

    kept = tmp_path / "OUT"
    shutil.copytree(out, kept)
    before = sorted(str(p.relative_to(kept)) for p in kept.rglob("*"))

    def full(*_, **__):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(_session, "write_outline_group", full)
    with pytest.raises(WriteError, match=r"(?i)disk|space"):
        run(save_session(typed.session, kept))
    assert sorted(str(p.relative_to(kept)) for p in kept.rglob("*")) == before
    assert run(open_session(kept)).cells.n == typed.session.cells.n


def test_a_cancelled_save_keeps_the_last_good_session(typed, out, tmp_path):
    kept = tmp_path / "OUT"
    shutil.copytree(out, kept)
    task = save_session(typed.session, kept)
    for _ in range(3):
        next(task)
    task.close()
    assert {p.name for p in kept.iterdir()} == {p.name for p in out.iterdir()}
    assert run(open_session(kept)).cells.n == typed.session.cells.n


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("room", [20_000, 120_000, 400_000, 1_600_000])
@pytest.mark.skipif(os.name == "nt", reason="no limit on the size of files")
def test_room_for_a_part_of_the_files_keeps_the_earlier_result_whole(typed, tmp_path, room):
    """No file may be larger than that: the larger it is, the later is the first that fails."""
    import resource

    out = run(save_session(typed.session, tmp_path / "OUT"))
    before = contents(out)
    assert max(map(len, before.values())) > room
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limit[1]))
    try:
        with pytest.raises(WriteError, match="found the disk full") as caught:
            run(save_session(replace(typed.session, view={"new": True}), out))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert ".part" not in str(caught.value)
    assert contents(out) == before


def test_files_of_what_a_session_no_longer_has_go(typed, tmp_path):
    out = run(save_session(typed.session, tmp_path / "OUT"))
    (out / "notes.txt").write_text("the user's")
    run(save_session(replace(typed.session, cells=None), out))
    # its fit went along, where the user's cache had it
    names = {path.name for path in out.iterdir()} - {OutFile.STEPS}
    assert names == {*map(str, OutFile), "notes.txt"} - {OutFile.CELLS, OutFile.STEPS}


def test_files_that_are_not_of_a_session_stay(typed, tmp_path):
    (tmp_path / OutFile.CELLS).write_text("the user's")
    with pytest.raises(WriteError, match=r"found 'cells.h5ad' of something else"):
        run(save_session(replace(typed.session, cells=None), tmp_path))
    assert (tmp_path / OutFile.CELLS).read_text() == "the user's"
