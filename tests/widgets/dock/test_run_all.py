"""One button does what is left, stops where it is told to, and says what it will cost."""

import shutil

import pytest

from spotscope.methods.segmentation import SegmentationParams
from spotscope.widgets.dock._state import Step

LONG = 120_000
pytestmark = pytest.mark.gui


@pytest.fixture
def dock(_own_cache, tmp_path, monkeypatch, request):
    # what another test has found would cost nothing here
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return request.getfixturevalue("empty_dock")


@pytest.fixture
def opened(dock, qtbot, demo_files):
    dock.open_paths([demo_files["spots"], demo_files["image"], demo_files["reference"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.reference and not dock.busy, timeout=LONG)
    return dock


def test_nothing_open_is_nothing_to_run(dock):
    assert not dock.office.run_all.row.isVisibleTo(dock)


def test_run_all_does_every_step_that_is_left(opened, qtbot):
    run_all = opened.office.run_all
    assert run_all.left == [Step.NUCLEI, Step.TYPES, Step.EXPRESSION]
    assert run_all.line.text().startswith("nuclei, cell types, expression: about ")
    assert run_all.line.text().endswith("GB")
    assert "GB" in opened.nuclei_card.stage.text()
    assert "GB" in opened.typing_card._cost
    begun, looks, look = [], [], opened.nuclei_card.check.look
    canvas, bench = opened.canvas, opened.workbench
    bench._runner.started.connect(
        lambda name: begun.append((name, canvas.turns.busy, "nuclei" in canvas.stack))
    )
    stages = set()
    bench.progressed.connect(lambda _step, progress: stages.add(progress.stage))
    bench._runner.started.connect(lambda name: looks.append((name, look.currentText())))
    run_all.button.click()
    assert run_all.button.text() == "Stop"
    # of the step that runs its card says how long; here is said what follows
    assert run_all.line.text().startswith("then cell types, expression: about ")
    assert "GB" not in opened.nuclei_card.stage.text()
    qtbot.waitUntil(lambda: opened.workbench.facts.expressed, timeout=LONG)
    qtbot.waitUntil(lambda: not opened.busy, timeout=LONG)
    assert set(opened.workbench.session.records) == {"segment", "type", "decompose"}
    # no layer is still to be added when a step begins
    assert begun[:2] == [("nuclei", False, False), ("types", False, True)]
    assert opened.nuclei_card.main_stage in stages  # time left is told by it
    # types are no colours to choose before there are any
    assert dict(looks)["types"] == "nothing"
    assert look.currentText() == "type"
    assert run_all.left == []
    assert not run_all.row.isVisibleTo(opened)
    assert opened.nuclei_card.stage.text() == "kept: only has to be opened"
    # the types stay on the nuclei; a gene is one click away, and so is the way back
    chips = opened.expression_card.chips
    assert opened.explorer.gene == ""
    assert canvas.nuclei.inferred is None
    assert chips.types.isChecked()
    chips.buttons[0].click()
    assert opened.explorer.gene == chips.buttons[0].text() != ""
    assert chips.buttons[0].isChecked()
    assert not chips.types.isChecked()
    assert canvas.nuclei.inferred is not None
    chips.types.click()
    assert opened.explorer.gene == ""
    assert canvas.nuclei.inferred is None


def test_cancelling_a_step_stops_the_rest(opened, qtbot):
    run_all = opened.office.run_all
    run_all.button.click()
    assert opened.workbench.running == "nuclei"
    opened.workbench.cancel()
    qtbot.waitUntil(lambda: not opened.busy, timeout=LONG)
    assert not opened.workbench.facts.typed
    assert run_all.button.text() == "Run all"
    assert run_all.left[0] in (Step.NUCLEI, Step.TYPES)


def test_a_step_that_fails_stops_the_rest_and_says_why(opened, qtbot):
    opened.nuclei_card.form.model.value = "no-such-model"
    opened.office.run_all.button.click()
    qtbot.waitUntil(lambda: not opened.busy, timeout=LONG)
    assert Step.NUCLEI in opened.workbench.facts.errors
    assert not opened.workbench.facts.nuclei
    assert opened.office.run_all.button.text() == "Run all"


def test_without_a_reference_only_nuclei_are_found_and_that_is_said(dock, qtbot, demo_files):
    dock.open_paths([demo_files["spots"], demo_files["image"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.slide and not dock.busy, timeout=LONG)
    run_all = dock.office.run_all
    assert run_all.left == [Step.NUCLEI]
    assert "for types add a reference" in run_all.line.text()
    assert dock.sample_card.reference_button.isVisibleTo(dock)
    dock.workbench.find_nuclei(SegmentationParams(model="watershed"))
    qtbot.waitUntil(lambda: dock.workbench.facts.nuclei and not dock.busy, timeout=LONG)
    assert run_all.left == []


def test_spots_without_an_image_are_typed_on_cells_that_are_estimated(
    dock, qtbot, demo_files, tmp_path
):
    alone = tmp_path / "alone.h5ad"
    shutil.copy(demo_files["spots"], alone)
    dock.open_paths([alone, demo_files["reference"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.reference and not dock.busy, timeout=LONG)
    run_all = dock.office.run_all
    assert not dock.workbench.facts.slide
    assert run_all.left == [Step.NUCLEI, Step.TYPES, Step.EXPRESSION]
    assert run_all.line.text().startswith("cells, cell types, expression: about ")
    run_all.button.click()
    qtbot.waitUntil(lambda: dock.workbench.facts.expressed and not dock.busy, timeout=LONG)
    assert run_all.left == []


def test_spots_alone_leave_nothing_to_run(dock, qtbot, demo_files, tmp_path):
    alone = tmp_path / "alone.h5ad"
    shutil.copy(demo_files["spots"], alone)
    dock.open_paths([alone])
    qtbot.waitUntil(lambda: dock.workbench.facts.spots and not dock.busy, timeout=LONG)
    assert dock.office.run_all.left == []
