"""Costs grow with the work, and what is kept costs nothing."""

from dataclasses import replace

import pytest

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import Sample, Session, run
from spotscope.pipeline import StepCache, nuclei_cost, read_reference, typing_cost
from spotscope.pipeline._step_cost import StepCost


@pytest.fixture
def reference(demo_files):
    return run(read_reference(demo_files["reference"]))


def test_a_network_costs_more_than_the_watershed(typed, tmp_path):
    cache = StepCache(tmp_path)
    plain = nuclei_cost(typed.session, SegmentationParams(model="watershed"), cache=cache)
    network = nuclei_cost(typed.session, SegmentationParams(model="he"), cache=cache)
    assert network.seconds > plain.seconds > 0
    assert network.memory > plain.memory > 0.1e9
    assert not plain.kept


def test_glass_costs_nothing(two_nuclei_slide, tmp_path):
    import dask.array as da
    import numpy as np

    half = np.full((400, 400, 3), 250, np.uint8)
    half[:, :200] = (200, 120, 170)
    pair = [
        replace(two_nuclei_slide, levels=(da.from_array(each, chunks=(200, 200, 3)),))
        for each in (half, np.full_like(half, half[0, 0]))
    ]
    some, all_of_it = (
        nuclei_cost(
            Session(Sample("s", slide)),
            SegmentationParams(model="watershed"),
            cache=StepCache(tmp_path),
        )
        for slide in pair
    )
    assert 0.4 < some.seconds / all_of_it.seconds < 0.75


def test_nuclei_found_before_are_there_in_a_moment(typed, steps_cache):
    found = nuclei_cost(
        typed.session, SegmentationParams(model="watershed"), cache=StepCache(steps_cache)
    )
    assert found.kept
    assert str(found) == "kept from before: a moment"


def test_more_nuclei_cost_more_to_type(typed, reference):
    one = typing_cost(typed.session, reference, CellTypingParams())
    half = typed.session.nuclei.take(range(typed.session.nuclei.n // 2))
    other = typing_cost(replace(typed.session, nuclei=half), reference, CellTypingParams())
    assert one.seconds > other.seconds
    alone = Session(replace(typed.session.sample, spots=None))
    assert typing_cost(alone, reference, CellTypingParams()) is None
    assert (
        nuclei_cost(
            Session(replace(typed.session.sample, slide=None)),
            SegmentationParams(model="watershed"),
        )
        is None
    )


def test_costs_are_said_in_round_words():
    assert str(StepCost(0.2, 0.51e9)) == "about a second, 0.5 GB"
    assert str(StepCost(42.3, 1.2e9)) == "about 42 s, 1.2 GB"
    assert str(StepCost(600, 3e9)) == "about 10 min, 3.0 GB"
