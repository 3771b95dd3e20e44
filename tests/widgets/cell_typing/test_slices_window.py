"""A slice that was typed with others, opened in the window: ν is turned among all of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from deeds_room import LONG, rest

from spotscope import pipeline
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import OutFile, Session, run
from spotscope.pipeline import SlicesParams, StepCache, type_slices
from spotscope.pipeline.cell_typing._slice_of import SLICES

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def two_slices(demo_files, tmp_path_factory):
    """Result folders of the demo taken as two slices of one block, and the fit of both."""
    out = tmp_path_factory.mktemp("slices")
    sample = run(pipeline.read_sample(demo_files["spots"], image=demo_files["image"]))
    found = run(pipeline.segmentation_step(Session(sample), SegmentationParams(model="watershed")))
    below = replace(found, sample=replace(sample, name="below"))
    reference = run(pipeline.read_reference(demo_files["reference"]))
    cache, how = StepCache(out / OutFile.STEPS), SlicesParams(align="none", across_um=10.0)
    slices = [found, below]
    typed = run(type_slices(slices, reference, CellTypingParams(), how, cache=cache))
    for k, session in enumerate(typed.sessions):
        run(pipeline.save_session(session, out / f"{k + 1}-slice"))
    return out, typed


def test_nu_of_a_slice_is_turned_among_all_of_them(empty_dock, qtbot, two_slices):
    out, typed = two_slices
    dock, bench, card = empty_dock, empty_dock.workbench, empty_dock.typing_card
    dock.open_paths([out / "2-slice"])
    rest(qtbot, dock)
    name = typed.sessions[0].sample.name
    assert card.slices.text().startswith(f"Typed together with {name}")
    assert "by itself" not in card.slices.text()
    as_opened = bench.session.cells.type_codes.copy()
    np.testing.assert_array_equal(as_opened, typed.sessions[1].cells.type_codes)
    before = bench.session.records["type"].figures[SLICES]["nu"]
    assert card.dial.nu == before

    other = 20.0 if before < 10 else 1.0
    bench.set_nu(other)
    qtbot.waitUntil(lambda: bench.session.records["type"].params["nu_used"] == other, timeout=LONG)
    expected = typed.fit.labels(other)[1]
    np.testing.assert_array_equal(bench.session.cells.type_codes, expected.codes)
    assert (expected.codes != as_opened).any()
    assert f"typed at ν {before:g}, and this one was turned to {other:g} by" in card.slices.text()
    bench.set_nu(before)
    qtbot.waitUntil(lambda: bench.session.records["type"].params["nu_used"] == before, timeout=LONG)
    rest(qtbot, dock)
    np.testing.assert_array_equal(bench.session.cells.type_codes, as_opened)
    assert "by itself" not in card.slices.text()


def test_a_nucleus_of_a_slice_is_held_and_asked_for_its_reasons(empty_dock, qtbot, two_slices):
    out, _ = two_slices
    dock, bench, card = empty_dock, empty_dock.workbench, empty_dock.explore_card
    dock.open_paths([out / "2-slice"])
    rest(qtbot, dock)
    owner = dock.explorer.spot._owner
    spot = int(np.argmax(np.bincount(owner[owner >= 0])))
    dock.canvas.spot_clicked.emit(spot)
    qtbot.waitUntil(lambda: not dock.busy)
    assert card.spot.nuclei.rows.count() == (owner == spot).sum()
    assert len(card.spot.reasons.bars) == 6
    mine = np.flatnonzero(owner == spot)
    row = bench.session.cells.table.obs.iloc[mine[0]]
    name = next(t for t in bench.session.cells.types if t != row["cell_type"])
    card.spot.nuclei.rows.setCurrentRow(0)
    next(a for a in card.spot.nuclei.menu.actions() if a.text() == name).trigger()
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)
    assert bench.session.cells.table.obs["cell_type"].iloc[mine[0]] == name
