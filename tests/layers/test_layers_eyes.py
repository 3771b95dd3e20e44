from __future__ import annotations

import numpy as np
import pytest

from spotscope.layers import Eyes, as_seen


@pytest.mark.parametrize("eyes", list(Eyes))
def test_grey_stays_grey(eyes):
    grey = np.linspace(0, 1, 9)[:, None].repeat(3, axis=1)
    np.testing.assert_allclose(as_seen(grey, eyes), grey, atol=2e-3)


def test_all_eyes_see_what_is_there():
    rgb = np.random.default_rng(0).random((5, 4, 3))
    np.testing.assert_array_equal(as_seen(rgb, Eyes.ALL), rgb)


def test_a_pure_red_by_hand():
    # the first column of Machado's matrix for no red cones, in linear light, made sRGB
    seen = as_seen(np.array([1.0, 0.0, 0.0]), Eyes.NO_RED)
    light = np.array([0.152286, 0.114503, 0.0])  # -0.0039 is no light
    np.testing.assert_allclose(seen, np.r_[1.055 * light[:2] ** (1 / 2.4) - 0.055, 0], atol=1e-9)


def test_what_is_told_apart_by_red_and_green_alone_is_confused():
    red, green = np.array([[0.75, 0.25, 0.2]]), np.array([[0.45, 0.45, 0.2]])

    def apart(eyes):
        return float(np.abs(as_seen(red, eyes) - as_seen(green, eyes)).max())

    assert apart(Eyes.NO_GREEN) < 0.5 * apart(Eyes.ALL)
    assert apart(Eyes.NO_BLUE) > 0.5 * apart(Eyes.ALL)
