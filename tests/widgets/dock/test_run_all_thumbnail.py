"""Nuclei cannot be told in a thumbnail: cells are estimated where it was found, not where given."""

import re
import shutil
from pathlib import Path

import anndata as ad
import numpy as np
import pytest
from PIL import Image
from qtpy.QtWidgets import QLabel

from spotscope.widgets.dock._state import Step

LONG = 120_000
pytestmark = pytest.mark.gui


@pytest.fixture
def dock(own_cache, empty_dock):
    return empty_dock


@pytest.fixture
def beside(demo_files, tmp_path):
    """The demo's spots, which name a picture a quarter of their image's width."""
    Image.fromarray(np.full((256, 256, 3), 200, np.uint8)).save(tmp_path / "thumb.png")
    table = ad.read_h5ad(demo_files["spots"])
    table.uns["image"] = {"file": "thumb.png", "scale_spots_to_image": 0.25}
    table.write_h5ad(tmp_path / "spots.h5ad")
    return tmp_path / "spots.h5ad"


@pytest.fixture
def reference(demo_files, tmp_path):
    """Beside the spots: the demo's own is forgotten with the demo."""
    return Path(shutil.copy(demo_files["reference"], tmp_path / "cells.h5ad"))


@pytest.fixture
def opened(dock, qtbot, beside, reference):
    dock.open_paths([beside, reference])
    qtbot.waitUntil(lambda: dock.workbench.facts.reference and not dock.busy, timeout=LONG)
    return dock


def test_run_all_types_estimated_cells_and_says_so_before(opened, qtbot):
    run_all = opened.office.run_all
    assert run_all.left == [Step.NUCLEI, Step.TYPES, Step.EXPRESSION]
    said = "cells (image too coarse for nuclei), cell types, expression: about "
    assert run_all.line.text().startswith(said)
    run_all.button.click()
    qtbot.waitUntil(lambda: opened.workbench.facts.expressed and not opened.busy, timeout=LONG)
    assert run_all.left == []
    session = opened.workbench.session
    assert session.records["segment"].params == {"nuclei": "estimated"}
    assert session.labels.mpp == 0.5  # they are drawn finer than the thumbnail's pixels
    # nobody has seen a nucleus
    words = [w.text() for w in opened.findChildren(QLabel)]
    said = [text for text in words if re.search(r"[\d%] (of )?nucle(i|us)", text)]
    assert said == []
    assert any(re.search(rf"types on {session.nuclei.n:,} cells", text) for text in words)
    # where no image was looked at, none can lack nuclei
    spots = session.sample.spots
    empty = spots.table.obs["n_cells"].to_numpy() == 0
    assert np.array_equal(spots.table.obs["no_nuclei"].to_numpy(bool), empty)


def test_the_nuclei_card_says_why_and_the_image_takes_the_place_of_the_thumbnail(
    opened, qtbot, demo_files
):
    card = opened.nuclei_card
    assert card.why.text() == (
        "Nuclei cannot be told apart at 2 µm a pixel: add the full-resolution image to find them."
    )
    assert card.button.text() == "Estimate cells"
    assert not card.threshold.isVisibleTo(card)
    assert opened.sample_card.image_button.isVisibleTo(opened.sample_card)
    opened.open_paths([demo_files["image"]])
    qtbot.waitUntil(lambda: not opened.workbench.facts.coarse and not opened.busy, timeout=LONG)
    assert opened.workbench.facts.spots
    assert not opened.nuclei_card.why.text()
    assert opened.nuclei_card.button.text() == "Find nuclei"
    assert opened.office.run_all.line.text().startswith("nuclei, cell types")


def test_nothing_is_guessed_in_the_place_of_an_image_that_was_given(
    dock, qtbot, opened, beside, reference, tmp_path
):
    dock.open_sample(beside, reference, image=tmp_path / "thumb.png", mpp=2.0)
    qtbot.waitUntil(lambda: not dock.workbench.facts.thumbnail and not dock.busy, timeout=LONG)
    run_all = dock.office.run_all
    assert dock.workbench.facts.coarse
    assert run_all.left == []
    assert run_all.line.text() == "image too coarse for nuclei"
    assert not run_all.button.isEnabled()
    dock.nuclei_card.button.click()
    qtbot.waitUntil(lambda: Step.NUCLEI in dock.workbench.facts.errors, timeout=LONG)
    assert "to tell nuclei apart, found 2 in thumb" in dock.nuclei_card.trouble.text()
