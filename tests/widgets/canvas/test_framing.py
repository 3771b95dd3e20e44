"""The camera looks at the tissue first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spotscope.model import Sample, Session
from spotscope.widgets.canvas._framing import MARGIN, frame, tissue_box


def test_the_box_holds_all_spot_discs(twelve_cell_sample):
    session = Session(Sample("toy", spots=twelve_cell_sample.spots))
    # centres from (50, 100) to (150, 200), discs of 55 µm
    assert tissue_box(session).tolist() == [[22.5, 72.5], [177.5, 227.5]]


def test_without_spots_the_nuclei_are_the_tissue(two_nuclei_slide, two_nuclei_outlines):
    session = Session(Sample("toy", slide=two_nuclei_slide), nuclei=two_nuclei_outlines)
    np.testing.assert_allclose(tissue_box(session), [[10, 12], [21, 34]], atol=0.1)


def test_without_either_nobody_knows_the_tissue(two_nuclei_slide):
    assert tissue_box(Session(Sample("toy", slide=two_nuclei_slide))) is None


@pytest.mark.gui
def test_the_tissue_fills_the_canvas_though_the_glass_is_wide(
    make_napari_viewer, twelve_cell_sample
):
    viewer = make_napari_viewer()
    viewer.add_image(np.zeros((4000, 6000), np.uint8))
    spots = twelve_cell_sample.spots
    far = replace(spots, yx_um=spots.yx_um + np.array([2000, 1000]))
    frame(viewer, Session(Sample("toy", spots=far)))
    assert tuple(viewer.scene.camera.center)[-2:] == (2100, 1150)
    share = 155 * viewer.scene.camera.zoom / min(viewer.canvas.size)
    assert share == pytest.approx(1 - 2 * MARGIN)
