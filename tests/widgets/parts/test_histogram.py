import numpy as np
import pytest

from spotscope.widgets.parts._histogram import Histogram, ThresholdSlider


@pytest.fixture
def slider(qtbot):
    slider = ThresholdSlider("probability", "Nuclei less certain are left out.")
    qtbot.addWidget(slider)
    return slider


def test_moving_the_slider_sends_the_value(qtbot, slider):
    with qtbot.waitSignal(slider.changed) as sent:
        slider.slider.setValue(48)
    assert sent.args == [0.48]
    assert slider.value == 0.48


def test_typing_a_number_moves_the_slider(qtbot, slider):
    with qtbot.waitSignal(slider.changed):
        slider.number.setText("0.3")
        slider.number.editingFinished.emit()
    assert slider.slider.value() == 30


def test_showing_a_value_sends_nothing(qtbot, slider):
    with qtbot.assertNotEmitted(slider.changed):
        slider.show_value(0.7)
    assert slider.value == 0.7


def test_there_is_no_histogram_of_nothing(slider):
    slider.show_values(np.array([0.2, 0.9]))
    assert slider.histogram.isVisibleTo(slider)
    slider.show_values(np.zeros(0))
    assert not slider.histogram.isVisibleTo(slider)


def test_bars_left_of_the_threshold_are_drawn_paler(qtbot):
    histogram = Histogram()
    qtbot.addWidget(histogram)
    histogram.resize(136, 40)
    histogram.show_values(np.array([0.1, 0.9]))
    histogram.show_threshold(0.5)
    image = histogram.grab().toImage()
    # 60 bars on 120 px after 8 px: 0.1 stands at 20, 0.9 at 116
    below, above = image.pixelColor(20, 30), image.pixelColor(116, 30)
    assert below != above
    histogram.show_threshold(0.0)
    image = histogram.grab().toImage()
    assert image.pixelColor(20, 30) == image.pixelColor(116, 30)
