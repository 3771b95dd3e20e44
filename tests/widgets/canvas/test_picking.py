"""Clicks and pans, and which spot lies under them."""

from __future__ import annotations

from types import SimpleNamespace

import anndata as ad
import numpy as np
import pytest

from spotscope.model import Lattice, Spots
from spotscope.widgets.canvas._picking import SpotPicker


@pytest.fixture
def picked():
    return []


@pytest.fixture
def picker(picked):
    """Three spots of 50 µm at (y, x) = (0, 0), (0, 100), (100, 50) µm."""
    yx = np.array([[0.0, 0.0], [0.0, 100.0], [100.0, 50.0]])
    table = ad.AnnData(np.ones((3, 2), np.float32))
    picker = SpotPicker(picked.append)
    picker.watch(Spots(table, yx, Lattice("hex", 100.0, 50.0)))
    return picker


def press(picker, world, path, button=1, modifiers=()):
    """Press at path[0], move along path, release at its end."""
    event = SimpleNamespace(
        type="mouse_press", button=button, modifiers=modifiers, pos=path[0], position=world
    )
    steps = picker(None, event)
    for _ in steps:
        event.type = "mouse_release" if not path[1:] else "mouse_move"
        path = path[1:]
        event.pos = path[0] if path else event.pos


def test_a_click_in_a_disc_picks_its_spot(picker, picked):
    press(picker, (10.0, 90.0), [(5, 5)])
    assert picked == [1]


def test_a_click_between_discs_picks_none(picker, picked):
    press(picker, (0.0, 50.0), [(5, 5)])
    assert picked == [None]


def test_a_pan_picks_nothing(picker, picked):
    press(picker, (0.0, 0.0), [(5, 5), (9, 5), (30, 5)])
    assert picked == []


def test_a_trembling_hand_still_clicks(picker, picked):
    press(picker, (0.0, 0.0), [(5, 5), (6, 6), (5, 6)])
    assert picked == [0]


def test_other_buttons_and_held_keys_are_left_to_napari(picker, picked):
    press(picker, (0.0, 0.0), [(5, 5)], button=2)
    press(picker, (0.0, 0.0), [(5, 5)], modifiers=("Shift",))
    assert picked == []


def test_extra_axes_before_y_and_x_do_not_matter(picker, picked):
    press(picker, (7.0, 99.0, 51.0), [(5, 5)])
    assert picked == [2]


def test_without_spots_nothing_is_picked(picker, picked):
    picker.watch(None)
    press(picker, (0.0, 0.0), [(5, 5)])
    assert picked == []
