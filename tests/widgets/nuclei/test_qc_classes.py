"""Classes that nuclei came with, held by one click, and let go by one."""

from __future__ import annotations

import pytest

from spotscope import io, pipeline
from spotscope.model import run
from spotscope.widgets import SpotscopeWidget

LONG = 300_000
pytestmark = pytest.mark.gui


def until(qtbot, dock, done):
    qtbot.waitUntil(lambda: bool(done()) and not dock.busy, timeout=LONG)


def test_nuclei_are_held_as_they_were_classified(make_napari_viewer, qtbot, demo_files, tmp_path):
    viewer = make_napari_viewer()
    dock = SpotscopeWidget(viewer)
    viewer.window.add_dock_widget(dock, name="spotscope")
    dock.open_paths([demo_files["spots"], demo_files["image"], demo_files["reference"]])
    bench, row = dock.workbench, dock.nuclei_card.check.classes
    until(qtbot, dock, lambda: bench.facts.reference)
    dock.nuclei_card.show_params({"model": "watershed"})
    dock.nuclei_card.button.click()
    until(qtbot, dock, lambda: bench.facts.nuclei)
    dock.typing_card.button.click()
    until(qtbot, dock, lambda: bench.facts.typed)
    assert row.isHidden()  # these have no classes
    nuclei, types = bench.session.nuclei, bench.session.cells.types
    words = [(types[1].upper(), "Pen", None)[i % 3] for i in range(nuclei.n)]
    path, mpp = tmp_path / "classified.geojson", bench.session.sample.slide.mpp
    run(io.write_nuclei_geojson(path, nuclei, mpp=mpp, cell_type=words))
    dock.open_paths([path])
    until(qtbot, dock, lambda: bench.session.nuclei.classes is not None)
    assert row.isHidden()  # not typed yet
    dock.typing_card.button.click()
    until(qtbot, dock, lambda: bench.facts.typed)
    assert not row.isHidden()
    before = bench.session.cells.type_codes.copy()
    assert (before[::3] != 1).any()
    row.hold.click()
    until(qtbot, dock, lambda: (bench.session.cells.type_codes[::3] == 1).all())
    assert row.said.text() == (
        f"Held by their class: {types[1]} {len(before[::3]):,}; "
        f"no type is called Pen {len(before[1::3]):,}"
    )
    assert len(pipeline.held_of(bench.session).types) == len(before[::3])
    bench.deeds.undo()
    until(qtbot, dock, lambda: (bench.session.cells.type_codes == before).all())
    assert not pipeline.held_of(bench.session)
    bench.deeds.redo()
    until(qtbot, dock, lambda: (bench.session.cells.type_codes[::3] == 1).all())
    dock.shut()
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)
