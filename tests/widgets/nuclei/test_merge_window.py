"""Two nuclei merged on the canvas while their expression is open, and parted again by undo."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from qtpy.QtCore import Qt
from scipy.spatial.distance import cdist

from spotscope.model import EditKind, ExpressionKey
from spotscope.widgets.nuclei._qc_tools import Tool

LONG = 120_000
LEFT = Qt.MouseButton.LeftButton
pytestmark = pytest.mark.gui


@pytest.fixture
def dock(empty_dock, qtbot, demo_files):
    """The demo, typed, every spot in closed form, a gene on the nuclei, the tools unfolded."""
    dock = empty_dock
    dock.open_paths([demo_files[role] for role in ("spots", "image", "reference")])
    rest(qtbot, dock)
    for card in (dock.nuclei_card, dock.typing_card, dock.expression_card):
        qtbot.mouseClick(card.button, LEFT)
        rest(qtbot, dock)
    assert dock.workbench.facts.expressed
    qtbot.mouseClick(dock.nuclei_card.check.correct.head, LEFT)
    return dock


def rest(qtbot, dock):
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)


def click(dock, place):
    """A click on the canvas, as napari tells its callbacks."""
    viewer = dock.canvas.viewer
    event = SimpleNamespace(
        type="mouse_press", button=1, modifiers=(), pos=(0.0, 0.0), position=tuple(place)
    )
    steps = dock.check.tools(viewer, event)
    next(steps, None)
    event.type = "mouse_release"
    next(steps, None)


def table_of(dock):
    return dock.workbench.session.cells.table


def by_label(table, layer):
    """Genes of every nucleus, by its number."""
    return dict(zip(table.obs["label_id"], np.asarray(table.layers[layer]), strict=True))


def two_of_a_spot(dock):
    """A spot of three nuclei or more, and the rows of its two that lie nearest."""
    table, nuclei = table_of(dock), dock.workbench.session.nuclei
    spots = table.obs[ExpressionKey.SPOT].astype(str)
    spot = next(name for name, n in spots[spots != ""].value_counts().items() if n >= 3)
    rows = nuclei.rows_of(table.obs["label_id"].to_numpy()[(spots == spot).to_numpy()])
    far = cdist(nuclei.yx_um[rows], nuclei.yx_um[rows]) + 1e9 * np.eye(len(rows))
    return spot, rows[list(np.unravel_index(far.argmin(), far.shape))]


def test_the_spot_of_merged_nuclei_alone_comes_apart_again_and_undo_brings_both_back(dock, qtbot):
    bench, panel = dock.workbench, dock.nuclei_card.check
    before, spot_rows = table_of(dock), two_of_a_spot(dock)
    spot, rows = spot_rows
    both = bench.session.nuclei.label_id[rows].astype(int).tolist()
    mine = before.obs[ExpressionKey.SPOT].astype(str) == spot
    whole = before.layers[ExpressionKey.ASSIGNED][mine.to_numpy()].sum(axis=0)

    qtbot.mouseClick(panel.tools[Tool.MERGE], LEFT)
    click(dock, bench.session.nuclei.yx_um[rows[0]])
    assert panel.hint.text() == "Now click the other part."
    click(dock, bench.session.nuclei.yx_um[rows[1]])
    rest(qtbot, dock)
    assert bench.session.edits.done[-1].kind is EditKind.MERGE
    assert bench.deeds.last == "two nuclei merged"
    after = table_of(dock)
    assert after.n_obs == before.n_obs - 1
    now = after.obs[ExpressionKey.SPOT].astype(str) == spot
    assert now.sum() == mine.sum() - 1
    # the spot's counts are shared by those it has now, and every count is kept
    shared = after.layers[ExpressionKey.ASSIGNED][now.to_numpy()].sum(axis=0)
    np.testing.assert_array_equal(np.asarray(shared), np.asarray(whole))
    # all other spots are as they were, to the last bit
    was, told = (by_label(t, ExpressionKey.MEAN) for t in (before, after))
    inside = (before.obs[ExpressionKey.SPOT].astype(str) != "").to_numpy() & ~mine.to_numpy()
    others = before.obs["label_id"].to_numpy()[inside]
    assert len(others) > 20
    for label in others:
        np.testing.assert_array_equal(told[label], was[label])
    # and the spot's own nuclei are told anew
    kept = [label for label in before.obs["label_id"][mine] if label in told]
    assert any(not np.array_equal(told[label], was[label]) for label in kept)

    bench.deeds.undo()
    rest(qtbot, dock)
    assert bench.session.edits.done == ()
    again = by_label(table_of(dock), ExpressionKey.MEAN)
    assert set(both) <= set(again)
    for label in before.obs["label_id"][before.obs[ExpressionKey.SPOT].astype(str) != ""]:
        np.testing.assert_allclose(again[label], was[label], rtol=1e-5, atol=1e-6)
    bench.deeds.redo()
    rest(qtbot, dock)
    assert table_of(dock).n_obs == before.n_obs - 1
