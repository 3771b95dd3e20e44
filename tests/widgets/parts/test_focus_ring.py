"""What has the keyboard is ringed where the keyboard led there, and all of it is in view."""

from __future__ import annotations

import pytest
from look import pixels
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QApplication,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from spotscope.widgets.parts._column import Column
from spotscope.widgets.parts._focus_ring import FocusRing
from spotscope.widgets.parts._theme import contrast

GROUND = {"dark": "#262930", "light": "#efebe9"}


class Dock(QWidget):
    """A field, a button, a table far below, in a column; and a button under it."""

    def __init__(self) -> None:
        super().__init__()
        self.field, self.button, self.table = QLineEdit(), QPushButton("Run"), QTableWidget(9, 1)
        self.table.setTabKeyNavigation(False)
        self.table.setCurrentCell(0, 0)
        self.table.setFixedHeight(90)
        gap = QWidget()
        gap.setFixedHeight(400)
        self.column = Column([self.field, self.button, gap, self.table])
        self.below = QPushButton("Run all")
        layout = QVBoxLayout(self)
        layout.addWidget(self.column)
        layout.addWidget(self.below)
        self.ring = FocusRing(self, self.column)
        self.resize(300, 200)


@pytest.fixture
def dock(qtbot):
    dock = Dock()
    dock.setStyleSheet(f"QWidget {{ background: {GROUND['dark']}; }}")
    qtbot.addWidget(dock)
    dock.show()
    dock.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dock)
    qtbot.mouseClick(dock.field, Qt.MouseButton.LeftButton)
    assert dock.field.hasFocus()
    yield dock
    dock.ring.let_go()


def tab(qtbot):
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)


def test_a_click_and_what_is_typed_after_it_draw_no_ring(dock, qtbot):
    qtbot.keyClicks(dock.field, "ab")
    assert dock.ring.around is None
    qtbot.mouseClick(dock.button, Qt.MouseButton.LeftButton)
    assert dock.ring.around is None
    assert not dock.ring.isVisible()


def test_tab_rings_what_it_comes_to_and_a_click_takes_the_ring_away(dock, qtbot):
    tab(qtbot)
    assert dock.ring.around is dock.button
    at = dock.button.geometry()
    assert dock.ring.isVisible()
    assert dock.ring.geometry().contains(at)
    assert not at.contains(dock.ring.geometry())
    qtbot.mouseClick(dock.field, Qt.MouseButton.LeftButton)
    assert dock.ring.around is None
    assert not dock.ring.isVisible()


def test_the_ring_goes_along_with_what_it_is_around(dock, qtbot):
    tab(qtbot)
    before = dock.ring.geometry()
    dock.field.setFixedHeight(dock.field.height() + 40)
    qtbot.waitUntil(lambda: dock.ring.geometry().top() == before.top() + 40)
    dock.button.hide()
    assert not dock.ring.isVisible() or dock.ring.around is not dock.button


def test_what_is_ringed_lies_in_view_with_all_of_it(dock, qtbot):
    tab(qtbot)
    tab(qtbot)
    assert dock.ring.around is dock.table

    def all_in_view():
        top = dock.table.mapTo(dock.column.viewport(), QPoint(0, 0)).y()
        return 0 <= top <= dock.column.viewport().height() - dock.table.height()

    qtbot.waitUntil(all_in_view)


def test_what_does_not_scroll_is_ringed_too_and_focus_that_leaves_takes_the_ring(dock, qtbot):
    for _ in range(3):
        tab(qtbot)
    assert dock.ring.around is dock.below
    assert dock.ring.parentWidget() is dock
    dock.below.clearFocus()
    assert not dock.ring.isVisible()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_ring_stands_out_from_the_ground(dock, qtbot, theme):
    dock.setStyleSheet(f"QWidget {{ background: {GROUND[theme]}; }}")
    tab(qtbot)
    corner = dock.ring.mapTo(dock, QPoint(dock.ring.width() // 2, 0))
    line = pixels(dock)[corner.y() : corner.y() + 2, corner.x()].tolist()
    assert max(contrast(QColor(*rgb), QColor(GROUND[theme])) for rgb in line) >= 3


def test_tab_is_a_key_also_while_a_mouse_button_is_held(dock, qtbot):
    qtbot.mousePress(dock.field, Qt.MouseButton.LeftButton)
    tab(qtbot)
    assert dock.ring.around is dock.button
    qtbot.mouseRelease(dock.field, Qt.MouseButton.LeftButton)
