"""Letters of drawn pictures: those a font has as they are, others in letters it has."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from spotscope.pipeline.report import _letters
from spotscope.pipeline.report._letters import font, written


@pytest.fixture
def bare(monkeypatch):
    """No package with a font is installed."""
    monkeypatch.setattr(_letters, "_installed", lambda: None)
    _letters._letter.cache_clear()
    yield
    _letters._letter.cache_clear()


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Prášek 2 µm", "Prasek 2 um"),
        ("1 × 2 mm", "1 x 2 mm"),
        ("β cell", "? cell"),
        ("細胞", "??"),
        ("T cell, 20 %", "T cell, 20 %"),
    ],
)
def test_letters_that_are_lacking_are_written_plainly(text, found):
    assert written(text) == found


def test_an_installed_font_has_units_greek_and_accents():
    if _letters._installed() is None:
        pytest.skip("neither vispy nor matplotlib is installed")
    assert written("Müller β 2 µm × 3") == "Müller β 2 µm × 3"
    assert isinstance(font(18), ImageFont.FreeTypeFont)


def test_what_is_written_is_drawn():
    """Every letter leaves ink, and none is the box that stands for a letter that is lacking."""
    letters = font(24)
    box = bytes(letters.getmask("\uffff"))
    for letter in written("µ×éβ7"):
        page = Image.new("L", (60, 60), 255)
        ImageDraw.Draw(page).text((10, 10), letter, 0, letters)
        assert np.asarray(page).min() < 128
        assert bytes(letters.getmask(letter)) != box


def test_a_letter_in_two_parts_is_one():
    assert written("e\u0301") == written("é")
