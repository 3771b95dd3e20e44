"""The log and what is copied, in a real viewer on the small demo."""

import shlex

import pytest
from qtpy.QtGui import QGuiApplication

from spotscope.methods.segmentation import SegmentationParams
from spotscope.widgets.dock._state import Step

LONG = 300_000
pytestmark = pytest.mark.gui


@pytest.fixture
def dock(empty_dock, qtbot, demo_files):
    dock = empty_dock
    dock.open_paths([demo_files["spots"], demo_files["image"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.slide and not dock.busy, timeout=LONG)
    return dock


def test_the_log_grows_and_a_step_is_copied_once_it_is_done(dock, qtbot, demo_files):
    history = dock.office.history
    assert f"opened {demo_files['spots']}" in history.log.text()
    assert "Nuclei" not in history.log.text()
    assert not dock.nuclei_card.menu_button.isVisibleTo(dock)
    dock.workbench.find_nuclei(SegmentationParams(model="watershed", sensitivity=0.6))
    qtbot.waitUntil(lambda: dock.workbench.facts.nuclei and not dock.busy, timeout=LONG)
    assert "Nuclei: " in history.log.text()
    assert "sensitivity 0.6" in history.log.text()
    assert dock.nuclei_card.menu_button.isVisibleTo(dock)
    assert not dock.typing_card.menu_button.isVisibleTo(dock)
    command, script = dock.nuclei_card.menu.actions()
    assert [command.text(), script.text()] == ["Copy as command", "Copy as Python"]
    with qtbot.waitSignal(history.copied, timeout=LONG):
        command.trigger()
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words[:3] == ["spotscope", "run", str(demo_files["spots"])]
    assert "--sensitivity=0.6" in words
    assert "pasted into a terminal" in history.said.text()
    with qtbot.waitSignal(history.copied, timeout=LONG):
        dock.sample_card.menu.actions()[1].trigger()
    assert QGuiApplication.clipboard().text().startswith("import spotscope\n")


def test_what_cannot_be_copied_says_why(dock, qtbot):
    from dataclasses import replace

    bench = dock.workbench
    bench.session = replace(bench.session, sample=replace(bench.session.sample, opened={}))
    dock.office.history.copy(Step.SAMPLE, "command")
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)
    assert "made in memory" in dock.office.history.said.text()
