"""Words are legible, controls have names, Tab follows the eye, nothing is cut: in both themes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from look import cut, faint, faults, leaps, nameless, small, tab_order
from napari.settings import get_settings
from qtpy.QtCore import Qt, QThreadPool
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from spotscope.widgets.dock._key_map import KEYS
from spotscope.widgets.parts._fold import Fold
from spotscope.widgets.sample._reader import open_dock

LONG = 120_000


@pytest.fixture
def shown(qtbot):
    """A root of white ground, with a layout, on the screen."""
    root = QWidget()
    qtbot.addWidget(root)
    root.setStyleSheet("QWidget { background: white; color: black; }")
    QVBoxLayout(root)
    root.resize(300, 200)
    root.show()
    qtbot.waitExposed(root)
    return root


def put(root, widget, qtbot):
    root.layout().addWidget(widget)
    qtbot.wait(50)
    return widget


def test_grey_words_on_white_are_faint_and_black_ones_are_not(shown, qtbot):
    label = put(shown, QLabel("legible words"), qtbot)
    assert faint(shown) == []
    label.setStyleSheet("color: #999999;")  # 2.85 : 1
    qtbot.wait(50)
    assert len(faint(shown)) == 1
    label.setEnabled(False)  # what cannot be used now is read too
    assert len(faint(shown)) == 1


def test_a_control_needs_a_name_or_a_tip(shown, qtbot):
    box = put(shown, QComboBox(), qtbot)
    box.setToolTip("what it is for")
    assert nameless(shown) == ["QComboBox ''"]
    box.setAccessibleName("what it is")
    assert nameless(shown) == []
    sign = put(shown, QPushButton("×"), qtbot)
    sign.setToolTip("Put it away")
    assert nameless(shown) == ["QPushButton '×'"]
    sign.setText("Put away")
    assert nameless(shown) == []


def test_whatever_tab_stops_at_needs_a_name(shown, qtbot):
    panel = put(shown, QWidget(), qtbot)
    assert nameless(shown) == []
    panel.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    assert nameless(shown) == ["QWidget ''"]
    panel.setAccessibleName("what the arrow keys move")
    assert nameless(shown) == []


def test_a_sign_that_is_hard_to_hit_is_small(shown, qtbot):
    sign = put(shown, QPushButton("×"), qtbot)
    sign.setFixedSize(24, 20)
    assert small(shown) == ["'' 24 × 20"]
    sign.setFixedSize(24, 24)
    assert small(shown) == []


def test_tab_that_goes_up_or_back_is_a_leap(shown, qtbot):
    row = QHBoxLayout()
    shown.layout().addLayout(row)
    one, two, below = QPushButton("a"), QPushButton("b"), QPushButton("c")
    row.addWidget(one)
    row.addWidget(two)
    put(shown, below, qtbot)
    for before, after in ((one, two), (two, below)):
        QWidget.setTabOrder(before, after)
    assert [w.text() for w in tab_order(shown)] == ["a", "b", "c"]
    assert leaps(shown) == []
    QWidget.setTabOrder(two, one)
    QWidget.setTabOrder(one, below)
    assert leaps(shown) == ["'c' to 'b'"]  # from a on, as that is read first


def test_words_without_room_and_widgets_over_one_another_are_found(shown, qtbot):
    button = put(shown, QPushButton("a good many words"), qtbot)
    other = put(shown, QLabel("under it"), qtbot)
    assert cut(shown) == []
    button.setFixedWidth(40)
    qtbot.wait(50)
    assert [said.split(" ")[0] for said in cut(shown)] == ["cut"]
    button.setFixedWidth(200)
    qtbot.wait(50)
    other.setGeometry(button.geometry())
    assert cut(shown) == ["overlap 'a good many words' and 'under it'"]


def test_both_of_a_cut_word_and_a_low_line_are_told(shown, qtbot):
    label = put(shown, QLabel("many words that need a second line and a third one too"), qtbot)
    label.setWordWrap(True)
    label.setFixedSize(120, 12)
    qtbot.wait(50)
    assert [said.split(" ")[0] for said in cut(shown)] == ["low"]


def in_both_themes(viewer, dock, qtbot):
    """What is wrong with the cards, and with the row under them, by theme."""
    found = {}
    for theme in ("dark", "light"):
        viewer.theme = theme
        qtbot.wait(200)
        column = dock.column.widget()
        for root in (column, dock.office.run_all.row):
            for kind, some in (faults(root) if root.isVisible() else {}).items():
                found.setdefault(f"{theme} {kind}", []).extend(some)
    return found


@pytest.fixture
def dock(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    dock = open_dock(viewer)
    viewer.window.resize(1280, 800)
    qtbot.wait(200)
    yield dock
    dock.shut()
    pool = QThreadPool.globalInstance()
    qtbot.waitUntil(lambda: not dock.busy and pool.activeThreadCount() == 0, timeout=LONG)


@pytest.mark.gui
def test_the_dock_is_legible_named_and_in_order(dock, demo_files, qtbot):
    viewer = dock.canvas.viewer
    assert in_both_themes(viewer, dock, qtbot) == {}
    dock.open_paths([demo_files["spots"], demo_files["image"], demo_files["reference"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.reference and not dock.busy, timeout=LONG)
    assert in_both_themes(viewer, dock, qtbot) == {}
    dock.office.run_all.start()
    qtbot.waitUntil(lambda: dock.workbench.facts.expressed and not dock.busy, timeout=LONG)
    for fold in dock.findChildren(Fold):
        fold.unfold(True)
    high, wide = dock.workbench.session.sample.slide.extent_um
    corners = np.array([[0, 0], [0, wide / 2], [high, wide / 2], [high, 0]])
    dock.explorer.regions.add(corners)
    dock.explorer.regions.add(corners / 2)
    owner = dock.explorer.spot._owner
    dock.canvas.spot_clicked.emit(int(np.bincount(owner[owner >= 0]).argmax()))
    dock.explorer.analysis.panel.button.click()
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)
    assert dock.explorer.analysis.findings
    assert dock.office.align.panel.isVisible()
    qtbot.wait(300)
    assert in_both_themes(viewer, dock, qtbot) == {}
    usual, get_settings().appearance.font_size = get_settings().appearance.font_size, 13
    try:  # a reader with weak eyes
        assert in_both_themes(viewer, dock, qtbot) == {}
    finally:
        get_settings().appearance.font_size = usual
    qtbot.wait(200)
    # Qt gives a card that needs more width than there is the height of that width: a line is cut
    room = dock.minimumWidth() - dock.column.verticalScrollBar().sizeHint().width()
    assert {c.title.text(): c.minimumSizeHint().width() for c in dock.cards.values()} == {
        c.title.text(): min(c.minimumSizeHint().width(), room) for c in dock.cards.values()
    }


def test_the_page_of_keys_has_every_key_and_no_other():
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "keys.md").read_text("utf-8")
    rows = [line.split(" | ")[:2] for line in page.splitlines() if line.startswith("| ")][1:]
    assert [(key.lstrip("| "), does) for key, does in rows] == [(k.key, k.does) for k in KEYS]
