"""Wrong files in a real window: said once, and no longer when a right one has followed."""

import pytest

LONG = 120_000
pytestmark = pytest.mark.gui


@pytest.fixture
def dock(own_cache, empty_dock):
    return empty_dock


def opened(dock, qtbot, *paths):
    dock.open_paths(list(paths))
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)
    return dock.sample_card.trouble.text()


def test_a_text_named_as_an_image_is_no_spots(dock, qtbot, tmp_path):
    (tmp_path / "text.tif").write_text("hello")
    assert opened(dock, qtbot, tmp_path / "text.tif").startswith("Expected a slide (PNG, JPEG,")


def test_an_error_goes_when_a_reference_follows(dock, qtbot, tmp_path, demo_files):
    assert "found the empty folder" in opened(dock, qtbot, _made(tmp_path / "empty"))
    assert opened(dock, qtbot, demo_files["reference"]) == ""
    assert "Now the spots." in dock.sample_card.facts.text()


def test_what_does_not_fit_is_told_again_after_another_error(dock, qtbot, tmp_path, demo_files):
    from PIL import Image

    Image.new("RGB", (64, 64)).save(tmp_path / "icon.png")
    outside = opened(dock, qtbot, demo_files["spots"], tmp_path / "icon.png")
    assert "found 19 of 19 outside" in outside
    assert "empty folder" in opened(dock, qtbot, _made(tmp_path / "empty"))
    assert opened(dock, qtbot, demo_files["reference"]) == outside


def _made(folder):
    folder.mkdir()
    return folder
