"""A session whose slide is not where it was: what is kept of its place, and how it is found."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from spotscope.model import LostSlide, ReadError, Session, run
from spotscope.pipeline import (
    find_slide,
    is_thumbnail,
    open_session,
    read_sample,
    restore_work,
    save_session,
)
from spotscope.pipeline._autosave import Autosaver


@pytest.fixture
def saved(demo_files, tmp_path):
    """A session's folder, its spots and the place its image was at."""
    spots = shutil.copy(demo_files["spots"], tmp_path / "a.h5ad")
    image = shutil.copy(demo_files["image"], tmp_path / "a.ome.tif")
    session = Session(run(read_sample(spots, image=image)))
    return run(save_session(session, tmp_path / "OUT")), spots, image


def test_a_session_saved_without_its_slide_still_knows_it(saved, tmp_path):
    out, _, image = saved
    image.rename(tmp_path / "elsewhere.tif")
    lost = run(open_session(out)).sample.slide.lost
    again = run(save_session(run(open_session(out)), tmp_path / "again"))
    back = run(open_session(again)).sample
    assert back.slide.lost == lost
    assert sum("not where it was" in note for note in back.notes) == 1
    (tmp_path / "elsewhere.tif").rename(image)
    back = run(open_session(again)).sample
    assert back.slide.source == image
    assert back.slide.lost is None
    assert not any("not where it was" in note for note in back.notes)


def test_the_slide_is_taken_from_where_it_is_now(saved, tmp_path):
    out, spots, image = saved
    before = run(open_session(out)).sample
    moved = image.rename(tmp_path / "elsewhere.ome.tif")
    after = run(open_session(out, image=moved)).sample
    assert after.slide.source == moved
    assert after.slide.shape == before.slide.shape
    assert after.slide.mpp == before.slide.mpp
    assert after.slide.name == before.slide.name
    assert after.opened == {"path": str(spots), "image": str(moved)}


def test_an_image_without_spots_is_opened_from_its_new_place(demo_files, tmp_path):
    image = shutil.copy(demo_files["image"], tmp_path / "a.ome.tif")
    out = run(save_session(Session(run(read_sample(image))), tmp_path / "OUT"))
    moved = image.rename(tmp_path / "b.ome.tif")
    assert run(open_session(out, image=moved)).sample.opened == {"path": str(moved)}


def test_work_on_a_slide_that_was_found_is_had_again_after_a_crash(saved, tmp_path):
    out, _, image = saved
    moved = image.rename(tmp_path / "elsewhere.ome.tif")
    session = run(open_session(out, image=moved))
    run(Autosaver(tmp_path / "kept").keep(session))
    assert run(restore_work(tmp_path / "kept")).sample.slide.source == moved


def as_before_sizes_were_kept(out):
    """A session of an earlier version: its slide's pixels are not counted in it."""
    store = out / "session.zarr" / "zarr.json"
    about = json.loads(store.read_text())
    del about["attributes"]["spotscope"]["slide"]["shape"]
    store.write_text(json.dumps(about))


@pytest.mark.parametrize("earlier", [False, True])
def test_a_copy_in_another_format_is_the_slide_and_another_picture_is_not(saved, tmp_path, earlier):
    out, _, image = saved
    pixels = np.asarray(run(open_session(out)).sample.slide.levels[0])
    image.unlink()
    if earlier:
        as_before_sizes_were_kept(out)
    Image.fromarray(pixels).save(tmp_path / "copy.jpg", quality=60)
    found = run(open_session(out, image=tmp_path / "copy.jpg"))
    assert found.sample.slide.lost is None
    Image.fromarray(pixels[:, ::-1]).save(tmp_path / "turned.png")
    with pytest.raises(ReadError, match="found another picture of that size in 'turned.png'"):
        run(open_session(out, image=tmp_path / "turned.png"))
    Image.fromarray(pixels[:, :-8]).save(tmp_path / "cut.png")
    with pytest.raises(
        ReadError, match=r"\(1,024 × 1,024 px\), found 1,016 × 1,024 px in 'cut.png'"
    ):
        run(open_session(out, image=tmp_path / "cut.png"))


def test_a_large_slide_of_an_earlier_version_is_known_to_a_pixel_of_its_overview(saved, tmp_path):
    """The overview is 1,024 px wide, and the slide four times that, less three pixels."""
    out, _, _ = saved
    sample = run(open_session(out)).sample
    pixels = np.asarray(sample.slide.levels[0])
    lost = LostSlide(None, None, sample.slide.mpp / 4, (4096, 4096))
    large = Image.fromarray(pixels).resize((4093, 4096))
    large.save(tmp_path / "large.jpg")
    known = replace(sample, slide=replace(sample.slide, lost=lost))
    assert run(find_slide(known, tmp_path / "large.jpg")).slide.shape == (4096, 4093)


def test_a_session_without_an_image_says_so(demo_files, tmp_path):
    sample = replace(run(read_sample(demo_files["spots"])), slide=None)
    out = run(save_session(Session(sample), tmp_path / "OUT"))
    with pytest.raises(ReadError, match="saved without one; open the file of its spots together"):
        run(open_session(out, image=demo_files["image"]))


def test_the_overview_of_a_slide_beside_its_spots_is_no_thumbnail(demo_files):
    """Cells are guessed beside a thumbnail: not where the slide is only to be found again."""
    sample = run(read_sample(demo_files["spots"], image=demo_files["image"]))
    sample = replace(sample, opened={"path": str(demo_files["spots"])})
    small = replace(sample.slide, mpp=8.0)
    assert is_thumbnail(replace(sample, slide=small))
    lost = replace(small, lost=LostSlide("slide.tif", "", 0.5, (16384, 16384)))
    assert not is_thumbnail(replace(sample, slide=lost))
