"""The model that is taken where none is named."""

import dask.array as da
import numpy as np
import pytest

from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams, _dispatch
from spotscope.model import Slide, run

AUTO = SegmentationParams()


def slide_of(pixels):
    return Slide((da.from_array(pixels, chunks=(64, 64, pixels.shape[2])),), 0.5, name="s")


@pytest.fixture
def stained():
    picture = np.full((128, 128, 3), (230, 190, 210), np.uint8)
    picture[40:60, 40:60] = (100, 60, 140)
    return slide_of(picture)


def test_the_network_of_the_stain_is_taken(stained):
    assert segmentation.suited(AUTO, stained).model == "he"
    dark = np.zeros((128, 128, 3), np.uint8)
    dark[40:60, 40:60, 2] = 200
    assert segmentation.suited(AUTO, slide_of(dark)).model == "fluo"
    assert segmentation.suited(AUTO, slide_of(dark[..., 2:].astype(np.uint16))).model == "fluo"


def test_a_model_that_is_named_is_taken_whatever_the_slide(stained):
    named = SegmentationParams(model="watershed", probability=0.2)
    assert segmentation.suited(named, stained) is named
    other = segmentation.suited(SegmentationParams(probability=0.2), stained)
    assert other == SegmentationParams(model="he", probability=0.2)


def test_without_the_libraries_of_networks_it_is_the_watershed_and_that_is_said(
    stained, monkeypatch
):
    monkeypatch.setattr(_dispatch, "find_spec", lambda name: None)
    assert segmentation.suited(AUTO, stained).model == "watershed"
    said = [problem for problem in segmentation.check(stained, AUTO) if "torch" in str(problem)]
    assert len(said) == 1
    assert not said[0].fatal
    named = segmentation.check(stained, SegmentationParams(model="watershed"))
    assert not any("torch" in str(problem) for problem in named)


def test_left_open_it_answers_as_the_named_one(some_discs):
    answers = []
    for params in (AUTO, SegmentationParams(model="he")):
        fitted = run(segmentation.fit(some_discs.slide, params))
        found = run(segmentation.predict(fitted, some_discs.slide, params))
        answers.append(segmentation.select(found, params))
    assert answers[0].n == answers[1].n > 0
    np.testing.assert_array_equal(answers[0].radii_um, answers[1].radii_um)
