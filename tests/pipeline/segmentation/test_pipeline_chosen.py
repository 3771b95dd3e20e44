"""Candidates of a view and of the slide: the same ones are chosen, at every threshold."""

from __future__ import annotations

import numpy as np
import pytest

from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import StarConvex, update
from spotscope.pipeline.segmentation._chosen import Candidates

PARAMS = SegmentationParams(model="he", probability=0.5, overlap=0.3)
BOX = (60.0, 40.0, 140.0, 150.0)


@pytest.fixture
def crowd():
    """Round nuclei of 5 to 9 µm, so many that most overlap another."""
    rng = np.random.default_rng(1)
    radii = rng.uniform(2.5, 4.5, (4000, 1)).astype(np.float32) * np.ones((1, 32), np.float32)
    yx, prob = rng.uniform(0, 200, (4000, 2)), rng.uniform(0.1, 1, 4000).astype(np.float32)
    return StarConvex(yx, radii, prob)


def reaching(nuclei, by_um):
    low, high = np.array(BOX[:2]) - by_um, np.array(BOX[2:]) + by_um
    return nuclei.take(((nuclei.yx_um >= low) & (nuclei.yx_um <= high)).all(axis=1))


@pytest.mark.parametrize("overlap", [0.1, 0.3, 0.6])
def test_the_view_shows_what_the_slide_will_show_in_it(crowd, overlap):
    for probability in (0.2, 0.6):
        params = update(PARAMS, probability=probability, overlap=overlap)
        candidates = Candidates(crowd)
        view = candidates.chosen_in(BOX, params)  # before anything is known of the slide
        slide = segmentation.select(crowd, params)
        assert 0 < view.n < slide.n < crowd.n
        inside = reaching(slide, candidates.reach_um)
        assert np.array_equal(view.yx_um, inside.yx_um)
        assert np.array_equal(candidates.chosen(params).yx_um, slide.yx_um)
        again = candidates.chosen_in(BOX, params)
        assert np.array_equal(again.yx_um, inside.yx_um)


def test_who_stays_is_asked_once_for_an_overlap(crowd, monkeypatch):
    asked, ask = [], segmentation.staying
    monkeypatch.setattr(segmentation, "staying", lambda *a: asked.append(a[0].n) or ask(*a))
    candidates = Candidates(crowd)
    for probability in (0.5, 0.9, 0.1):
        params = update(PARAMS, probability=probability)
        chosen, slide = candidates.chosen(params), segmentation.select(crowd, params)
        assert np.array_equal(chosen.yx_um, slide.yx_um)
        assert candidates.chosen_in(BOX, params).n < chosen.n
    assert asked == [4000]
    other = update(PARAMS, overlap=0.5)
    assert candidates.chosen(other).n > candidates.chosen(PARAMS).n
    assert asked == [4000, 4000, 4000]


def test_a_view_of_everything_is_the_slide_and_one_of_nothing_is_empty(crowd):
    candidates = Candidates(crowd)
    everything = candidates.chosen_in((-100.0, -100.0, 400.0, 400.0), PARAMS)
    assert np.array_equal(everything.yx_um, segmentation.select(crowd, PARAMS).yx_um)
    assert candidates.chosen_in((900.0, 900.0, 950.0, 950.0), PARAMS).n == 0
    assert Candidates(StarConvex.empty()).chosen_in(BOX, PARAMS).n == 0


def test_outlines_of_the_watershed_all_stay(crowd):
    params = update(PARAMS, model="watershed")
    assert Candidates(crowd).chosen(params).n == int((crowd.probability >= 0.5).sum())
