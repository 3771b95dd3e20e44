from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QWidget

from spotscope.widgets.dock._drop import DropCatcher, dropped_paths, is_ours

if TYPE_CHECKING:
    from pathlib import Path


def mime(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


@pytest.mark.parametrize("name", ["a.h5ad", "slide.svs", "C2_HE.JPG", "x.ome.tif"])
def test_spots_and_slides_are_ours(tmp_path, name):
    assert is_ours(tmp_path / name)


@pytest.mark.parametrize("name", ["notes.txt", "movie.avi", "points.csv"])
def test_other_files_are_naparis(tmp_path, name):
    assert not is_ours(tmp_path / name)


def test_a_space_ranger_folder_is_told_by_its_names(tmp_path):
    assert not is_ours(tmp_path)
    (tmp_path / "filtered_feature_bc_matrix.h5").touch()
    assert is_ours(tmp_path)


def test_a_result_folder_is_told_by_its_session(tmp_path):
    (tmp_path / "session.zarr").mkdir()
    assert is_ours(tmp_path)
    assert is_ours(tmp_path / "session.zarr")


def test_a_drop_is_taken_whole_or_not_at_all(tmp_path):
    ours, other = tmp_path / "a.h5ad", tmp_path / "b.txt"
    assert dropped_paths(mime(ours)) == [ours]
    assert dropped_paths(mime(ours, other)) == []
    assert dropped_paths(QMimeData()) == []


def test_a_matrix_dropped_in_the_place_of_its_folder_is_its_folder(tmp_path):
    matrix = tmp_path / "filtered_feature_bc_matrix.h5"
    matrix.touch()
    assert not is_ours(matrix)  # a matrix alone: of a reference, or of anything
    (tmp_path / "spatial").mkdir()
    assert is_ours(matrix)
    assert dropped_paths(mime(matrix)) == [tmp_path]


def drop_of(*paths: Path) -> QDropEvent:
    """A drop as the window system would send it."""
    data = mime(*paths)
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event.kept = data  # the event does not own it
    return event


@pytest.fixture
def window(qtbot):
    window = QWidget()
    window.setAcceptDrops(True)
    qtbot.addWidget(window)
    return window


def test_a_drop_of_ours_is_taken_from_the_window(qtbot, window, tmp_path):
    catcher = DropCatcher(window)
    with qtbot.waitSignal(catcher.dropped) as caught:
        taken = catcher.eventFilter(window, drop_of(tmp_path / "a.h5ad"))
    assert taken
    assert caught.args == [[tmp_path / "a.h5ad"]]


def test_a_drop_that_is_not_ours_is_left_to_the_window(qtbot, window, tmp_path):
    catcher = DropCatcher(window)
    with qtbot.assertNotEmitted(catcher.dropped):
        assert not catcher.eventFilter(window, drop_of(tmp_path / "a.txt"))


def test_only_watched_windows_are_filtered(qtbot, window):
    """Counts the events that pass the catcher on their way to the window."""

    class Counting(DropCatcher):
        seen = 0

        def eventFilter(self, watched, event):
            self.seen += 1
            return super().eventFilter(watched, event)

    catcher = Counting(window)
    catcher.watch([window])
    window.setWindowTitle("one")
    seen = catcher.seen
    assert seen > 0
    catcher.release()
    window.setWindowTitle("two")
    assert catcher.seen == seen
