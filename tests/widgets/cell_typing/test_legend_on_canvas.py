"""The legend on napari's own canvas, in the real dock: it says what one sees, and only that."""

from __future__ import annotations

import numpy as np
import pytest
from deeds_room import rest, type_cells
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from spotscope.layers import Eyes
from spotscope.widgets.nuclei._qc_look import Look

pytestmark = pytest.mark.gui


def names(dock):
    return [words for words, _ in dock.office.legend.legend.said]


def shown(dock):
    """Types of the card that have nuclei and are ticked."""
    types = dock.typing_card.legend.types
    return [row.name for row in types.rows if row.count and row.name not in types.hidden]


def it_follows_the_card_and_what_colours_the_nuclei(dock, qtbot, tmp_path):
    legend, card = dock.office.legend.legend, dock.typing_card
    assert not legend.isVisible()
    type_cells(qtbot, dock)
    assert legend.isVisible()
    assert names(dock) == shown(dock)
    assert len(names(dock)) > 3

    one, other = names(dock)[:2]
    dock.types.rename(one, "Lymphocyte")
    dock.types.recolour("Lymphocyte", (255, 0, 0))
    assert ("Lymphocyte", (255, 0, 0)) in legend.said
    card.legend.types.hide(frozenset({other}))
    assert other not in names(dock)
    assert names(dock) == shown(dock)
    dock.types.see_with(Eyes.NO_GREEN)
    seen = {row.name: row.colour for row in card.legend.types.rows}
    assert seen["Lymphocyte"] != (255, 0, 0)
    assert dict(legend.said) == {name: seen[name] for name in shown(dock)}
    dock.types.see_with(Eyes.ALL)

    # what colours the nuclei instead has its own words
    dock.check.looks.look(Look.AREA)
    assert not legend.isVisible()
    dock.check.looks.look(Look.TYPE)
    assert legend.isVisible()
    dock.canvas.show_part("nuclei", False)
    assert not legend.isVisible()
    dock.canvas.show_part("nuclei", True)
    assert legend.isVisible()

    card.on_canvas.click()
    assert not legend.isVisible()
    dock.save(tmp_path / "out")
    rest(qtbot, dock)
    card.on_canvas.click()
    assert legend.isVisible()
    dock.open_paths([tmp_path / "out"])
    rest(qtbot, dock)
    assert not card.on_canvas.isChecked()
    assert not legend.isVisible()


def it_lies_on_the_canvas_and_takes_no_click_from_it(dock, qtbot):
    legend, viewer = dock.office.legend.legend, dock.canvas.viewer
    picture = viewer.screenshot(canvas_only=False, flash=False)
    scale = picture.shape[1] / dock.window().width()
    at = legend.mapTo(dock.window(), legend.rect().topLeft()) * scale
    part = picture[at.y() : at.y() + 200, at.x() : at.x() + 60, :3].reshape(-1, 3)
    for _, colour in legend.said[:3]:
        assert (np.abs(part.astype(int) - colour).max(axis=1) <= 2).any()

    pressed, moved = [], []
    viewer.mouse_drag_callbacks.append(lambda _viewer, event: pressed.append(event.pos))
    viewer.mouse_move_callbacks.append(lambda _viewer, event: moved.append(event.pos))
    place = legend.mapTo(dock.window(), legend.rect().center())
    qtbot.waitUntil(lambda: dock.window().windowHandle() is not None)
    handle, none = dock.window().windowHandle(), Qt.KeyboardModifier.NoModifier
    QTest.mouseMove(handle, place)
    qtbot.waitUntil(lambda: bool(moved))
    QTest.mouseClick(handle, Qt.MouseButton.LeftButton, none, place)
    assert len(pressed) == 1


def a_dock_that_goes_takes_it_along(dock):
    legend, canvas = dock.office.legend.legend, dock.office.legend.legend.parentWidget()
    dock.shut()
    assert not legend.isVisible()
    assert legend.parentWidget() is not canvas
    colours = legend.colours
    dock.canvas.viewer.theme = "light"
    assert legend.colours == colours  # nobody listens any more
    layer = dock.canvas.viewer.layers["demo · nuclei"]
    layer.colormap = layer.colormap
    assert not legend.isVisible()


def test_it_says_what_one_sees_takes_no_click_and_goes_with_the_dock(dock, qtbot, tmp_path):
    it_follows_the_card_and_what_colours_the_nuclei(dock, qtbot, tmp_path)
    dock.typing_card.on_canvas.click()
    it_lies_on_the_canvas_and_takes_no_click_from_it(dock, qtbot)
    a_dock_that_goes_takes_it_along(dock)
