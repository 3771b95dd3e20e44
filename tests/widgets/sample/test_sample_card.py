"""What the Sample card says of a sample: no more than was looked at."""

from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import Image
from qtpy.QtWidgets import QPushButton

from spotscope.model import Problem, Transform, run
from spotscope.pipeline import move_sample, read_sample
from spotscope.widgets.dock._state import Mark
from spotscope.widgets.parts._in_window import in_window
from spotscope.widgets.sample._sample_card import SampleCard, facts_of

LONG = 120_000


def test_spots_within_the_image_are_no_promise_that_they_are_in_place(demo_files):
    sample = run(read_sample(demo_files["spots"], image=demo_files["image"]))
    assert facts_of(sample)[-1] == "All spots lie within the image"
    y, x = np.array(sample.slide.extent_um)
    off = move_sample(sample, Transform.shift(y / 2, x / 2))
    assert off.problems
    assert "within" not in "".join(facts_of(off))


def test_what_does_not_fit_has_one_sign_and_several_troubles_stand_apart(qtbot, demo_files):
    sample = run(read_sample(demo_files["spots"], image=demo_files["image"]))
    y, x = np.array(sample.slide.extent_um)
    off = move_sample(sample, Transform.shift(y / 2, x / 2))
    card = SampleCard()
    qtbot.addWidget(card)
    card.show_sample(off)
    assert "▲" not in card.trouble.text()
    assert card.sign.mark is Mark.LOOK
    assert card.trouble.text() == in_window(str(off.problems[0]))
    assert "--mpp" not in card.trouble.text()


def test_a_turn_that_is_offered_is_not_told_twice_and_another_trouble_is(qtbot, demo_files):
    sample = run(read_sample(demo_files["spots"], image=demo_files["image"]))
    turn, shift = Problem("Turned.", turn="180"), Problem("Shifted.")
    card = SampleCard()
    qtbot.addWidget(card)
    card.show_sample(replace(sample, problems=(turn, shift)))
    card.offer_turn("left-right")
    assert card.trouble.text() == "· Turned.\n· Shifted."
    card.offer_turn("180")
    assert card.trouble.text() == "Shifted."
    card.offer_turn("")
    assert card.trouble.text() == "· Turned.\n· Shifted."
    card.show_trouble("Something else.")
    card.offer_turn("180")
    assert card.trouble.text() == "Something else."


@pytest.mark.gui
def test_a_smaller_copy_of_the_image_is_put_right_in_the_field_that_stands_ready(
    empty_dock, qtbot, demo_files, tmp_path
):
    image = Image.fromarray(tifffile.imread(demo_files["image"]))
    small = tmp_path / "small.png"
    image.resize((round(0.7 * image.width), round(0.7 * image.height))).save(small)
    dock, card = empty_dock, empty_dock.sample_card
    dock.open_paths([demo_files["spots"], small])
    qtbot.waitUntil(lambda: dock.workbench.facts.slide and not dock.busy, timeout=LONG)
    fits = card.mpp.value()
    assert fits == pytest.approx(0.5 / 0.7, rel=0.06)  # tissue from rim to rim tells no more
    assert f"give the image's pixel size (about {fits:g} µm), or check" in card.trouble.text()
    assert card.mpp_row.isVisibleTo(card)
    card.mpp_row.findChild(QPushButton).click()
    qtbot.waitUntil(lambda: not dock.workbench.facts.problems and not dock.busy, timeout=LONG)
    assert dock.workbench.session.sample.slide.mpp == fits
    assert not card.mpp_row.isVisibleTo(card)
    assert card.trouble.text() == ""
