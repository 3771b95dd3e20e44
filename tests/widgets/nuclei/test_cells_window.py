"""Nuclei from a file, cells lent and counted, and samples without an image, in a real viewer."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from qtpy.QtCore import Qt

from spotscope import io
from spotscope.model import Edit, EditKind, Membership, is_estimated, run
from spotscope.widgets.dock._drop import is_ours
from spotscope.widgets.spots._spot_card import SpotCard
from spotscope.widgets.spots._spot_facts import SpotFacts

LONG = 300_000
LEFT = Qt.MouseButton.LeftButton
pytestmark = pytest.mark.gui


@pytest.fixture
def dock(empty_dock):
    return empty_dock


def until(qtbot, dock, what):
    qtbot.waitUntil(lambda: what() and not dock.busy, timeout=LONG)


def held(session):
    return Membership.from_discs(session.nuclei, session.sample.spots).cells_per_spot


def test_a_sample_without_an_image_is_typed_on_estimated_cells_that_are_seen(
    dock, qtbot, demo_files
):
    dock.open_paths([demo_files["spots"], demo_files["reference"]])
    until(qtbot, dock, lambda: dock.workbench.facts.reference)
    card = dock.nuclei_card
    assert card.button.text() == "Estimate cells"
    assert not card.threshold.isVisibleTo(card)
    assert not card.file.isVisibleTo(card)
    card.button.click()
    until(qtbot, dock, lambda: dock.workbench.facts.nuclei)
    session = dock.workbench.session
    assert is_estimated(session.nuclei).all()
    assert card.state_line.text() == f"{session.nuclei.n:,} cells, estimated"
    layer = dock.canvas.viewer.layers[f"{session.sample.name} · cells"]
    assert np.asarray(layer.metadata["lookup"].levels[-1]).any()
    dock.typing_card.button.click()
    until(qtbot, dock, lambda: dock.workbench.facts.typed)
    # all of them in the pale colours of cells whose place nobody saw
    types = len(dock.workbench.session.cells.types)
    assert (dock.workbench.codes[1:] > types).all()
    # one spot is said to hold more
    index, before = 3, held(session)
    dock.canvas.spot_clicked.emit(index)
    spot = dock.explore_card.spot
    assert spot.count.value() == before[index]
    spot.count.setValue(int(before[index]) + 2)
    until(qtbot, dock, lambda: len(dock.workbench.session.edits.done) == 1)
    after = held(dock.workbench.session)
    assert after[index] == before[index] + 2
    assert np.delete(after, index).tolist() == np.delete(before, index).tolist()
    assert spot.count_note.text() == f"{after[index]} of them estimated"


@pytest.fixture
def found(dock, qtbot, demo_files):
    """Nuclei of the demo by the watershed."""
    dock.open_paths([demo_files["spots"], demo_files["image"]])
    until(qtbot, dock, lambda: dock.workbench.facts.slide)
    assert dock.nuclei_card.button.text() == "Find nuclei"
    dock.nuclei_card.button.click()
    until(qtbot, dock, lambda: dock.workbench.facts.nuclei)
    return dock


def test_nuclei_of_a_file_are_taken_dropped_or_chosen_and_errors_stand_in_the_card(
    found, qtbot, demo_files, tmp_path, monkeypatch
):
    dock, card = found, found.nuclei_card
    session = dock.workbench.session
    labels, outlines = tmp_path / "labels.tif", tmp_path / "some.geojson"
    run(io.write_label_tiff(labels, session.labels))
    some = session.nuclei.take(np.arange(40))
    run(io.write_nuclei_geojson(outlines, some, mpp=session.sample.slide.mpp))
    assert is_ours(outlines)
    dock.open_paths([outlines])
    until(qtbot, dock, lambda: dock.workbench.session is not session)
    taken = dock.workbench.session
    assert taken.nuclei.n == 40
    assert taken.records["segment"].params == {"nuclei": "some.geojson"}
    assert card.state_line.text().startswith("40 found")
    # a label image is told from a slide by its pixels
    dock.open_paths([labels])
    until(qtbot, dock, lambda: dock.workbench.session is not taken)
    assert dock.workbench.session.nuclei.n == session.nuclei.n
    assert dock.workbench.session.sample.same_as(session.sample)
    # what is no such file is said in the card, and the nuclei stay
    wrong = tmp_path / "wrong.geojson"
    wrong.write_text("{}")
    asked = []
    monkeypatch.setattr(
        "spotscope.widgets.nuclei._cells_desk.QFileDialog.getOpenFileName",
        lambda *args: (asked.append(args[1]), (str(wrong), ""))[1],
    )
    before = dock.workbench.session
    card.file.click()
    until(qtbot, dock, lambda: bool(card.trouble.text()))
    assert asked == ["Nuclei of this slide"]
    assert "Expected GeoJSON in 'wrong.geojson'" in card.trouble.text()
    assert dock.workbench.session is before
    # a slide dropped on an open sample is opened, as ever
    other = tmp_path / "another.ome.tif"
    shutil.copy(demo_files["image"], other)
    dock.open_paths([other])
    until(qtbot, dock, lambda: dock.workbench.session.nuclei is None)
    assert dock.workbench.session.sample.slide.source == other


def test_classes_of_a_file_are_a_colour_a_line_and_a_word_at_the_mouse(found, qtbot, tmp_path):
    dock, panel = found, found.nuclei_card.check
    session, path = dock.workbench.session, tmp_path / "some.geojson"
    words = (["Tumour", "Stroma", None] * 14)[:40]
    nuclei = session.nuclei.take(np.arange(40))
    mpp, colours = session.sample.slide.mpp, {"Tumour": (200, 0, 0)}
    run(io.write_nuclei_geojson(path, nuclei, mpp=mpp, cell_type=words, colours=colours))
    assert panel.look.findText("class") < 0
    dock.open_paths([path])
    until(qtbot, dock, lambda: dock.workbench.session is not session)
    panel.look.setCurrentIndex(panel.look.findText("class"))
    panel.look.activated.emit(panel.look.currentIndex())
    lookup = dock.canvas.stack["nuclei"].metadata["lookup"]
    assert lookup.lut[1:].tolist() == ([2, 1, 255] * 14)[:40]
    assert "Tumour\N{NO-BREAK SPACE}14" in panel.legend.text()
    # the mouse is told, and a correction keeps what the others are
    until(qtbot, dock, lambda: not dock.explorer.hover.busy)
    taken = dock.workbench.session.nuclei
    assert dock.explorer.hover.tell(tuple(taken.yx_um[0])).marked == "Tumour"
    assert "marked Tumour" in dock.explorer.hover.card.text()
    dock.check.correct(Edit.of(EditKind.DELETE, taken.yx_um[1]))
    until(qtbot, dock, lambda: dock.workbench.session.nuclei.n == 39)
    assert dock.workbench.session.nuclei.classes.words() == [words[0], *words[2:]]
    assert lookup.lut[1:4].tolist() == [2, 0, 255]
    # nuclei that are found anew are marked as nothing
    dock.nuclei_card.button.click()
    until(qtbot, dock, lambda: dock.workbench.session.nuclei.classes is None)
    assert (panel.look.findText("class"), panel.look.currentText()) == (-1, "nothing")


def test_cells_are_lent_to_spots_without_nuclei_and_taken_back(found, qtbot):
    dock, card = found, found.nuclei_card
    session = dock.workbench.session
    spots, owner = session.sample.spots, held(session)
    inner = np.flatnonzero(owner > 2)[:1]
    square = spots.lattice.diameter_um * np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]]) / 1.5
    dock.check.correct(Edit.of(EditKind.ERASE, path_um=spots.yx_um[inner[0]] + square))
    until(qtbot, dock, lambda: len(dock.workbench.session.edits.done) == 1)
    assert held(dock.workbench.session)[inner] == 0
    card.lend.click()
    until(qtbot, dock, lambda: len(dock.workbench.session.edits.done) == 2)
    now = dock.workbench.session
    assert held(now)[inner] > 0
    assert now.edits.done[-1].kind is EditKind.COUNT
    assert "estimated cells" in card.lent.text()
    assert "not learned from" in card.lent.text()
    guessed = int(is_estimated(now.nuclei).sum())
    assert card.state_line.text().endswith(f"{guessed:,} estimated")
    dock.workbench.deeds.undo()
    until(qtbot, dock, lambda: len(dock.workbench.session.edits.done) == 1)
    assert not is_estimated(dock.workbench.session.nuclei).any()


def test_the_spot_card_sends_what_the_hand_sets_and_nothing_it_is_told(qtbot):
    card = SpotCard()
    qtbot.addWidget(card)
    sent = []
    card.count_given.connect(lambda *given: sent.append(given))
    card.show_spot(SpotFacts(7, "s7", 100, (), 4, (), (), (), 1), {})
    assert card.title.text() == "Spot s7 · 100 UMI · 3 nuclei"
    assert card.count.value() == 4
    assert card.count_note.text() == "1 of them estimated"
    assert sent == []
    card.count.stepUp()
    assert sent == [(7, 5)]
    card.show_spot(SpotFacts(8, "s8", 100, (), None, (), ()), {})
    assert not card.counting.isVisibleTo(card)
