"""The work that is counted before a run: by hand, and as it grows."""

import numpy as np
import pytest

from spotscope.methods.expression import ExpressionParams
from spotscope.model import update
from spotscope.pipeline._machine import MachineSpeed, machine_speed
from spotscope.pipeline.expression._decompose_work import Work, answering, learning

GAUSSIAN = ExpressionParams(method="gaussian", rank=1)


def test_seconds_are_work_over_speed_and_as_much_again():
    work = Work(10.0, 20.0, 30.0) + Work(0.0, 0.0, 10.0)
    assert work.seconds(MachineSpeed(10.0, 5.0, 20.0)) == pytest.approx(2 * (1 + 4 + 2))
    assert (3 * work).numbers == 120


def test_products_of_one_spot_by_hand():
    """Two types, two latents (three products of them): 3 (2 + 6) + 4² = 40 a gene."""
    work = answering(GAUSSIAN, np.array([5]), np.array([2]), 0, genes=7)
    assert work.products == 7 * 40
    assert work.solves == pytest.approx(4 / 3 * 4**3)


def test_twice_the_nuclei_of_the_same_types_are_no_larger_a_system():
    few = answering(GAUSSIAN, np.array([10]), np.array([3]), 0, 100)
    many = answering(GAUSSIAN, np.array([20]), np.array([3]), 0, 100)
    assert (many.products, many.solves) == (few.products, few.solves)
    assert many.numbers == 2 * few.numbers


def test_each_tier_is_more_work_than_the_simpler_ones():
    speed = machine_speed()
    spots = np.full(50, 30), np.full(50, 6)
    answers, learns = [], []
    for method in ("split", "gaussian", "score"):
        params = update(ExpressionParams(), method=method)
        answers.append(answering(params, *spots, 0, 1000).seconds(speed))
        learns.append(learning(params, 5000, 1000).seconds(speed))
    assert answers == sorted(answers)
    assert learns == sorted(learns)
    assert learns[0] > 0


def test_more_reference_cells_than_are_learned_from_cost_no_more_of_the_closed_form():
    params = update(GAUSSIAN, max_cells=1000)
    assert learning(params, 1000, 50).solves == learning(params, 9000, 50).solves


def test_the_machine_is_tried_once():
    assert machine_speed() is machine_speed()
    assert min(machine_speed().products, machine_speed().solves, machine_speed().numbers) > 0
