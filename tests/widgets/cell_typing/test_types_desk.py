"""The legend's names and colours, fading, and what ν changes, in the real dock."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from spotscope import layers
from spotscope.widgets.cell_typing._legend import Legend, LegendRow
from spotscope.widgets.sample._reader import open_dock

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def legend(qtbot):
    legend = Legend()
    qtbot.addWidget(legend)
    legend.types.show_rows([LegendRow("B", (1, 2, 3), 5), LegendRow("T", (4, 5, 6), 7)])
    legend.resize(legend.sizeHint())
    legend.show()
    return legend


def test_a_double_click_renames_and_hides_nothing(qtbot, legend):
    place = legend.visualRect(legend.types.index(1, 0)).center()
    qtbot.mouseClick(legend.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place)
    qtbot.mouseDClick(legend.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place)
    assert legend.types.hidden == frozenset()
    field = legend.indexWidget(legend.types.index(1, 0)) or legend.focusWidget()
    field.selectAll()
    qtbot.keyClicks(field, "Lymphocyte")
    with qtbot.waitSignal(legend.types.rename_requested) as asked:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert asked.args == ["T", "Lymphocyte"]


def test_an_empty_name_is_not_asked_for(qtbot, legend):
    model = legend.types
    with qtbot.assertNotEmitted(model.rename_requested):
        assert not model.setData(model.index(0, 0), "   ", Qt.ItemDataRole.EditRole)
        model.setData(model.index(0, 0), "B", Qt.ItemDataRole.EditRole)


@pytest.mark.gui
def test_types_are_renamed_merged_painted_faded_and_marked(
    make_napari_viewer, demo_files, qtbot, tmp_path
):
    viewer = make_napari_viewer()
    dock = open_dock(viewer)
    bench, card, view = dock.workbench, dock.typing_card, dock.canvas.nuclei
    dock.open_paths([demo_files[role] for role in ("spots", "image", "reference")])
    qtbot.waitUntil(lambda: not dock.busy, timeout=60_000)
    card_run(qtbot, dock, dock.nuclei_card)
    card_run(qtbot, dock, card)
    rows = card.legend.types.rows
    one, other = rows[0].name, rows[1].name

    dock.types.rename(one, other)  # merged
    merged = {row.name: row.count for row in card.legend.types.rows}
    assert merged[other] == rows[0].count + rows[1].count
    assert len(merged) == len(rows) - 1
    place = bench.session.cells.types.index(one) + 1
    colours = viewer.layers["demo · nuclei"].colormap.colors
    wanted = np.divide(layers.type_colours(bench.session.cells.types)[other], 255)
    np.testing.assert_allclose(colours[place, :3], wanted, atol=1e-6)

    dock.types.rename(other, "Immune")
    dock.types.recolour("Immune", (255, 0, 0))
    np.testing.assert_allclose(
        viewer.layers["demo · nuclei"].colormap.colors[place, :3], (1, 0, 0), atol=1e-6
    )
    card.legend.types.hide(frozenset({"Immune"}))
    assert view.hidden == {one, other}

    card.fading.click()
    shown = viewer.layers["demo · nuclei"].metadata["lookup"].lut
    obs = bench.session.cells.table.obs
    sure = obs["cell_type_support"].to_numpy() > 0.99
    assert (shown[obs["label_id"].to_numpy()[sure]] > 2 * len(bench.session.cells.types)).all()
    assert (view.codes <= 2 * len(bench.session.cells.types)).sum() == len(view.codes)

    before = view.codes.copy()
    card.dial.nu_changed.emit(0.0 if bench.fitted.auto_nu > 1 else 60.0)
    qtbot.waitUntil(lambda: not dock.busy, timeout=60_000)
    changed = view.codes != before
    assert changed.any()
    np.testing.assert_array_equal(view.changes.changed(view.codes), changed)
    assert f"{changed.sum():,} nuclei" in card.changes.text()
    lookup = viewer.layers["demo · nuclei"].metadata["lookup"]
    assert lookup.marked is None or not (lookup.marked & ~changed).any()
    card.legend.types.hide(frozenset())
    assert lookup.marked.sum() == changed.sum()
    card.marking.click()
    assert lookup.marked is None

    dock.save(tmp_path / "out")
    qtbot.waitUntil(lambda: not dock.busy, timeout=60_000)
    dock.open_paths([tmp_path / "out"])
    qtbot.waitUntil(lambda: not dock.busy, timeout=60_000)
    again = [row for row in card.legend.types.rows if row.name == "Immune"]
    assert again[0].colour == (255, 0, 0)
    assert card.fading.isChecked()
    dock.types.part("Immune")
    assert {row.name for row in card.legend.types.rows} >= {one, other}


def card_run(qtbot, dock, card):
    card.button.click()
    qtbot.waitUntil(lambda: not dock.busy, timeout=120_000)
