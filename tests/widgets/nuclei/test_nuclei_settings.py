"""Settings of nuclei: those that the model or the slide cannot feel are not on the screen."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from spotscope.model import Sample, Session, Slide
from spotscope.widgets.nuclei._nuclei_card import NucleiCard

pytestmark = pytest.mark.gui

WATERSHED = {"sensitivity", "split", "smoothing_um", "min_area_um2", "max_area_um2"}


@pytest.fixture
def card(qtbot):
    card = NucleiCard()
    qtbot.addWidget(card)
    return card


def slide(channels: int) -> Session:
    """20 × 20 pixels in so many channels: three are colours."""
    pixels = da.zeros((20, 20, channels), dtype=np.uint8 if channels == 3 else np.uint16)
    return Session(Sample("s", Slide((pixels,), mpp=0.5, name="s")))


def shown(card: NucleiCard) -> set[str]:
    """Names of the rows whose title and value are both there."""
    grid = card.rows.layout()
    names = set()
    for number, row in enumerate(card.form):
        there = [not grid.itemAtPosition(number, column).widget().isHidden() for column in (0, 1)]
        assert len(set(there)) == 1
        names |= {row.name} if there[0] else set()
    return names


def test_a_network_shows_what_it_goes_by(card):
    card.show_nuclei(slide(3))
    assert shown(card) == {"model", "flips", "model_mpp", "tile_px", "halo_um"}
    assert not card.overlap.isHidden()


def test_the_watershed_shows_its_own(card):
    card.show_nuclei(slide(3))
    card.form["model"].value = "watershed"
    assert shown(card) == {"model", "model_mpp", "tile_px", "halo_um"} | WATERSHED
    assert card.overlap.isHidden()
    card.form["model"].value = "he"
    assert not shown(card) & WATERSHED


def test_only_fluorescence_has_a_nuclear_channel(card):
    card.show_nuclei(slide(2))
    assert "channel" in shown(card)
    card.show_nuclei(slide(3))
    assert "channel" not in shown(card)
