from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QLabel

from spotscope.model import Progress
from spotscope.widgets.dock._state import Mark, StepState
from spotscope.widgets.parts._card import StepCard, line, unbroken
from spotscope.widgets.parts._theme import contrast, mark_colour

READY = StepState(Mark.WAITING, open=True, can_run=True, can_cancel=False)
RUNNING = StepState(Mark.RUNNING, open=True, can_run=False, can_cancel=True)
BLOCKED = StepState(Mark.WAITING, open=False, can_run=False, can_cancel=False, waits_for="a sample")


@pytest.fixture
def card(qtbot):
    card = StepCard("Nuclei", "Find nuclei")
    card.add(QLabel("body"))
    qtbot.addWidget(card)
    return card


def test_one_button_runs_and_while_running_cancels(qtbot, card):
    card.show_state(READY)
    assert card.button.text() == "Find nuclei"
    with qtbot.waitSignal(card.run_requested):
        qtbot.mouseClick(card.button, Qt.MouseButton.LeftButton)
    card.show_state(RUNNING)
    assert card.button.text() == "Cancel"
    with qtbot.waitSignal(card.cancel_requested):
        qtbot.mouseClick(card.button, Qt.MouseButton.LeftButton)


def test_a_step_that_waits_is_folded_off_and_says_what_it_waits_for(card):
    card.show_state(BLOCKED, "9,412 found")
    assert not card.body.isVisibleTo(card)
    assert not card.button.isEnabled()
    assert card.state_line.text() == "a sample"


def test_progress_says_stage_and_share(card):
    card.show_state(RUNNING)
    card.show_progress(Progress("finding nuclei", 31, 50))
    assert card.stage.text() == "finding nuclei · 62%"
    assert card.bar.value() == 620
    card.show_state(READY)
    assert not card.bar.isVisibleTo(card)


def test_time_left_is_said_once_it_is_known(card, monkeypatch):
    clock = iter([0.0, 1.0, 2.0])
    monkeypatch.setattr("spotscope.widgets.jobs._progress_bar.time.monotonic", lambda: next(clock))
    for done in (0, 10, 20):
        card.show_progress(Progress("finding nuclei", done, 100))
    assert (
        card.stage.text() == "finding nuclei · 20% · 8\N{NO-BREAK SPACE}s\N{NO-BREAK SPACE}more"
    )  # of this stage


def test_what_a_run_costs_goes_when_it_begins_and_is_what_its_time_left_begins_with(
    qtbot, card, monkeypatch
):
    card.show_state(READY)
    card.show_estimate("about 68 s, 1.0 GB", 68.0)
    assert card.stage.text() == "about 68 s, 1.0 GB"
    qtbot.mouseClick(card.button, Qt.MouseButton.LeftButton)
    card.show_state(RUNNING)
    assert not card.stage.isVisibleTo(card)
    monkeypatch.setattr("spotscope.widgets.jobs._progress_bar.time.monotonic", lambda: 0.0)
    card.show_progress(Progress("finding tissue", 0, 1))
    said = card.stage.text().replace("\N{NO-BREAK SPACE}", " ")
    assert said == "finding tissue · 0% · about 1 min 10 s left"
    card.show_state(READY)
    assert card.stage.text() == "about 68 s, 1.0 GB"
    card.show_state(RUNNING)  # by something else than its button
    card.show_progress(Progress("measuring the stain", 0, 1))
    assert card.stage.text() == "measuring the stain · 0%"


def test_trouble_stands_in_the_card_with_its_way_out(qtbot, card):
    pressed = []
    card.show_trouble("Expected a pixel size.", "Give it", lambda: pressed.append(1))
    assert card.trouble.text() == "Expected a pixel size."  # the sign says the rest, once
    assert card.sign.mark is Mark.LOOK
    qtbot.mouseClick(card.way_out, Qt.MouseButton.LeftButton)
    assert pressed == [1]
    card.show_trouble()
    assert not card.trouble.isVisibleTo(card)
    assert not card.way_out.isVisibleTo(card)
    assert card.sign.mark is Mark.WAITING  # as before


def test_a_second_way_out_replaces_the_first(qtbot, card):
    pressed = []
    card.show_trouble("One.", "A", lambda: pressed.append("a"))
    card.show_trouble("Two.", "B", lambda: pressed.append("b"))
    qtbot.mouseClick(card.way_out, Qt.MouseButton.LeftButton)
    assert pressed == ["b"]


def test_the_user_folds_a_card_and_it_stays_folded(qtbot, card):
    card.show_state(READY)
    qtbot.mouseClick(card.fold, Qt.MouseButton.LeftButton)
    assert not card.body.isVisibleTo(card)
    card.show_state(RUNNING)
    assert not card.body.isVisibleTo(card)
    qtbot.mouseClick(card.fold, Qt.MouseButton.LeftButton)
    assert card.body.isVisibleTo(card)


@pytest.mark.parametrize(("dark", "background"), [(True, (35, 36, 43)), (False, (235, 231, 230))])
@pytest.mark.parametrize("mark", list(Mark))
def test_signs_and_coloured_words_stand_out_on_naparis_backgrounds(mark, dark, background):
    assert contrast(mark_colour(mark, dark), QColor(*background)) >= 4.5


@pytest.mark.parametrize("mark", list(Mark))
def test_every_sign_has_its_own_shape(qtbot, card, mark):
    """Told apart without colour: the painted pixels differ from every other sign's."""
    shapes = {}
    for each in Mark:
        card.sign.show_mark(each)
        image = card.sign.grab().toImage()
        back = image.pixelColor(0, 0)
        shapes[each] = tuple(
            image.pixelColor(x, y) != back
            for x in range(image.width())
            for y in range(image.height())
        )
    assert [other for other in Mark if shapes[other] == shapes[mark]] == [mark]


def test_a_folded_step_that_waits_shows_no_button(card):
    card.show_state(StepState(Mark.WAITING, False, False, False, "needs a sample"))
    assert not card.button.isVisibleTo(card)
    card.show_state(StepState(Mark.WAITING, True, True, False))
    assert card.button.isVisibleTo(card)


def test_a_step_folded_while_it_runs_keeps_its_cancel(card):
    card.show_state(StepState(Mark.RUNNING, True, False, True))
    card.fold.click()
    assert not card.body.isVisibleTo(card)
    assert card.button.isVisibleTo(card)


def test_a_line_is_as_high_as_what_is_drawn_in_it(qtbot):
    words = line("each is shown as the average of the cells it may be")
    qtbot.addWidget(words)
    words.setStyleSheet("QLabel { border: 1px solid transparent; }")  # as napari's sheet has it
    words.ensurePolished()
    one = words.fontMetrics().horizontalAdvance(words.text())
    drawn = one + 2 * words.frameWidth() + words.indent()
    assert words.heightForWidth(drawn + 2) < 2 * words.fontMetrics().height()
    assert words.heightForWidth(drawn - 4) > 2 * words.fontMetrics().height()


def test_a_number_and_its_unit_stay_on_one_line():
    assert unbroken("pitch (100 µm)").split(" ") == ["pitch", "(100\N{NO-BREAK SPACE}µm)"]
    said = unbroken("187 spots: about 3 s, 0.5 GB").split(" ")
    assert said == ["187", "spots:", "about", "3\N{NO-BREAK SPACE}s,", "0.5\N{NO-BREAK SPACE}GB"]
    assert unbroken("2.6 ± 0.6% better").split(" ") == ["2.6\u00a0±\u00a00.6%", "better"]
