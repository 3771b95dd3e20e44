import pytest

from spotscope.widgets.cell_typing._score_track import ScoreTrack


@pytest.fixture
def track(qtbot):
    track = ScoreTrack(lambda nu: nu / 10)
    qtbot.addWidget(track)
    return track


def test_the_lowest_loss_stands_highest(track):
    track.show_scores((0.0, 5.0, 10.0), (3.0, 1.0, 2.0), 10.0)
    assert track.points == [(0.0, 0.0), (0.5, 1.0), (1.0, 0.5)]
    assert "best at 5" in track.toolTip()
    assert "what auto takes, 10:" in track.toolTip()
    assert track.chosen == (1.0, 0.5)  # on the line, over the dial's place of it


def test_values_tried_in_any_order_are_drawn_from_left_to_right(track):
    track.show_scores((10.0, 0.0), (1.0, 2.0))
    assert track.points == [(0.0, 0.0), (1.0, 1.0)]


def test_one_value_is_no_line(track):
    track.show_scores((1.0,), (2.0,))
    assert track.points == []
    assert not track.isVisibleTo(track.parentWidget() or track)


def test_equal_losses_do_not_divide_by_zero(track):
    track.show_scores((0.0, 1.0), (2.0, 2.0))
    assert [height for _, height in track.points] == [0.0, 0.0]
