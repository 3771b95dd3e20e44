from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from spotscope.model import Slide, run
from spotscope.widgets.spots._crop import draw_crop, read_crop


@pytest.fixture
def quartered_slide():
    """Four quarters of 40 × 40 px at 0.5 µm: red, green / blue, white; and a level half as fine.

    ::

        y,x  0      40     80 px = 40 µm
          0  ┌──────┬──────┐
             │ red  │green │
         40  ├──────┼──────┤
             │ blue │white │
         80  └──────┴──────┘
    """
    full = np.zeros((80, 80, 3), np.uint8)
    full[:40, :40, 0] = 255
    full[:40, 40:, 1] = 255
    full[40:, :40, 2] = 255
    full[40:, 40:] = 255
    return Slide((da.from_array(full), da.from_array(full[::2, ::2])), 0.5)


def test_a_crop_holds_what_lies_around_the_centre(quartered_slide):
    crop = run(read_crop(quartered_slide, 7, (20.0, 20.0), 10.0, 20))
    assert crop.index == 7
    assert crop.rgb.shape == (20, 20, 3)
    assert crop.rgb[0, 0].tolist() == [255, 0, 0]
    assert crop.rgb[0, -1].tolist() == [0, 255, 0]
    assert crop.rgb[-1, 0].tolist() == [0, 0, 255]


def test_a_coarser_level_is_read_when_it_is_fine_enough(quartered_slide):
    crop = run(read_crop(quartered_slide, 0, (20.0, 20.0), 20.0, 20))
    assert crop.mpp == 1.0
    assert crop.rgb.shape == (20, 20, 3)


def test_a_crop_at_the_corner_is_cut_and_knows_where_it_begins(quartered_slide):
    crop = run(read_crop(quartered_slide, 0, (0.0, 0.0), 10.0, 20))
    assert crop.rgb.shape == (10, 10, 3)
    assert crop.origin_um == (-0.25, -0.25)


def test_outlines_are_painted_where_they_lie(qapp, quartered_slide):
    crop = run(read_crop(quartered_slide, 0, (10.0, 10.0), 10.0, 20))
    square = np.array([[[8.0, 8.0], [8.0, 12.0], [12.0, 12.0], [12.0, 8.0]]])
    picture = draw_crop(crop, 100, square, [(0, 0, 255)])
    inside, outside = picture.pixelColor(50, 50), picture.pixelColor(10, 10)
    assert outside.getRgb()[:3] == (255, 0, 0)
    assert inside.blue() > 60


def test_a_crop_beside_the_slide_draws_nothing(qapp, quartered_slide):
    crop = run(read_crop(quartered_slide, 0, (500.0, 500.0), 10.0, 20))
    assert draw_crop(crop, 100, np.zeros((0, 3, 2)), []) is None


def test_a_fluorescence_channel_is_shown_in_grey(qapp):
    ramp = np.linspace(0, 4000, 400, dtype=np.uint16).reshape(20, 20, 1)
    crop = run(read_crop(Slide((da.from_array(ramp),), 0.5), 0, (5.0, 5.0), 10.0, 20))
    assert crop.rgb.dtype == np.uint8
    assert crop.rgb[0, 0].tolist() == [0, 0, 0]
    assert crop.rgb[-1, -1].tolist() == [255, 255, 255]
