"""An image is added to spots that were saved without one, or it is said why it cannot be."""

import shutil
from dataclasses import replace

import pytest

import spotscope
from spotscope.widgets.dock._state import Step

LONG = 120_000
pytestmark = pytest.mark.gui


@pytest.fixture
def dock(own_cache, empty_dock):
    return empty_dock


@pytest.fixture
def spots(demo_files, tmp_path):
    """A file of one's own, which can be taken away."""
    return shutil.copy(demo_files["spots"], tmp_path / "spots.h5ad")


@pytest.fixture
def saved(dock, qtbot, spots, tmp_path):
    """The window, with a saved session of spots alone on estimated cells."""
    session = spotscope.estimate_cells(spotscope.read(spots))
    spotscope.save(session, tmp_path / "OUT")
    dock.open_paths([tmp_path / "OUT"])
    qtbot.waitUntil(lambda: dock.workbench.facts.nuclei and not dock.busy, timeout=LONG)
    assert not dock.workbench.facts.slide
    return dock


def test_an_image_dropped_on_a_saved_session_is_added(saved, qtbot, demo_files, spots):
    assert saved.sample_card.image_button.isVisibleTo(saved)
    saved.open_paths([demo_files["image"]])
    qtbot.waitUntil(lambda: saved.workbench.facts.slide and not saved.busy, timeout=LONG)
    sample = saved.workbench.session.sample
    assert sample.spots is not None
    assert sample.opened == {"path": str(spots), "image": str(demo_files["image"])}


def test_spots_that_are_gone_are_asked_for_and_the_work_stays(saved, qtbot, demo_files, spots):
    spots.unlink()
    before = saved.workbench.session
    saved.open_paths([demo_files["image"]])
    qtbot.waitUntil(lambda: Step.SAMPLE in saved.workbench.facts.errors, timeout=LONG)
    assert saved.sample_card.trouble.text() == (
        f"Expected the file of these spots to add {demo_files['image'].name} to, found nothing "
        f"at {spots}; open the spots and their image together."
    )
    assert saved.workbench.session is before


def test_spots_made_in_memory_say_so(dock, qtbot, demo_files, spots):
    sample = replace(spotscope.read(spots).sample, opened={})
    dock.workbench.adopt(sample)
    qtbot.waitUntil(lambda: dock.workbench.facts.spots and not dock.busy, timeout=LONG)
    dock.open_paths([demo_files["image"]])
    qtbot.waitUntil(lambda: Step.SAMPLE in dock.workbench.facts.errors, timeout=LONG)
    assert "found spots made in memory; open the spots" in dock.sample_card.trouble.text()


def test_an_image_and_a_reference_that_follow_together_are_both_taken(
    dock, qtbot, demo_files, spots
):
    dock.open_paths([spots])
    qtbot.waitUntil(lambda: dock.workbench.facts.spots and not dock.busy, timeout=LONG)
    dock.open_paths([demo_files["reference"], demo_files["image"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.reference and not dock.busy, timeout=LONG)
    assert dock.workbench.facts.slide
    assert dock.workbench.session.sample.spots is not None
