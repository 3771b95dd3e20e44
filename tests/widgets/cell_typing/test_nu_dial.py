import pytest

from spotscope.widgets.cell_typing._nu_dial import NU_MAX, NuDial, from_position, to_position


@pytest.fixture
def dial(qtbot):
    dial = NuDial()
    qtbot.addWidget(dial)
    return dial


def test_the_dial_reaches_both_ends():
    assert from_position(0.0) == 0.0
    assert from_position(1.0) == pytest.approx(NU_MAX)


@pytest.mark.parametrize("nu", [0.0, 0.3, 4.2, 17.0, 50.0])
def test_position_and_nu_are_inverse(nu):
    assert from_position(to_position(nu)) == pytest.approx(nu)


def test_half_way_is_small_so_that_small_values_are_easy_to_hit():
    assert from_position(0.5) < 5.0


def test_dragging_asks_for_the_value_and_unticks_auto(qtbot, dial):
    with qtbot.waitSignal(dial.nu_changed) as asked:
        dial.slider.setValue(500)
    assert asked.args[0] == pytest.approx(from_position(0.5))
    assert not dial.is_auto
    assert dial.nu == pytest.approx(from_position(0.5), abs=0.01)


def test_typing_a_number_asks_for_it_and_moves_the_slider(qtbot, dial):
    with qtbot.waitSignal(dial.nu_changed) as asked:
        dial.number.setText("7.5")
        dial.number.editingFinished.emit()
    assert asked.args == [7.5]
    assert dial.slider.value() == round(1000 * to_position(7.5))


def test_showing_a_value_asks_for_nothing(qtbot, dial):
    with qtbot.assertNotEmitted(dial.nu_changed), qtbot.assertNotEmitted(dial.auto_changed):
        dial.show_nu(3.0, auto=False)
    assert dial.nu == 3.0
    assert not dial.is_auto


def test_ticking_auto_by_hand_says_so(qtbot, dial):
    dial.show_nu(3.0, auto=False)
    with qtbot.waitSignal(dial.auto_changed) as ticked:
        dial.auto.click()
    assert ticked.args == [True]


def test_before_anything_is_fitted_auto_claims_no_number(qtbot, dial):
    dial.show_nu(3.0, auto=True)
    with qtbot.assertNotEmitted(dial.nu_changed):
        dial.show_unknown()
        dial.number.editingFinished.emit()  # as when the keyboard moves on
    assert dial.number.text() == ""
    assert dial.slider.value() == 0
    assert dial.is_auto
    dial.show_nu(3.0)
    assert dial.number.text() == "3.00"
