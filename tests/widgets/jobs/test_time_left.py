import pytest

from spotscope.widgets.jobs._time_left import TimeLeft, spell


def test_a_steady_rate_gives_the_rest():
    estimate = TimeLeft()
    for second in range(5):
        left = estimate.update("tiles", second / 10, float(second))
    assert left == pytest.approx(6.0)


def test_nothing_is_promised_at_the_start():
    estimate = TimeLeft()
    assert estimate.update("tiles", 0.0, 0.0) is None
    assert estimate.update("tiles", 0.3, 0.1) is None


def test_a_new_stage_forgets_the_old_rate():
    estimate = TimeLeft()
    for second in range(5):
        estimate.update("quick", second / 5, float(second))
    assert estimate.update("slow", 0.0, 5.0) is None
    assert estimate.update("slow", 0.1, 15.0) == pytest.approx(90.0)


def test_a_stretch_without_progress_does_not_divide_by_zero():
    estimate = TimeLeft()
    for second in range(4):
        left = estimate.update("tiles", 0.0, float(second))
    assert left is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (0.2, "a moment"),
        (4.4, "4 s"),
        (59.7, "1 min"),
        (81, "1 min 20 s"),
        (120, "2 min"),
        (1234, "21 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_are_said_as_one_would(seconds, said):
    assert spell(seconds) == said
