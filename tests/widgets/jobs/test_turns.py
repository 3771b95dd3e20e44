"""Work a piece at a time: in order, the window in between, and none left behind."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QEvent, QObject

from spotscope.widgets.jobs._turns import Turns

pytestmark = pytest.mark.gui


@pytest.fixture
def turns(qapp, delete_now):
    turns = Turns()
    yield turns
    delete_now(turns)


def test_pieces_come_in_order_and_one_a_turn(turns, qapp, qtbot):
    seen = []

    class Watcher(QObject):
        def event(self, event):
            if event.type() == QEvent.Type.User:
                seen.append("event")
            return super().event(event)

    watcher = Watcher()

    def first():
        seen.append("first")
        qapp.postEvent(watcher, QEvent(QEvent.Type.User))

    with qtbot.waitSignal(turns.done):
        turns.begin([first])
        turns.then(lambda: seen.append("second"))
        assert turns.busy
        assert seen == []
    assert seen == ["first", "event", "second"]
    assert not turns.busy


def test_a_piece_may_put_others_before_what_is_left(turns, qtbot):
    seen = []
    with qtbot.waitSignal(turns.done):
        turns.begin([lambda: turns.first(lambda: seen.append("a"), lambda: seen.append("b"))])
        turns.then(lambda: seen.append("c"))
    assert seen == ["a", "b", "c"]


def test_beginning_anew_forgets_what_was_left(turns, qtbot):
    seen = []
    with qtbot.waitSignal(turns.done):
        turns.begin([lambda: seen.append("old")])
        turns.begin([lambda: seen.append("new")])
    assert seen == ["new"]


def test_what_is_forgotten_is_never_done(turns, qapp):
    seen = []
    turns.begin([lambda: seen.append("never")])
    turns.forget()
    qapp.processEvents()
    assert seen == []
    assert not turns.busy


def test_a_piece_that_fails_is_reported_and_the_next_follows(turns, qtbot):
    seen = []

    def fails():
        raise ValueError("no")

    with qtbot.captureExceptions() as caught, qtbot.waitSignal(turns.done):
        turns.begin([fails, lambda: seen.append("next")])
    assert [kind for kind, _, _ in caught] == [ValueError]
    assert seen == ["next"]
