"""Tissue on glass that is grey is found as on glass that is bright; without glass nothing is lost.

glass   one disc of stained, grainy tissue in the middle of a slide of 400 × 400 px
bare    the same tissue over all of it
"""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spotscope.model import tissue_mask

DATA = Path(os.environ.get("SPOTSCOPE_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
MPP = 8.0
GLASS, STAIN = (242, 240, 241), (170, 110, 160)


def slide(*, bare: bool = False, glass=GLASS, stain=STAIN, grain: float = 25.0):
    """(y, x, 3) uint8, and where the tissue is."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:400, :400]
    tissue = np.ones((400, 400), bool) if bare else (y - 200) ** 2 + (x - 200) ** 2 < 120**2
    picture = np.where(tissue[..., None], np.array(stain), np.array(glass)).astype(float)
    picture += rng.normal(0, 1, picture.shape[:2])[..., None]
    picture[tissue] += rng.normal(0, grain, int(tissue.sum()))[:, None]
    return picture, tissue


def found(picture, light: float):
    """The mask of a slide that was photographed with less light."""
    return tissue_mask(np.clip(np.rint(picture * light), 0, 255).astype(np.uint8), MPP, 0.0)


@pytest.mark.parametrize("light", [1.0, 0.85, 0.6, 0.4])
def test_tissue_is_the_same_however_much_light_there_was(light):
    picture, tissue = slide()
    mask = found(picture, light)
    assert (mask & tissue).sum() / (mask | tissue).sum() > 0.95


@pytest.mark.parametrize("light", [1.0, 0.6])
def test_tissue_without_glass_is_whole(light):
    picture, _ = slide(bare=True)
    assert found(picture, light).all()


def test_an_even_ground_with_a_colour_is_stained():
    picture, _ = slide(glass=(190, 150, 180))
    assert found(picture, 1.0).all()


def test_a_grey_ground_with_grain_is_no_glass():
    picture, _ = slide(bare=True, stain=(150, 150, 150))
    assert found(picture, 1.0).all()


def test_few_even_pixels_are_no_glass():
    picture, _ = slide(bare=True, stain=(110, 60, 120))
    picture[:60, :60] = (150, 150, 150)  # a fortieth
    assert found(picture, 1.0).all()


@pytest.mark.data
def test_spots_of_a_lymph_node_on_grey_glass_are_told_apart():
    """Space Ranger's own mask of the section, which it drew on the same picture."""
    folder = DATA / "visium_lymph_node"
    if not folder.exists():
        pytest.skip("no visium_lymph_node among the real data sets beside the project")
    scale = json.loads((folder / "scalefactors_json.json").read_text())["tissue_lowres_scalef"]
    picture = np.asarray(Image.open(folder / "tissue_lowres_image.png").convert("RGB"))
    mask = tissue_mask(picture, 12.0, 0.0)
    with (folder / "tissue_positions_list.csv").open() as stream:
        rows = [row for row in csv.reader(stream) if row[1] in ("0", "1")]
    inside = np.array([row[1] == "1" for row in rows])
    y, x = (np.array([float(row[k]) for row in rows]) * scale for k in (4, 5))
    on = mask[np.rint(y).astype(int), np.rint(x).astype(int)]
    assert on[inside].mean() > 0.95
    assert on[~inside].mean() < 0.05
