import numpy as np
import pytest

from spotscope.model import ReadError, Region

#: An L: the square of 10 without its upper right quarter, (y, x).
ELL = Region("L", np.array([[0.0, 0], [0, 5], [5, 5], [5, 10], [10, 10], [10, 0]]))


def test_points_are_inside_by_the_even_odd_rule():
    points = np.array([[2.0, 2], [2, 7], [7, 7], [7, 2], [11, 2], [-1, 2]])
    assert ELL.contains(points).tolist() == [True, False, True, True, False, False]


def test_area_and_box_are_those_of_the_drawing():
    assert ELL.area_um2 == pytest.approx(75.0)
    assert ELL.box_um == (0.0, 0.0, 10.0, 10.0)


def test_a_line_is_no_region():
    with pytest.raises(ReadError, match="Expected a region with an area in 'line'"):
        Region("line", np.array([[0.0, 0], [1, 1], [2, 2]]))
