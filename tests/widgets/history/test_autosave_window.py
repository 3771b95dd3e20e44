"""A window is lost; the next one offers what was done in it, and shows it as it was."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from deeds_room import answer_of

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.pipeline import kept_work
from spotscope.widgets import SpotscopeWidget
from spotscope.widgets.history._autosave import kept_folder
from spotscope.widgets.nuclei._qc_look import Look

LONG = 300_000
pytestmark = pytest.mark.gui


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch, cache_home):
    """Nothing kept by other tests; their steps are used again."""
    home = tmp_path / "spotscope"
    home.mkdir()
    (home / "steps").symlink_to(_made(cache_home / "spotscope" / "steps"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def _made(folder):
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def window(make_napari_viewer, qtbot):
    """Open a dock in a viewer of its own; all are shut in the end."""
    docks = []

    def make():
        viewer = make_napari_viewer()
        dock = SpotscopeWidget(viewer)
        viewer.window.add_dock_widget(dock, name="spotscope")
        docks.append(dock)
        return dock

    yield make
    for dock in docks:
        dock.shut()
        qtbot.waitUntil(lambda dock=dock: not dock.busy, timeout=LONG)


def still(qtbot, dock):
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)


def keep(qtbot, dock):
    """As the timer does in a moment, or has done already."""
    desk = dock.office.autosave

    def kept():
        desk.keep()
        return desk.up_to_date

    qtbot.waitUntil(kept, timeout=LONG)
    still(qtbot, dock)


def worked(qtbot, dock, demo_files):
    dock.open_paths([demo_files["spots"], demo_files["image"], demo_files["reference"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.reference and not dock.busy, timeout=LONG)
    dock.workbench.find_nuclei(SegmentationParams(model="watershed"))
    qtbot.waitUntil(lambda: dock.workbench.facts.nuclei and not dock.busy, timeout=LONG)
    dock.workbench.type_cells(CellTypingParams(nu=1.0))
    qtbot.waitUntil(lambda: dock.workbench.facts.typed and not dock.busy, timeout=LONG)


def test_a_lost_window_comes_back_as_it_was(window, qtbot, demo_files):
    first = window()
    assert not first.office.restore.isVisibleTo(first)
    worked(qtbot, first, demo_files)
    first.workbench.set_nu(4.0)
    still(qtbot, first)
    first.explorer.regions.add(np.array([[100, 100], [100, 300], [300, 300], [300, 100.0]]))
    first.explorer.search(str(first.workbench.session.sample.spots.table.var_names[3]))
    first.canvas.show_part("spots", False)
    first.check.looks.look(Look.AREA)
    first.canvas.viewer.scene.camera.zoom = 2.75
    asked = answer_of(first.workbench.session)
    first.explorer.analysis.findings["variable"] = asked
    still(qtbot, first)
    keep(qtbot, first)
    view, session = first.explorer.view(), first.workbench.session
    first.office.autosave.close()  # as if the machine went off: the lock is free, nothing is saved

    second = window()
    offered = second.office.restore
    assert offered.isVisibleTo(second)
    assert "was not saved" in offered.words.text()
    assert "nuclei, cell types" in offered.words.text()
    offered.restore.click()
    qtbot.waitUntil(lambda: second.workbench.facts.typed and not second.busy, timeout=LONG)
    again = second.workbench.session
    assert not offered.isVisibleTo(second)
    np.testing.assert_array_equal(again.cells.type_codes, session.cells.type_codes)
    assert again.records == session.records
    assert second.explorer.view() == view
    assert second.workbench.reference is not None
    assert second.workbench.fitted is not None
    assert second.check.looks.current is Look.AREA
    (answer,) = second.explorer.analysis.fresh
    assert answer.table.equals(asked.table)
    assert answer.record == asked.record
    assert second.explorer.analysis.panel.table.model().rowCount() == len(asked.table)
    second.workbench.set_nu(1.0)
    still(qtbot, second)
    assert second.workbench.session.records["type"].params["nu_used"] == 1.0


def test_a_folder_of_another_computer_comes_back_with_nu_under_the_finger(
    window, qtbot, demo_files, tmp_path, monkeypatch
):
    first = window()
    worked(qtbot, first, demo_files)
    with qtbot.waitSignal(first.workbench.saved, timeout=LONG):
        first.save(tmp_path / "OUT")
    monkeypatch.setenv("XDG_CACHE_HOME", str(_made(tmp_path / "another computer")))
    second = window()
    second.open_paths([tmp_path / "OUT"])
    qtbot.waitUntil(lambda: second.workbench.facts.typed and not second.busy, timeout=LONG)
    second.workbench.set_nu(4.0)
    still(qtbot, second)
    keep(qtbot, second)
    second.office.autosave.close()  # as if the machine went off

    third = window()
    third.office.restore.restore.click()
    qtbot.waitUntil(lambda: third.workbench.facts.typed and not third.busy, timeout=LONG)
    third.workbench.set_nu(1.0)
    still(qtbot, third)
    assert third.workbench.session.records["type"].params["nu_used"] == 1.0
    np.testing.assert_array_equal(
        third.workbench.session.cells.type_codes,
        third.workbench.fitted.solve(1.0).codes,
    )


def test_opening_alone_is_not_work_and_saved_work_is_not_kept(window, qtbot, demo_files, tmp_path):
    dock = window()
    dock.open_paths([demo_files["spots"], demo_files["image"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.slide and not dock.busy, timeout=LONG)
    dock.office.autosave.keep()
    assert not kept_folder().exists()
    dock.workbench.find_nuclei(SegmentationParams(model="watershed"))
    qtbot.waitUntil(lambda: dock.workbench.facts.nuclei and not dock.busy, timeout=LONG)
    keep(qtbot, dock)
    assert len(list(kept_folder().iterdir())) == 1
    with qtbot.waitSignal(dock.workbench.saved, timeout=LONG):
        dock.save(tmp_path / "OUT")
    assert list(kept_folder().iterdir()) == []
    still(qtbot, dock)
    dock.office.autosave.keep()
    assert list(kept_folder().iterdir()) == []


def test_what_a_living_window_keeps_is_not_offered_and_what_is_discarded_goes(
    window, qtbot, demo_files
):
    first = window()
    dock = first
    dock.open_paths([demo_files["spots"], demo_files["image"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.slide and not dock.busy, timeout=LONG)
    dock.explorer.regions.add(np.array([[100, 100], [100, 300], [300, 300.0]]))
    still(qtbot, dock)
    keep(qtbot, dock)
    second = window()
    assert second.office.autosave.offered is None
    first.office.autosave.close()
    second.office.autosave.look()
    assert second.office.autosave.offered is not None
    second.office.restore.discard.click()
    assert list(kept_folder().iterdir()) == []
    assert not second.office.restore.isVisibleTo(second)


def test_work_on_one_sample_is_not_lost_when_another_is_opened(window, qtbot, demo_files, tmp_path):
    dock = window()
    other = Path(shutil.copy(demo_files["image"], tmp_path / "other.ome.tif"))
    for paths in ([demo_files["spots"], demo_files["image"]], [other]):
        dock.open_paths(paths)
        has_spots = len(paths) == 2
        qtbot.waitUntil(
            lambda has_spots=has_spots: (
                dock.workbench.session is not None
                and dock.workbench.facts.spots == has_spots
                and not dock.busy
            ),
            timeout=LONG,
        )
        dock.explorer.regions.add(np.array([[100, 100], [100, 300], [300, 300.0]]))
        still(qtbot, dock)
        keep(qtbot, dock)
    assert len([folder for folder in kept_folder().iterdir() if kept_work(folder)]) == 2
