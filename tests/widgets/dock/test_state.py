"""The state machine, without Qt."""

from dataclasses import replace

import pytest

from spotscope.widgets.dock._state import Facts, Mark, Step, resolve

FULL = Facts(slide=True, spots=True, nuclei=True, reference=True, typed=True, expressed=True)


def test_an_empty_panel_asks_for_a_sample_and_runs_nothing():
    states = resolve(Facts())
    assert states[Step.SAMPLE].open
    assert {states[s].waits_for for s in (Step.NUCLEI, Step.TYPES)} == {"needs a sample"}
    assert not any(states[s].can_run for s in (Step.NUCLEI, Step.TYPES, Step.EXPLORE))


def test_a_slide_alone_can_have_nuclei_and_no_types():
    states = resolve(Facts(slide=True))
    assert states[Step.NUCLEI].can_run
    assert states[Step.TYPES].waits_for == "needs spots"


def test_spots_alone_may_have_their_cells_estimated():
    state = resolve(Facts(spots=True))[Step.NUCLEI]
    assert state.can_run
    assert not state.waits_for


def test_cell_types_open_to_choose_a_reference_before_they_can_run():
    state = resolve(replace(FULL, reference=False, typed=False))[Step.TYPES]
    assert state.open
    assert not state.can_run
    assert state.waits_for == "needs a reference"


def test_everything_done_is_marked_done_and_can_run_again():
    states = resolve(FULL)
    assert {state.mark for state in states.values()} == {Mark.DONE}
    assert all(state.can_run for state in states.values())


@pytest.mark.parametrize("step", list(Step))
def test_while_one_step_runs_it_alone_can_be_cancelled_and_none_started(step):
    states = resolve(replace(FULL, running=step))
    assert [s for s in Step if states[s].can_cancel] == [step]
    assert not any(state.can_run for state in states.values())
    assert states[step].mark is Mark.RUNNING


def test_an_error_stands_on_its_own_step_until_it_runs_again():
    facts = replace(FULL, errors={Step.NUCLEI: "Expected nuclei, found none; lower the threshold."})
    assert resolve(facts)[Step.NUCLEI].mark is Mark.LOOK
    assert resolve(facts)[Step.TYPES].mark is Mark.DONE
    assert resolve(replace(facts, running=Step.NUCLEI))[Step.NUCLEI].mark is Mark.RUNNING


def test_image_and_spots_that_do_not_fit_are_marked_on_the_sample():
    states = resolve(replace(FULL, problems=True))
    assert states[Step.SAMPLE].mark is Mark.LOOK
    assert states[Step.NUCLEI].mark is Mark.DONE


def test_an_image_alone_can_be_explored_and_saved():
    assert resolve(Facts(slide=True))[Step.EXPLORE].open
