"""The network that comes with spotscope."""

import json
import os
from pathlib import Path

import dask.array as da
import numpy as np
import pytest

from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.methods.segmentation.stardist import _model, load_model, shipped
from spotscope.model import Slide, run

ROOT = Path(os.environ.get("SPOTSCOPE_DATA", Path(__file__).parents[4] / ".." / "shared" / "data"))
#: Held back from training: of other patients than every tile the network has seen.
HELD_BACK = ("TCGA-E2-A1B5-01Z-00-DX1", "TCGA-G9-6363-01Z-00-DX1")
WEIGHTS = Path(_model.__file__).parent / "weights"


def nuclei(slide, **params):
    chosen = SegmentationParams(**params)
    fitted = run(segmentation.fit(slide, chosen))
    return segmentation.select(run(segmentation.predict(fitted, slide, chosen)), chosen)


def test_the_network_for_h_and_e_ships_small_and_with_its_card():
    assert shipped() == ("fluo", "he")
    assert segmentation.models() == ("watershed", "fluo", "he")
    assert (WEIGHTS / "he.safetensors").stat().st_size < 6e6
    assert "NC-SA" in (WEIGHTS / "MODEL_CARD.md").read_text(encoding="utf-8")
    facts = json.loads((WEIGHTS / "he.json").read_text(encoding="utf-8"))
    assert facts["mpp"] == SegmentationParams().model_mpp
    assert "CC BY-NC-SA" in facts["licence"]


def test_the_network_for_fluorescence_ships_small_and_with_its_card():
    assert (WEIGHTS / "fluo.safetensors").stat().st_size < 1e6
    assert "CC0" in (WEIGHTS / "MODEL_CARD_fluo.md").read_text(encoding="utf-8")
    facts = json.loads((WEIGHTS / "fluo.json").read_text(encoding="utf-8"))
    assert facts["mpp"] == SegmentationParams().model_mpp
    assert len(facts["held_back"]) == 20


@pytest.mark.parametrize("diameter_um", [6.0, 12.0, 20.0])
def test_bright_discs_of_any_size_are_found_in_sixteen_bits(diameter_um):
    rng = np.random.default_rng(2)
    step, at = diameter_um * 1.8, np.arange(400) * 0.5
    ticks = np.arange(step / 2, 200 - step / 2, step)
    yx = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), -1).reshape(-1, 2)
    away = np.hypot(at[:, None, None] - yx[:, 0], at[None, :, None] - yx[:, 1]).min(axis=2)
    light = np.clip((diameter_um / 2 - away) / 0.5 + 0.5, 0, 1)
    pixels = np.clip(200 + 3000 * light + rng.normal(0, 60, light.shape), 0, 65535)
    slide = Slide((da.from_array(pixels.astype(np.uint16)[..., None], chunks=(200, 200, 1)),), 0.5)
    found = nuclei(slide, model="fluo")
    near = np.linalg.norm(found.yx_um[:, None] - yx[None], axis=2)
    assert (near.min(axis=0) < 2).mean() > 0.95
    assert found.n < 1.1 * len(yx)
    expected = np.pi * diameter_um**2 / 4
    assert np.median(found.area_um2()) == pytest.approx(expected, rel=0.25)


def test_a_shipped_model_loads_by_its_name():
    model = load_model("he")
    assert model.config.n_channel_in == 3
    assert model.config.grid == (2, 2)
    assert model.calibration.slope > 0


def test_round_nuclei_in_eosin_are_found(toy):
    found = nuclei(toy.slide, model="he")
    away = np.linalg.norm(found.yx_um[:, None] - toy.yx_um[None], axis=2)
    assert (away.min(axis=0) < 2.5).mean() > 0.9
    assert found.n < 1.1 * len(toy.yx_um)
    near = away.argmin(axis=0)
    area = np.pi * toy.radius_um**2
    assert np.median(found.area_um2()[near] / area) == pytest.approx(1, abs=0.2)


@pytest.mark.data
def test_it_finds_more_of_what_was_drawn_by_hand_than_the_watershed():
    """A floor, well below what was measured, not a target."""
    from PIL import Image
    from tifffile import imread

    folder = ROOT / "monuseg" / "train"
    if not folder.is_dir():
        pytest.skip(f"MoNuSeg tiles are not at {folder}; set SPOTSCOPE_DATA to the data sets")
    scores = {"watershed": [], "he": []}
    for name in HELD_BACK:
        pixels = np.asarray(Image.open(folder / "images" / f"{name}.png").convert("RGB"))
        slide = Slide((da.from_array(pixels, chunks=(500, 500, 3)),), 0.25, name=name)
        truth = imread(folder / "labels" / f"{name}.tif")
        for model, kept in scores.items():
            found = nuclei(slide, model=model)
            drawn = segmentation.LabelDrawer(found, 0.25).draw(0, 0, *slide.shape)
            kept.append(f1_at_half(drawn, truth))
    assert np.mean(scores["he"]) > np.mean(scores["watershed"]) + 0.1
    assert np.mean(scores["he"]) > 0.65


@pytest.mark.data
def test_it_finds_the_fluorescent_nuclei_of_images_it_never_saw():
    """A floor, below what was measured, not a target."""
    from spotscope.evaluation import nuclei_cases, score_labels
    from spotscope.model import ReadError

    scores = []
    try:
        cases = list(nuclei_cases(ROOT, "reporting", "fluo"))
    except ReadError as err:
        pytest.skip(f"{err} Set SPOTSCOPE_DATA to the data sets")
    for case in cases[:4]:
        slide = Slide((da.from_array(case.image, chunks=(256, 256, 1)),), case.mpp)
        found = nuclei(slide, model="fluo")
        drawn = segmentation.LabelDrawer(found, case.mpp).draw(0, 0, *slide.shape)
        scores.append(score_labels(drawn, case.labels).f1)
    assert np.mean(scores) > 0.87


def f1_at_half(drawn, truth):
    """2 TP / (found + true), with a nucleus found where the overlap (IoU) is above one half."""
    n, m = int(drawn.max()), int(truth.max())
    pairs = drawn.astype(np.int64).ravel() * (m + 1) + truth.ravel()
    both = np.bincount(pairs, minlength=(n + 1) * (m + 1)).reshape(n + 1, m + 1)
    union = both.sum(axis=1)[1:, None] + both.sum(axis=0)[1:] - both[1:, 1:]
    hits = (both[1:, 1:] > 0.5 * union).sum()
    return 2 * hits / (len(np.unique(drawn)) + len(np.unique(truth)) - 2)
