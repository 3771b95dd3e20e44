"""Surfaces and tracks of others: painted as one would by hand."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Surface, Tracks

from spotscope.model import run
from spotscope.widgets.compare._other_layer import Grid, sample_task, source_of

#: Pixel (i, j) is the place (i, j).
GRID = Grid((0.0, 0.0), 1.0, (12, 20))


def painted(layer, point=(0.0, 0.0)):
    return run(sample_task(source_of(layer, point), GRID))


def test_a_surface_has_the_colours_of_its_values_between_its_corners():
    places = np.array([[1, 1], [1, 17], [11, 17], [11, 1]], float)
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    layer = Surface((places, faces, np.array([0.0, 16.0, 16.0, 0.0])), contrast_limits=(0, 32))
    picture = painted(layer)
    # from black at x = 1 to half at x = 17
    np.testing.assert_allclose(picture[5, 1:17, 0], 127.5 * np.arange(16) / 16, atol=1)
    assert not picture[:, 18:].any()


def test_triangles_that_share_an_edge_leave_no_gap_and_cover_no_pixel_twice():
    places = np.array([[1, 1], [1, 17], [11, 17], [11, 1], [6, 9]], float)
    faces = np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]])
    alpha = painted(Surface((places, faces), opacity=0.5))[..., 3]
    # what lies on the lower and the right edge is a neighbour's
    assert (alpha[1:11, 1:17] == 128).all()
    alpha[1:11, 1:17] = 0
    assert not alpha.any()


def test_a_surface_has_the_colours_of_its_corners_and_its_opacity():
    places = np.array([[0, 0], [0, 19], [11, 19]], float)
    red = np.tile([1.0, 0.0, 0.0, 1.0], (3, 1))
    layer = Surface((places, np.array([[0, 1, 2]])), vertex_colors=red, opacity=0.5)
    assert painted(layer)[3, 15].tolist() == [255, 0, 0, 128]


def test_triangles_that_leave_the_slider_s_plane_are_not_painted():
    places = np.array([[1, 0, 0], [1, 0, 9], [1, 9, 0], [2, 0, 19], [1, 0, 15], [1, 9, 19]], float)
    layer = Surface((places, np.array([[0, 1, 2], [3, 4, 5]])), scale=(2, 1, 1))
    covered = painted(layer, (2, 0, 0))[..., 3] > 0
    assert covered[2, 2]
    assert not covered[:, 12:].any()
    assert not painted(layer, (8, 0, 0)).any()


def test_values_that_change_with_a_slider_are_those_of_now():
    places, faces = np.array([[0, 0], [0, 19], [11, 19]], float), np.array([[0, 1, 2]])
    layer = Surface((places, faces, np.array([[0, 0, 0], [2, 2, 2.0]])), contrast_limits=(0, 2))
    assert painted(layer, (0, 0, 0))[3, 15].tolist() == [0, 0, 0, 255]
    assert painted(layer, (1, 0, 0))[3, 15].tolist() == [255, 255, 255, 255]


#: Track 1 runs right along row 3, track 2 along row 8 from time 2 on.
PATHS = [[1, 0, 3, 2], [1, 1, 3, 8], [1, 2, 3, 14], [2, 2, 8, 2], [2, 3, 8, 8], [2, 4, 8, 14]]


def tracks(**more):
    layer = Tracks(PATHS, tail_length=2, tail_width=2, opacity=1, **more)
    layer.track_colors = np.tile([1.0, 0.0, 0.0, 1.0], (len(PATHS), 1))
    return layer


def test_a_tail_fades_and_what_is_to_come_is_not_painted():
    alpha = painted(tracks(), (2, 0, 0))[..., 3]
    # alpha of the times 0, 1, 2 is 0, ½, 1: half way, a quarter and three quarters
    assert alpha[3, 5] == pytest.approx(64, abs=1)
    assert alpha[3, 11] == pytest.approx(191, abs=1)
    assert not alpha[6:].any()
    later = painted(tracks(), (4, 0, 0))[..., 3]
    assert not later[3].any()
    assert later[8, 11] == pytest.approx(191, abs=1)


def test_tracks_that_ended_can_be_hidden_and_a_birth_is_a_white_line():
    layer = tracks(graph={2: [1]})
    born = painted(layer, (2, 0, 0))
    # from (3, 14) to (8, 2): at the middle of it
    assert born[5:7, 8, :3].min() == 255
    assert born[5:7, 8, 3].max() > 100
    layer.display_graph = False
    assert not painted(layer, (2, 0, 0))[5:7].any()
    assert painted(layer, (3, 0, 0))[3].any()
    layer.hide_completed_tracks = True
    assert not painted(layer, (3, 0, 0))[3].any()


def test_tracks_beside_the_view_are_not_painted():
    assert not painted(Tracks(PATHS, translate=(0, 500, 0)), (2, 0, 0)).any()
