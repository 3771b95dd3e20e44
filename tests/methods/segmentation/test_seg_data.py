"""Against nuclei drawn by hand (MoNuSeg). A floor, well below what was measured, not a target."""

import os
from pathlib import Path

import dask.array as da
import numpy as np
import pytest

from spotscope.methods.segmentation import LabelDrawer, SegmentationParams, fit, predict, select
from spotscope.model import Slide, run

ROOT = Path(os.environ.get("SPOTSCOPE_DATA", Path(__file__).parents[3] / ".." / "shared" / "data"))
MPP = 0.2527
#: The parameters were chosen on the tiles at even places of the sorted list: these are others.
TILES = (
    "TCGA-21-5784-01Z-00-DX1",
    "TCGA-A7-A13F-01Z-00-DX1",
    "TCGA-B0-5710-01Z-00-DX1",
    "TCGA-G9-6363-01Z-00-DX1",
)


def f1_at_half(drawn, truth):
    """2 TP / (found + true), with a nucleus found where the overlap (IoU) is above one half."""
    n, m = int(drawn.max()), int(truth.max())
    pairs = drawn.astype(np.int64).ravel() * (m + 1) + truth.ravel()
    both = np.bincount(pairs, minlength=(n + 1) * (m + 1)).reshape(n + 1, m + 1)
    union = both.sum(axis=1)[1:, None] + both.sum(axis=0)[1:] - both[1:, 1:]
    hits = (both[1:, 1:] > 0.5 * union).sum()
    return 2 * hits / (n + len(np.unique(truth)) - 1)


@pytest.mark.data
def test_most_nuclei_drawn_by_hand_are_found():
    folder = ROOT / "monuseg" / "train"
    if not folder.is_dir():
        pytest.skip(f"MoNuSeg tiles are not at {folder}; set SPOTSCOPE_DATA to the data sets")
    from PIL import Image
    from tifffile import imread

    params = SegmentationParams(model="watershed")
    scores = []
    for name in TILES:
        pixels = np.asarray(Image.open(folder / "images" / f"{name}.png").convert("RGB"))
        slide = Slide((da.from_array(pixels, chunks=(500, 500, 3)),), MPP, name=name)
        found = select(run(predict(run(fit(slide, params)), slide, params)), params)
        drawn = LabelDrawer(found, MPP).draw(0, 0, *slide.shape)
        scores.append(f1_at_half(drawn, imread(folder / "labels" / f"{name}.tif")))
    assert np.mean(scores) > 0.5
