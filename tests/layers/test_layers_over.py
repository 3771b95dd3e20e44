"""Colours of what is drawn over a slide, by how far they are from all that lies under them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from spotscope.layers import (
    LANDMARK,
    LANDMARK_RIM,
    NAME,
    NAME_RIM,
    REGION,
    SELECTION,
    rgba,
)
from spotscope.layers._oklab import light_of
from spotscope.layers._palette_search import distances

GROUNDS = {
    "eosin": (232, 178, 206),
    "haematoxylin": (104, 72, 140),
    "glass": (255, 255, 255),
    "black": (0, 0, 0),
    "dapi": (30, 60, 220),
    "most of a gene": (253, 231, 37),
}
#: In OKLab, for the eyes that see the least difference.
SEEN, APART = 0.14, 0.2


def far(one, other):
    return float(distances(np.array([one], np.uint8), np.array([other], np.uint8))[0, 0])


@pytest.mark.parametrize("colour", [REGION, SELECTION], ids=["region", "selection"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_lines_are_seen_on_every_ground_by_all_eyes(colour, ground):
    assert far(colour, GROUNDS[ground]) > SEEN


def test_no_two_meanings_have_colours_alike():
    for one, other in combinations((REGION, SELECTION, LANDMARK), 2):
        assert far(one, other) > APART
    assert far(LANDMARK, LANDMARK_RIM) > 0.5  # seen on any ground by one of the two


def contrast(one, other):
    low, high = sorted(
        float(light_of(np.array(c) / 255) @ (0.2126, 0.7152, 0.0722)) for c in (one, other)
    )
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ground", GROUNDS)
def test_names_are_read_on_every_ground_by_letters_or_rim(ground):
    assert contrast(NAME, NAME_RIM) > 7
    assert max(contrast(one, GROUNDS[ground]) for one in (NAME, NAME_RIM)) > 4.5


def test_napari_takes_colours_from_none_to_one():
    assert rgba((255, 0, 51), 0.5) == (1.0, 0.0, 0.2, 0.5)
