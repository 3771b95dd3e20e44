"""Points, shapes and vectors of others: painted as one would by hand."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Points, Shapes, Vectors

from spotscope.model import run
from spotscope.widgets.compare._other_layer import Grid, sample_task, source_of

CLEAR, RED, GREEN, BLUE = (0, 0, 0, 0), (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)
#: Pixel (i, j) is the place (i, j).
GRID = Grid((0.0, 0.0), 1.0, (12, 20))


def painted(layer, point=(0.0, 0.0), grid=GRID):
    return run(sample_task(source_of(layer, point), grid))


def is_red(picture):
    return (picture == RED).all(axis=2)


def box(top, left, bottom, right):
    """Corners of a rectangle."""
    return np.array([[top, left], [top, right], [bottom, right], [bottom, left]], float)


def test_a_point_has_its_face_its_rim_and_nothing_around():
    layer = Points(
        [[6, 10]],
        size=6,
        face_color="red",
        border_color="blue",
        border_width=2,
        border_width_is_relative=False,
    )
    picture = painted(layer)
    row = picture[6]
    # half a size is 3: the rim lies between 2 and 4, and a pixel on its edge is half of it
    assert (row[[9, 10, 11]] == RED).all()
    assert (row[[7, 13]] == BLUE).all()
    assert row[[6, 14], 3].tolist() == [128, 128]
    assert row[8].tolist() == [128, 0, 128, 255]
    assert (row[:6] == 0).all()
    assert (row[15:] == 0).all()
    assert (picture[:, 10] == picture[6, 4:16][[*range(12)]]).all()


def test_the_last_point_lies_on_top_and_one_that_is_not_shown_is_left_out():
    layer = Points(
        [[6, 6], [6, 8], [6, 10]],
        size=4,
        symbol="square",
        face_color=["red", "lime", "blue"],
        border_width=0,
        shown=[True, True, False],
    )
    row = painted(layer)[6]
    assert tuple(row[5]) == RED
    assert tuple(row[7]) == GREEN
    assert (row[11:] == 0).all()


def test_what_a_point_covers_shines_through_by_its_opacity():
    layer = Points(
        [[6, 6], [6, 6]], size=6, face_color=["red", "blue"], border_width=0, opacity=0.5
    )
    # blue half over red half: ¾ covered, of which ½ blue and ¼ red
    assert painted(layer)[6, 6].tolist() == [85, 0, 170, 191]


def test_points_lie_where_their_layer_says_and_keep_their_size():
    layer = Points([[1, 2]], size=1, face_color="red", border_width=0, scale=(3, 4))
    layer.translate = (2, 3)
    picture = painted(layer)
    assert np.argwhere(is_red(picture)).mean(axis=0).tolist() == [5, 11]
    # as wide as the scale of the last axis says: 4
    assert is_red(picture)[5].sum() == 3
    assert picture[5, [9, 13], 3].tolist() == [128, 128]
    # a quarter turn takes (y, x) to (-x, y)
    turned = Points([[2, 5]], size=3, face_color="red", border_width=0, rotate=90)
    turned.translate = (10, 8)
    assert np.argwhere(is_red(painted(turned))).mean(axis=0).tolist() == [5, 10]


def test_a_point_beside_the_view_is_not_painted():
    layer = Points([[-30, 5], [6, 400], [6, -3.1]], size=4, face_color="red")
    assert not painted(layer).any()


@pytest.mark.parametrize(("plane", "where"), [(0.0, 4), (1.0, 12), (2.0, None)])
def test_points_of_the_slider_s_plane_are_painted_alone(plane, where):
    layer = Points([[0, 6, 4], [1, 6, 12]], size=3, face_color="red", border_width=0)
    found = np.flatnonzero(is_red(painted(layer, (plane, 0, 0)))[6])
    assert (found.mean() == where) if where is not None else not len(found)


def test_each_symbol_is_painted_otherwise():
    names = ["disc", "square", "diamond", "cross", "x", "star", "ring", "clobber", "arrow"]
    names += ["tailed_arrow", "hbar", "vbar", "triangle_up", "triangle_down"]
    looks = set()
    for name in names:
        layer = Points([[6, 10]], size=9, symbol=name, face_color="red", border_width=0)
        looks.add(painted(layer).tobytes())
    assert len(looks) == len(names)
    up = Points([[6, 10]], size=9, symbol="triangle_up", face_color="red", border_width=0)
    rows = is_red(painted(up)).sum(axis=1)
    assert rows[9] > rows[4]


def test_a_shape_has_its_face_and_its_edge():
    layer = Shapes(
        [box(2.5, 4.5, 8.5, 14.5)], face_color="red", edge_color="blue", edge_width=2, opacity=1
    )
    picture = painted(layer)
    # the edge lies half inside and half outside, a pixel each
    assert (picture[4:8, 6:14] == RED).all()
    for edge in (picture[2:10, [4, 5, 14, 15]], picture[[2, 3, 8, 9], 4:16]):
        assert (edge == BLUE).all()
    picture[2:10, 4:16] = 0
    assert not picture.any()


@pytest.mark.parametrize(("heights", "top"), [([0, 0], BLUE), ([1, 0], RED), ([0, 1], BLUE)])
def test_shapes_lie_over_each_other_by_their_height_then_as_they_came(heights, top):
    layer = Shapes(
        [box(2, 2, 8, 8), box(4, 4, 10, 10)],
        face_color=["red", "blue"],
        edge_width=0,
        z_index=heights,
        opacity=1,
    )
    picture = painted(layer)
    assert tuple(picture[6, 6]) == top
    assert tuple(picture[3, 3]) == RED
    assert tuple(picture[9, 9]) == BLUE


def test_an_ellipse_a_path_and_a_line_are_what_they_are_called():
    ellipse = Shapes(
        [box(1, 4, 9, 16)], shape_type="ellipse", face_color="red", edge_width=0, opacity=1
    )
    inside = is_red(painted(ellipse))
    assert inside[5, 6:15].all()
    assert not inside[2, 5]
    assert inside.sum() == pytest.approx(np.pi * 4 * 6, rel=0.2)
    corner = np.array([[2, 2], [2, 14], [10, 14]])
    path = Shapes(
        [corner], shape_type="path", face_color="red", edge_color="lime", edge_width=2, opacity=1
    )
    picture = painted(path)
    assert tuple(picture[2, 8]) == GREEN
    assert tuple(picture[6, 14]) == GREEN
    assert not is_red(picture).any()
    line = Shapes([corner[:2]], shape_type="line", edge_color="red", edge_width=2, opacity=1)
    assert is_red(painted(line))[2, 3:14].all()


def test_a_shape_lies_where_its_layer_says_with_its_edge():
    layer = Shapes(
        [box(1, 1, 2, 3)], edge_color="blue", edge_width=0.5, face_color="red", scale=(4, 4)
    )
    layer.opacity = 1
    picture = painted(layer)
    assert tuple(picture[6, 8]) == RED
    assert tuple(picture[4, 8]) == BLUE  # of two pixels
    turned = Shapes([box(0, 0, 4, 8)], face_color="red", edge_width=0, rotate=90, opacity=1)
    turned.translate = (9.5, 9.5)
    assert np.argwhere(is_red(painted(turned)))[[0, -1]].tolist() == [[2, 10], [9, 13]]
    sheared = Shapes([box(0, 1, 4, 5)], face_color="red", edge_width=0, shear=[1.0], opacity=1)
    red = is_red(painted(sheared))
    # (y, x) is seen at (y + x, x)
    assert red[[3, 5, 5, 7], [2, 4, 2, 4]].all()
    assert not red[[2, 8], [4, 2]].any()


def test_shapes_of_the_slider_s_plane_are_painted_alone():
    flat = np.insert(box(2, 2, 8, 8), 0, 1, axis=1)
    slanted = flat + np.array([[0, 0, 8], [1, 0, 8], [0, 0, 8], [1, 0, 8]])
    layer = Shapes([flat, slanted], shape_type="polygon", face_color="red", opacity=1)
    layer.edge_width = 0
    assert is_red(painted(layer, (1, 0, 0)))[5, 5]
    assert not painted(layer, (1, 0, 0))[:, 12:].any()
    assert not painted(layer, (2, 0, 0)).any()


@pytest.mark.parametrize("style", ["line", "triangle", "arrow"])
def test_a_vector_goes_from_its_start_along_its_way(style):
    layer = Vectors(
        [[[6, 2], [0, 6]], [[30, 2], [0, 6]]],
        edge_color="red",
        edge_width=4,
        length=2,
        vector_style=style,
        opacity=1,
    )
    picture = painted(layer)
    covered = picture[..., 3] > 0
    assert is_red(picture)[6, 3:10].all()
    assert not covered[:, :2].any()
    assert not covered[:, 15:].any()
    wide = (picture[:, 4] == RED).all(axis=1).sum(), (picture[:, 12] == RED).all(axis=1).sum()
    # a line is as wide everywhere, a triangle ends in a point, an arrow has a head
    assert {"line": wide[0] == wide[1], "triangle": wide[0] > wide[1], "arrow": True}[style]
    assert (picture[:, 11, 3] > 100).sum() == {"line": 5, "triangle": 1, "arrow": 7}[style]


def test_vectors_of_the_slider_s_plane_are_painted_alone():
    layer = Vectors(
        [[[0, 3, 2], [0, 0, 9]], [[1, 8, 2], [0, 0, 9]]], edge_color="red", edge_width=2, opacity=1
    )
    layer.vector_style = "line"
    assert is_red(painted(layer, (0, 0, 0))).any(axis=1).nonzero()[0].tolist() == [3]
    assert is_red(painted(layer, (1, 0, 0))).any(axis=1).nonzero()[0].tolist() == [8]


@pytest.mark.parametrize("kind", [Points, Shapes, Vectors])
def test_a_layer_that_holds_nothing_is_clear(kind):
    assert not painted(kind()).any()


def test_many_points_can_be_given_up_on_the_way():
    places = np.random.default_rng(0).uniform((0, 0), (12, 20), (600_000, 2))
    layer = Points(places, size=1)
    task = sample_task(source_of(layer, (0.0, 0.0)), GRID)
    told = [next(task), next(task)]
    task.close()
    assert [one.done for one in told] == [0, 0]
    assert told[1].total == 600_000


def test_shapes_can_be_given_up_while_they_are_painted():
    shapes = Shapes([box(2, 2, 8, 8)] * 3, edge_width=1)
    task = sample_task(source_of(shapes, (0.0, 0.0)), GRID)
    assert [next(task).total, next(task).total] == [1, 3]
    task.close()  # the painter ends before its picture goes
    assert painted(shapes).any()
