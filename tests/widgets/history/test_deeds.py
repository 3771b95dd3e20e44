"""One history of what hands do: pure, and for the log of corrections that it keeps to."""

from __future__ import annotations

import pytest

from spotscope.model import Edit, EditKind, EditLog
from spotscope.widgets.history._deeds import KEY, Deeds
from spotscope.widgets.nuclei._edit_deeds import follow_log, said_of


class Number:
    """A state that is a number, and corrections beside it."""

    def __init__(self):
        self.value, self.log, self.deeds = 0, EditLog(), Deeds()

    def set(self, value):
        before, self.value = self.value, value
        self.deeds.did(f"set {value}", lambda: self._put(before), lambda: self._put(value))

    def _put(self, value):
        self.value = value
        self.deeds.did("not a deed of a hand", lambda: None, lambda: None)

    def correct(self):
        self.follow(self.log.add(Edit.of(EditKind.DELETE, [1, len(self.log.done)])))

    def follow(self, log):
        self.log = log
        follow_log(
            self.deeds,
            log,
            lambda: self.follow(self.log.undo()),
            lambda: self.follow(self.log.redo()),
        )


@pytest.fixture
def number(qapp):
    return Number()


def said(deeds):
    return [line["said"] for line in deeds.to_json()]


def test_what_was_done_is_taken_back_and_done_again_in_order(number):
    number.set(1)
    number.set(2)
    assert (number.deeds.last, number.deeds.next) == ("set 2", "")
    number.deeds.undo()
    assert (number.value, number.deeds.next) == (1, "set 2")
    number.deeds.undo()
    number.deeds.undo()  # there is no more
    assert number.value == 0
    number.deeds.redo()
    number.deeds.redo()
    assert number.value == 2
    assert said(number.deeds) == ["set 1", "set 2"]


def test_a_new_deed_forgets_what_was_taken_back(number):
    number.set(1)
    number.deeds.undo()
    number.set(5)
    assert number.deeds.next == ""
    number.deeds.redo()
    assert number.value == 5


def test_corrections_and_all_else_are_one_history(number):
    number.correct()
    number.set(1)
    number.correct()
    number.deeds.undo()
    assert (len(number.log.done), number.value) == (1, 1)
    number.deeds.undo()
    assert (len(number.log.done), number.value) == (1, 0)
    number.deeds.undo()
    assert (len(number.log.done), number.value) == (0, 0)
    for _ in range(3):
        number.deeds.redo()
    assert (len(number.log.done), number.value) == (2, 1)
    number.deeds.undo()
    number.set(7)  # forgets the correction that was taken back, though its own log remembers
    number.follow(number.log)
    assert number.deeds.next == ""


def test_a_correction_that_was_refused_is_no_deed(number):
    number.set(1)
    number.correct()
    number.follow(EditLog())
    assert said(number.deeds) == ["set 1"]
    number.deeds.undo()
    assert number.value == 0


def test_taking_back_that_was_given_up_stays_to_be_taken_back(number):
    number.correct()
    done = number.log
    number.deeds.undo()
    number.follow(done)  # it was cancelled before it was done
    assert (number.deeds.last, number.deeds.next) == ("a nucleus deleted", "")
    undone = done.undo()
    number.deeds.undo()
    number.deeds.redo()
    number.follow(undone)
    assert (number.deeds.last, number.deeds.next) == ("", "a nucleus deleted")


def test_an_opened_session_brings_its_corrections_and_the_times_they_were_made(number):
    number.set(3)
    kept = [
        {"when": "2026-01-02T03:04:05+00:00", "said": "a nucleus deleted"},
        {"when": "2026-01-02T03:05:05+00:00", "said": "Region 1 drawn"},
    ]
    number.deeds.turn_to({KEY: kept})
    assert number.deeds.last == ""
    one = Edit.of(EditKind.DELETE, [1, 2])
    number.follow(EditLog().add(one, one).undo())
    assert (number.deeds.last, number.deeds.next) == ("a nucleus deleted", "a nucleus deleted")
    assert number.deeds.to_json() == kept
    number.deeds.undo()
    assert said(number.deeds) == ["Region 1 drawn"]


def test_a_session_that_is_a_step_of_the_history_leaves_it(number):
    number.set(1)
    with number.deeds.staying():
        number.deeds.turn_to({})
    assert number.deeds.last == "set 1"
    number.deeds.turn_to({})
    assert number.deeds.last == ""


class Steps(Number):
    """The same, with a step that brings what was there before it, and its log of then."""

    def run(self):
        now = {"before": self.log, "after": self.log}

        def undo():
            now["after"] = self.log
            self.follow(now["before"])

        def redo():
            now["before"] = self.log
            self.follow(now["after"])

        self.deeds.did("types again", undo, redo, is_step=True)


@pytest.fixture
def steps(qapp):
    return Steps()


def test_corrections_around_a_step_that_was_run_again_are_taken_back_in_order(steps):
    steps.correct()
    steps.run()
    steps.correct()
    steps.correct()
    for done, last in ((2, "a nucleus deleted"), (1, "types again"), (1, "a nucleus deleted")):
        steps.deeds.undo()
        steps.follow(steps.log)  # as the window does whenever it shows a session
        assert (len(steps.log.done), steps.deeds.last) == (done, last)
    steps.deeds.undo()
    assert (len(steps.log.done), steps.deeds.last) == (0, "")
    for done in (1, 1, 2, 3):
        steps.deeds.redo()
        steps.follow(steps.log)
        assert len(steps.log.done) == done
    assert steps.deeds.next == ""


def test_a_step_stands_in_the_log_by_its_own_line_alone(steps):
    steps.set(1)
    steps.run()
    assert steps.deeds.last == "types again"
    assert said(steps.deeds) == ["set 1"]


def test_former_results_of_three_steps_are_held_and_what_was_before_stays_done(steps):
    for number in range(5):
        steps.set(number)
        steps.run()
    told = []
    while steps.deeds.last:
        told.append(steps.deeds.last)
        steps.deeds.undo()
    assert told == ["types again", "set 4", "types again", "set 3", "types again", "set 2"]
    assert steps.value == 1
    assert said(steps.deeds) == ["set 0", "set 1"]


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit.of(EditKind.REDRAW, (), [[0, 0], [0, 1], [1, 1]]), "a nucleus drawn"),
        (Edit.of(EditKind.REDRAW, [1, 1], [[0, 0], [0, 1], [1, 1]]), "a nucleus drawn anew"),
        (
            Edit.of(EditKind.COUNT, [1, 1], note="3 cells in spot", counts=[3], radius_um=9.0),
            "3 cells in spot",
        ),
        (Edit.of(EditKind.COUNT, [1, 1], counts=[3], radius_um=9.0), "cells of 1 spots counted"),
    ],
)
def test_corrections_are_told_in_words(edit, words):
    assert said_of(edit) == words
