"""Files dropped in haste: none is lost, whatever their order."""

from __future__ import annotations

from itertools import permutations

import pytest

LONG = 120_000
pytestmark = pytest.mark.gui


@pytest.fixture
def dock(empty_dock):
    return empty_dock


@pytest.mark.parametrize("order", list(permutations(("image", "spots", "reference"))), ids="-".join)
def test_files_dropped_one_upon_the_other_are_all_opened(dock, qtbot, demo_files, order):
    for role in order:
        dock.open_paths([demo_files[role]])
    assert dock.busy
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)
    facts = dock.workbench.facts
    assert facts.spots
    assert facts.slide
    assert facts.reference


def test_the_last_of_several_samples_stays(dock, qtbot, demo_files):
    for role in ("spots", "image", "image"):  # the last is open already: nothing to do
        dock.open_paths([demo_files[role]])
    dock.open_paths([demo_files["reference"]])
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)
    assert dock.workbench.facts.slide
    assert dock.workbench.facts.reference


def test_a_cancel_is_of_those_too_that_wait_and_a_broken_file_of_none(
    dock, qtbot, demo_files, tmp_path
):
    dock.open_paths([demo_files["spots"]])
    dock.open_paths([demo_files["image"]])
    dock.sample_card.cancel_requested.emit()
    assert not dock.arrivals.waits
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)
    assert not dock.workbench.facts.spots
    assert not dock.workbench.facts.slide
    (tmp_path / "broken.h5ad").write_bytes(b"not an h5ad")
    dock.open_paths([tmp_path / "broken.h5ad"])
    dock.open_paths([demo_files["spots"]])
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)
    assert dock.workbench.facts.spots
