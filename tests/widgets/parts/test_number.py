import pytest

from spotscope.widgets.parts._number import NumberEdit


@pytest.fixture
def field(qtbot):
    field = NumberEdit(0.0, 50.0)
    qtbot.addWidget(field)
    return field


def enter(field, text):
    field.setText(text)
    field.editingFinished.emit()


def test_a_typed_number_is_sent(qtbot, field):
    with qtbot.waitSignal(field.number_changed) as sent:
        enter(field, "4.25")
    assert sent.args == [4.25]


def test_what_lies_beyond_the_limits_is_pulled_in(qtbot, field):
    with qtbot.waitSignal(field.number_changed) as sent:
        enter(field, "900")
    assert sent.args == [50.0]
    assert field.text() == "50.00"


def test_leaving_a_field_as_it_was_sends_nothing(qtbot, field):
    field.show_number(1.0 / 3.0)
    with qtbot.assertNotEmitted(field.number_changed):
        enter(field, field.text())
    assert field.number == pytest.approx(1 / 3)


def test_an_emptied_field_keeps_its_number(qtbot, field):
    field.show_number(2.0)
    with qtbot.assertNotEmitted(field.number_changed):
        enter(field, "")
