"""The row of the reference of a result from disk, and single cells that may be a reference."""

from __future__ import annotations

import anndata
import numpy as np
import pytest

from spotscope.widgets import SpotscopeWidget
from spotscope.widgets.cell_typing._reference_desk import TAKEN, typed_with
from spotscope.widgets.dock._state import Step

LONG = 120_000
pytestmark = pytest.mark.gui


@pytest.fixture
def opened(make_napari_viewer, qtbot):
    docks = []

    def open_new():
        viewer = make_napari_viewer()
        dock = SpotscopeWidget(viewer)
        viewer.window.add_dock_widget(dock, name="spotscope")
        docks.append(dock)
        return dock

    yield open_new
    for dock in docks:
        dock.shut()
        rest(qtbot, dock)


def rest(qtbot, dock):
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)


def test_a_result_from_disk_names_its_reference_and_whether_it_is_there(
    opened, demo_files, qtbot, tmp_path
):
    reference = tmp_path / "atlas.h5ad"
    reference.write_bytes(demo_files["reference"].read_bytes())
    dock = opened()
    row = dock.typing_card.reference_line
    assert row.text() == "No reference yet"
    dock.open_paths([demo_files["spots"], demo_files["image"], reference])
    rest(qtbot, dock)
    dock.nuclei_card.form["model"].value = "watershed"  # the quick way: any nuclei will do
    for card in (dock.nuclei_card, dock.typing_card):
        card.button.click()
        rest(qtbot, dock)
    with qtbot.waitSignal(dock.workbench.saved, timeout=LONG):
        dock.save(tmp_path / "out")
    dock.shut()
    rest(qtbot, dock)

    again = opened()
    row = again.typing_card.reference_line
    again.open_paths([tmp_path / "out"])
    rest(qtbot, again)
    column = again.workbench.session.records["type"].figures["reference"]["cell_type"]
    assert row.text() == (
        f"Typed with atlas.h5ad by its column {column}; it is still there ({tmp_path})"
    )
    reference.unlink()
    again.open_paths([tmp_path / "out"])
    rest(qtbot, again)
    assert "▲ it is no longer there" in row.text()
    # a sample that was never typed has none, and one that is opened is named
    again.open_paths([demo_files["spots"], demo_files["image"]])
    rest(qtbot, again)
    assert row.text() == "No reference yet"
    assert typed_with(again.workbench.session) == ""
    again.workbench.open_reference(demo_files["reference"])
    rest(qtbot, again)
    assert row.text().startswith("demo_reference")


@pytest.fixture
def placed_cells(demo_files, tmp_path):
    """The demo's reference, as cells that have places."""
    table = anndata.read_h5ad(demo_files["reference"])
    rng = np.random.default_rng(0)
    table.obsm["spatial"] = rng.uniform(0, 900, (table.n_obs, 2))
    path = tmp_path / "cells.h5ad"
    table.write_h5ad(path)
    return path


def test_single_cells_with_places_are_offered_as_the_reference_they_may_be(
    opened, placed_cells, demo_files, qtbot
):
    dock = opened()
    desk = dock.office.reference
    dock.open_sample(placed_cells, mpp=1.0)
    rest(qtbot, dock)
    assert dock.workbench.facts.spots
    assert desk.row.isVisibleTo(dock)
    desk.button.click()
    rest(qtbot, dock)
    assert dock.workbench.facts.reference
    assert desk.said.text() == TAKEN
    assert not desk.button.isVisibleTo(dock)
    dock.open_paths([demo_files["spots"], demo_files["image"]])
    rest(qtbot, dock)
    assert not desk.row.isVisibleTo(dock)
    assert dock.workbench.reference is not None
    assert dock.office.run_all.left == [Step.NUCLEI, Step.TYPES, Step.EXPRESSION]


def test_spots_are_not_offered_as_a_reference(opened, demo_files, qtbot):
    dock = opened()
    dock.open_paths([demo_files["spots"]])
    rest(qtbot, dock)
    assert dock.workbench.facts.spots
    assert not dock.office.reference.row.isVisibleTo(dock)


def test_the_made_up_reference_leaves_with_the_demo_and_one_of_the_user_stays(
    opened, demo_files, qtbot, tmp_path
):
    dock = opened()
    row = dock.typing_card.reference_line
    dock.open_paths([demo_files[role] for role in ("spots", "reference")])
    rest(qtbot, dock)
    assert row.text().startswith("demo_reference")
    dock.open_paths([demo_files["spots"]])  # the demo again
    rest(qtbot, dock)
    assert dock.workbench.facts.reference
    other = tmp_path / "mine.h5ad"
    other.write_bytes(demo_files["spots"].read_bytes())
    dock.open_paths([other])
    rest(qtbot, dock)
    assert dock.workbench.reference is None
    assert row.text() == "No reference yet"
    assert dock.sample_card.reference_button.isVisibleTo(dock)
    own = tmp_path / "atlas.h5ad"
    own.write_bytes(demo_files["reference"].read_bytes())
    dock.open_paths([own])
    rest(qtbot, dock)
    dock.open_paths([demo_files["spots"]])
    rest(qtbot, dock)
    assert row.text().startswith("atlas")
