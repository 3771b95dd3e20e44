"""Two looks side by side: against a picture made pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from spotscope import layers
from spotscope.layers import Disc, RightOf

RIM = layers.RIM_CODES


@pytest.fixture
def labels():
    return np.random.default_rng(3).integers(0, 6, (40, 60)).astype(np.uint32)


LUT = np.array([0, 1, 2, 3, 4, 5], np.uint8)
OTHER = np.array([0, 11, 12, 13, 14, 15], np.uint8)


def by_hand(labels, depth_of, step=1):
    out = np.zeros(labels.shape, np.uint8)
    for i in range(labels.shape[0]):
        for j in range(labels.shape[1]):
            depth = depth_of((i + 0.5) * step - 0.5, (j + 0.5) * step - 0.5)
            out[i, j] = (LUT if depth >= 0 else OTHER)[labels[i, j]]
            if abs(depth) / step < 1:
                out[i, j] = RIM[1]
            elif abs(depth) / step < 2:
                out[i, j] = RIM[0]
    return out


STENCILS = [
    (Disc(18.3, 30.2, 9.5), lambda y, x: 9.5 - np.hypot(y - 18.3, x - 30.2)),
    (Disc(-2.0, 61.0, 9.5), lambda y, x: 9.5 - np.hypot(y + 2.0, x - 61.0)),  # over a corner
    (Disc(300.0, 300.0, 9.5), lambda y, x: 9.5 - np.hypot(y - 300, x - 300)),  # beside all
    (RightOf(25.4), lambda y, x: x - 25.4),
    (RightOf(-40.0), lambda y, x: x + 40.0),
    (RightOf(1000.0), lambda y, x: x - 1000.0),
]


@pytest.mark.parametrize(("stencil", "depth"), STENCILS)
def test_one_look_inside_the_other_outside_and_a_line_between(labels, stencil, depth):
    pyramid = layers.LookupPyramid([labels], LUT)
    pyramid.recolour(LUT, None, (OTHER, stencil))
    wanted = by_hand(labels, depth)
    np.testing.assert_array_equal(pyramid.levels[0][:, :], wanted)
    np.testing.assert_array_equal(pyramid.levels[0][7:23, 11:50], wanted[7:23, 11:50])


def test_on_a_coarser_level_the_stencil_stays_where_it_is(labels):
    whole = np.repeat(np.repeat(labels, 2, axis=0), 2, axis=1)
    pyramid = layers.LookupPyramid([whole, labels], LUT)
    stencil, depth = Disc(40.0, 60.0, 21.0), lambda y, x: 21.0 - np.hypot(y - 40.0, x - 60.0)
    pyramid.recolour(LUT, None, (OTHER, stencil))
    np.testing.assert_array_equal(pyramid.levels[1][:, :], by_hand(labels, depth, step=2))


def test_the_array_that_napari_keeps_follows_the_mouse(labels):
    pyramid = layers.LookupPyramid([labels], LUT)
    pyramid.recolour(LUT, None, (OTHER, RightOf(10.0)))
    kept = np.asarray(pyramid.levels[-1])
    pyramid.move(RightOf(30.0))
    np.testing.assert_array_equal(kept, by_hand(labels, lambda y, x: x - 30.0))
    pyramid.recolour(LUT)
    pyramid.move(RightOf(10.0))  # there is none any more
    np.testing.assert_array_equal(kept, LUT[labels])


def test_a_look_of_other_labels_is_not_shown(labels):
    pyramid = layers.LookupPyramid([labels], LUT)
    pyramid.recolour(LUT, None, (OTHER[:-1], RightOf(10.0)))
    assert pyramid.beside is None
    np.testing.assert_array_equal(pyramid.levels[0][:, :], LUT[labels])


def test_rims_and_a_stencil_go_together(labels):
    pyramid = layers.LookupPyramid([np.zeros_like(labels)], LUT, outline=True)
    pyramid.recolour(LUT, None, (OTHER, RightOf(20.2)))
    seen = pyramid.levels[0][5:9, 4:40]
    assert (seen[:, 20 - 4] == RIM[1]).all()
    assert set(np.unique(seen)) == {0, *RIM}


def test_looks_with_colours_of_their_own_keep_them_in_one_table():
    rng = np.random.default_rng(0)
    table, other_table = rng.random((2, 256, 4)).astype(np.float32)
    lut = np.array([0, 3, 3, 200, 255], np.uint8)
    other = np.array([0, 200, 7, 0, 255], np.uint8)
    mine, beside, shared = layers.joined(lut, table, other, other_table)
    np.testing.assert_array_equal(shared[mine[1:]], table[lut[1:]])
    seen = other > 0
    np.testing.assert_array_equal(shared[beside[seen]], other_table[other[seen]])
    assert mine[0] == 0
    assert (beside[~seen] == 0).all()
    assert shared[0, 3] == 0
    assert not set(np.concatenate([mine, beside])) & set(RIM)


def test_of_too_many_codes_neighbours_share_a_colour():
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[:, None].repeat(4, axis=1)
    lut = np.arange(253).astype(np.uint8)
    other = (np.arange(253) % 41).astype(np.uint8)
    mine, beside, shared = layers.joined(lut, ramp, other, ramp)
    assert np.abs(shared[mine[1:], 0] - ramp[lut[1:], 0]).max() < 2 / 255
    drawn = other > 0
    np.testing.assert_array_equal(shared[beside[drawn]], ramp[other[drawn]])
    assert max(mine.max(), beside.max()) < min(RIM)


@pytest.mark.parametrize(
    "moves",
    [
        [Disc(10, 10, 6), Disc(12, 40, 6), Disc(-30, 5, 6), Disc(80, 90, 25)],
        [RightOf(3), RightOf(50), RightOf(49), RightOf(-20), RightOf(200), RightOf(31)],
        [Disc(10, 10, 6), RightOf(20), Disc(30, 30, 9)],
    ],
)
@pytest.mark.parametrize("step", [1, 2])
def test_after_every_move_the_kept_array_is_as_if_made_anew(labels, moves, step):
    whole = np.repeat(np.repeat(labels, step, axis=0), step, axis=1)
    pyramid = layers.LookupPyramid([whole, labels] if step > 1 else [labels], LUT)
    pyramid.recolour(LUT, None, (OTHER, moves[0]))
    kept = np.asarray(pyramid.levels[-1])
    for stencil in moves[1:]:
        pyramid.move(stencil)
        np.testing.assert_array_equal(kept, pyramid.levels[-1][:, :])
