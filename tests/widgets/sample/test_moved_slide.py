"""A saved session whose slide is elsewhere now: the image that is dropped takes its place."""

import shutil

import numpy as np
import pytest
from deeds_room import rest
from PIL import Image

import spotscope
from spotscope.widgets.dock._state import Step

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(own_cache, empty_dock):
    return empty_dock


@pytest.fixture(scope="module")
def whole(demo_files, tmp_path_factory):
    """The folder of a typed session, with copies of its files that nobody else needs."""
    home = tmp_path_factory.mktemp("whole")
    for role in ("image", "spots"):
        shutil.copy(demo_files[role], home / demo_files[role].name)
    spots, image = (home / demo_files[role].name for role in ("spots", "image"))
    session = spotscope.read(spots, image=image)
    session = spotscope.segment(session, cache=home / "steps", model="watershed")
    typed = spotscope.type_cells(session, demo_files["reference"], cache=home / "steps", nu=2.0)
    spotscope.save(typed.session, home / "OUT")
    return home


@pytest.fixture
def home(whole, demo_files):
    """The same, with both files where the session knows them."""
    for role in ("image", "spots"):
        shutil.copy(demo_files[role], whole / demo_files[role].name)
    return whole


def open_moved(dock, qtbot, home, *gone):
    """Open the session once files are no more where they were."""
    for path in gone:
        path.unlink()
    dock.open_paths([home / "OUT"])
    rest(qtbot, dock)
    assert dock.workbench.facts.typed
    return dock.workbench.session


@pytest.mark.parametrize("spots_too", [False, True])
def test_the_image_is_the_slide_again_and_nothing_is_lost(dock, qtbot, home, demo_files, spots_too):
    image, spots = home / demo_files["image"].name, home / demo_files["spots"].name
    before = open_moved(dock, qtbot, home, image, *([spots] if spots_too else []))
    assert before.sample.slide.lost is not None
    assert "give the image again" in dock.sample_card.notes.text()
    assert dock.sample_card.image_button.isVisibleTo(dock)
    assert dock.sample_card.image_button.text() == "Find image…"
    dock.explorer.search(str(before.sample.spots.table.var_names[3]))
    rest(qtbot, dock)
    dock.open_paths([demo_files["image"]])
    rest(qtbot, dock)
    after = dock.workbench.session
    assert Step.SAMPLE not in dock.workbench.facts.errors
    assert after.sample.slide.source == demo_files["image"]
    assert after.sample.slide.lost is None
    assert after.sample.spots is before.sample.spots
    assert after.cells is before.cells
    assert after.nuclei is before.nuclei
    assert after.records == before.records
    assert after.sample.opened == {"path": str(spots), "image": str(demo_files["image"])}
    assert dock.explorer.gene == str(before.sample.spots.table.var_names[3])
    assert "give the image again" not in dock.sample_card.notes.text()
    assert not dock.sample_card.image_button.isVisibleTo(dock)
    slide = dock.canvas.stack["slide"]
    assert slide.metadata["spotscope"]["path"] == str(demo_files["image"])
    assert {"slide", "nuclei", "spots"} <= set(dock.canvas.stack)


def turned(slide, folder):
    """The same picture upside down: as large, and another."""
    path = folder / "other.png"
    Image.fromarray(np.asarray(slide.levels[0])[::-1, ::-1]).save(path)
    return path


def test_other_images_are_refused_and_the_work_stays(dock, qtbot, home, demo_files, tmp_path):
    before = open_moved(dock, qtbot, home, home / demo_files["image"].name)
    other = turned(before.sample.slide, tmp_path)
    smaller, none = tmp_path / "smaller.png", tmp_path / "none.png"
    Image.open(other).resize((300, 200)).save(smaller)
    none.write_bytes(b"nothing of the kind")
    said = {
        other: "found another picture of that size in 'other.png'; open that with its own",
        smaller: "(1,024 × 1,024 px), found 300 × 200 px in 'smaller.png'; open that with its own",
        none: "Expected a slide (PNG, JPEG, TIFF, OME-TIFF, SVS or OME-Zarr) in 'none.png'",
    }
    for path, words in said.items():
        dock.open_paths([path])
        rest(qtbot, dock)
        assert words in dock.sample_card.trouble.text()
        assert dock.workbench.session is before
    dock.open_paths([demo_files["image"]])
    rest(qtbot, dock)
    assert dock.workbench.session.sample.slide.lost is None
    assert dock.sample_card.trouble.text() == ""


def test_what_is_taken_back_later_has_the_slide_that_was_found(dock, qtbot, home, demo_files):
    before = open_moved(dock, qtbot, home, home / demo_files["image"].name)
    dock.nuclei_card.form["model"].value = "watershed"
    dock.nuclei_card.button.click()
    rest(qtbot, dock)
    assert dock.workbench.session.nuclei is not before.nuclei
    dock.open_paths([demo_files["image"]])
    rest(qtbot, dock)
    dock.workbench.deeds.undo()
    rest(qtbot, dock)
    assert dock.workbench.session.nuclei is before.nuclei
    assert dock.workbench.session.sample.slide.source == demo_files["image"]
    assert dock.canvas.stack["slide"].metadata["spotscope"]["path"] == str(demo_files["image"])


def test_session_and_image_are_dropped_together(dock, qtbot, home, demo_files):
    (home / demo_files["image"].name).unlink()
    dock.open_paths([home / "OUT", demo_files["image"]])
    rest(qtbot, dock)
    assert dock.workbench.facts.typed
    assert dock.workbench.session.sample.slide.source == demo_files["image"]


def test_the_image_that_is_shown_already_takes_nothing_away(dock, qtbot, home, demo_files):
    before = open_moved(dock, qtbot, home, home / demo_files["spots"].name)
    assert before.sample.slide.lost is None
    dock.open_paths([home / demo_files["image"].name])
    rest(qtbot, dock)
    assert dock.workbench.session is before
