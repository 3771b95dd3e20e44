"""Keys, their sheet, Tab, other eyes, contrast: what the dock owes to hand and eye."""

from __future__ import annotations

import numpy as np
import pytest
from napari.utils.shortcuts import default_shortcuts
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QKeySequence, QShortcut
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from spotscope.layers import Eyes, as_seen
from spotscope.widgets.canvas._hover import STYLE
from spotscope.widgets.dock._key_map import KEYS
from spotscope.widgets.parts._focus_order import in_reading_order, set_focus_order
from spotscope.widgets.parts._theme import contrast
from spotscope.widgets.sample._reader import open_dock

#: How the actions of a viewer begin; napari's others belong to a kind of layer.
OF_VIEWER = [
    "toggle_console",
    "toggle_ndisplay",
    "toggle_theme",
    "toggle_grid",
    "toggle_selected",
    "toggle_unselected",
    "reset_view",
    "delete_selected_layers",
    "show_",
    "increment_dims",
    "focus_axes",
    "roll_axes",
    "transpose_axes",
    "rotate_layers",
    "select_layer",
    "hold_for",
]


def test_no_key_of_ours_is_one_of_the_viewer():
    theirs = {
        str(key)
        for action, keys in default_shortcuts.items()
        if action.removeprefix("napari:").startswith(tuple(OF_VIEWER))
        for key in keys
    }
    assert {"Ctrl+R", "V", "Left", "Space"} <= theirs  # the list is what we take it for
    assert not {key.key for key in KEYS if key.where == "both"} & theirs


def test_no_key_stands_twice():
    names = [key.key for key in KEYS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("dark", [True, False])
def test_words_at_the_mouse_are_read(dark):
    words, back, rim = (QColor(colour) for colour in STYLE[dark])
    assert contrast(words, back) >= 7
    assert contrast(rim, back) >= 3


def test_tab_follows_the_layout_whatever_was_built_first(qtbot):
    root = QWidget()
    qtbot.addWidget(root)
    last, first, second = QPushButton("c"), QLineEdit(), QPushButton("b")
    layout, row = QVBoxLayout(root), QHBoxLayout()
    layout.addLayout(row)
    row.addWidget(first)
    row.addWidget(QLabel("no stop"))
    row.addWidget(second)
    layout.addWidget(last)
    assert in_reading_order(root) == [first, second, last]
    set_focus_order(root)
    assert next_stop(first) is second
    assert next_stop(second) is last


def next_stop(widget):
    """Where Tab goes from a widget."""
    following = widget.nextInFocusChain()
    while not following.focusPolicy() & Qt.FocusPolicy.TabFocus:
        following = following.nextInFocusChain()
    return following


@pytest.mark.gui
def test_keys_sheet_and_eyes_in_the_real_dock(make_napari_viewer, demo_files, qtbot):
    viewer = make_napari_viewer()
    before = {str(key) for key in viewer.keymap}
    dock = open_dock(viewer)
    bound = {shortcut.key().toString() for shortcut in dock.findChildren(QShortcut)}
    assert {QKeySequence(key.key).toString() for key in KEYS} <= bound
    assert len(viewer.keymap) - len(before) == sum(key.where == "both" for key in KEYS)

    dock.explore_card.view.keys.click()
    assert dock.keys.sheet.isVisible()
    said = " ".join(label.text() for label in dock.keys.sheet.findChildren(QLabel))
    assert all(key.does in said for key in KEYS)
    QTest.keyClick(dock.keys.sheet, Qt.Key.Key_Escape)
    dock.keys.sheet.hide()

    dock.open_paths([demo_files["spots"], demo_files["image"]])
    qtbot.waitUntil(lambda: not dock.busy, timeout=60_000)
    dock.explore_card.gene.setText(str(dock.workbench.session.sample.spots.table.var_names[0]))
    spots = dock.canvas.stack["spots"]
    plain = spots.face_color.copy()
    dock.explore_card.view.eyes.setCurrentIndex(list(Eyes).index(Eyes.NO_GREEN))
    dock.explore_card.view.eyes.activated.emit(1)
    np.testing.assert_allclose(
        spots.face_color[:, :3], as_seen(plain[:, :3], Eyes.NO_GREEN), atol=1e-6
    )
    np.testing.assert_allclose(spots.face_color[:, 3], plain[:, 3])
    dock.types.see_with(Eyes.ALL)
    np.testing.assert_allclose(spots.face_color, plain, atol=1e-6)

    order = in_reading_order(dock.column.widget())
    places = [w.mapTo(dock.column.widget(), w.rect().topLeft()).y() for w in order if w.isVisible()]
    assert places == sorted(places) or not places
    dock.shut()
    assert {str(key) for key in viewer.keymap} == before
