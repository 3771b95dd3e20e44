from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import QLineEdit

from spotscope.widgets.cell_typing._legend import Legend, LegendRow, swatch

ROWS = [
    LegendRow("B cell", (230, 153, 0), 120),
    LegendRow("T cell", (76, 179, 230), 1880),
    LegendRow("Tumour", (0, 153, 128), 4120),
]


@pytest.fixture
def legend(qtbot):
    legend = Legend()
    qtbot.addWidget(legend)
    legend.types.show_rows(ROWS)
    legend.resize(legend.sizeHint())
    legend.show()
    return legend


def click(qtbot, legend, row, modifier=Qt.KeyboardModifier.NoModifier):
    place = legend.visualRect(legend.types.index(row, 0)).center()
    qtbot.mouseClick(legend.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def test_each_row_has_name_colour_and_number(legend):
    model = legend.types
    assert model.data(model.index(1, 0)) == "T cell"
    assert model.data(model.index(1, 1)) == "1,880"
    icon = model.data(model.index(2, 0), Qt.ItemDataRole.DecorationRole)
    colour = icon.pixmap(14, 14).toImage().pixelColor(7, 7)
    assert (colour.red(), colour.green(), colour.blue()) == (0, 153, 128)


def test_a_click_hides_a_type_and_another_shows_it(qtbot, legend):
    with qtbot.waitSignal(legend.types.hidden_changed) as hidden:
        click(qtbot, legend, 0)
    assert hidden.args == [frozenset({"B cell"})]
    click(qtbot, legend, 0)
    assert legend.types.hidden == frozenset()


def test_the_tick_follows(qtbot, legend):
    click(qtbot, legend, 2)
    model = legend.types
    role = Qt.ItemDataRole.CheckStateRole
    ticks = [Qt.CheckState(model.data(model.index(i, 0), role)) for i in range(3)]
    assert ticks == [Qt.CheckState.Checked, Qt.CheckState.Checked, Qt.CheckState.Unchecked]


def test_alt_click_shows_one_type_alone_and_again_all(qtbot, legend):
    click(qtbot, legend, 1, Qt.KeyboardModifier.AltModifier)
    assert legend.types.hidden == {"B cell", "Tumour"}
    click(qtbot, legend, 1, Qt.KeyboardModifier.AltModifier)
    assert legend.types.hidden == frozenset()


def test_the_keyboard_can_untick_too(legend):
    index = legend.types.index(1, 0)
    legend.types.setData(index, Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    assert legend.types.hidden == {"T cell"}


def test_new_numbers_keep_what_is_hidden(legend):
    legend.types.hide(frozenset({"Tumour"}))
    legend.types.show_counts({"B cell": 1, "T cell": 2, "Tumour": 3})
    assert [row.count for row in legend.types.rows] == [1, 2, 3]
    assert legend.types.hidden == {"Tumour"}


def test_types_of_another_sample_are_all_shown(legend):
    legend.types.hide(frozenset({"Tumour"}))
    legend.types.show_rows([LegendRow("Neuron", (0, 0, 0), 7)])
    assert legend.types.hidden == frozenset()


def test_it_is_as_high_as_its_rows(legend):
    assert legend.rowViewportPosition(2) + legend.rowHeight(2) <= legend.sizeHint().height()


def test_another_row_is_renamed_while_one_is_being_written(legend):
    legend.show()
    asked = []
    legend.types.rename_requested.connect(lambda *names: asked.append(names))
    legend.rename("B cell")
    (field,) = legend.findChildren(QLineEdit)
    field.setText("Mine")
    legend.rename("T cell")
    assert asked == [("B cell", "Mine")]
    last = legend.findChildren(QLineEdit)[-1]
    assert (last.text(), last.isVisible()) == ("T cell", True)


def test_a_swatch_keeps_its_colour_in_a_row_that_is_selected(qapp):
    icon = swatch((230, 153, 0), 12)
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Active, QIcon.Mode.Selected):
        seen = icon.pixmap(12, 12, mode).toImage().pixelColor(6, 6)
        assert (seen.red(), seen.green(), seen.blue()) == (230, 153, 0)
