"""Costs grow with the work, and what is kept costs nothing."""

from dataclasses import replace

import dask.array as da
import numpy as np
import pytest

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.expression import ExpressionParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import MeasureKey, Sample, Session, Slide, run
from spotscope.pipeline import StepCache, expression_cost, nuclei_cost, read_reference, typing_cost
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


def test_a_slide_is_looked_at_once_however_often_its_costs_are_asked(tmp_path):
    looked = []
    fine = da.zeros((800, 800, 3), dtype=np.uint8, chunks=400)
    fine = fine.map_blocks(
        lambda block: looked.append(1) or block, dtype=np.uint8, meta=np.empty((0, 0, 0), np.uint8)
    )
    slide = Slide((fine, da.zeros((100, 100, 3), dtype=np.uint8)), mpp=0.5)
    cache = StepCache(tmp_path)
    costs = []
    for probability in (0.4, 0.6):
        params = SegmentationParams(model="watershed", probability=probability)
        costs.append(nuclei_cost(Session(Sample("s", slide)), params, cache=cache))
        assert len(looked) == 4
    assert costs[0].seconds > 0
    of_twice = replace(slide, mpp=1.0)
    nuclei_cost(Session(Sample("s", of_twice)), params, cache=cache)
    assert len(looked) == 8  # other pixels: what is glass may be told otherwise


def test_nuclei_found_before_are_there_in_a_moment(typed, steps_cache):
    found = nuclei_cost(
        typed.session, SegmentationParams(model="watershed"), cache=StepCache(steps_cache)
    )
    assert found.kept
    assert str(found) == "kept: only has to be opened"


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


def test_how_nuclei_look_is_counted_until_it_is_known(typed, reference):
    params = CellTypingParams(looks="auto")
    key = str(MeasureKey.HAEMATOXYLIN)
    n = typed.session.nuclei.n
    costs = []
    for known in (np.full(n, np.nan), np.where(np.arange(n) % 2, np.nan, 1.0), np.ones(n)):
        session = replace(typed.session, measures={key: known.astype(np.float32)})
        costs.append(typing_cost(session, reference, params).seconds)
    assert costs[0] > costs[1] > costs[2]
    assert costs[0] - costs[1] == pytest.approx(costs[1] - costs[2], rel=1e-3)
    unseen = typing_cost(typed.session, reference, CellTypingParams(looks="off")).seconds
    assert unseen == pytest.approx(costs[2])


def test_steps_to_come_are_told_by_how_much_tissue_there_is(typed, reference):
    bare = Session(typed.session.sample)
    typing, expression = CellTypingParams(looks="off"), ExpressionParams()
    ahead = typing_cost(bare, reference, typing).seconds
    assert ahead > typing_cost(Session(replace(bare.sample, slide=None)), reference, typing).seconds
    # the demo is about as crowded as tissue is
    assert ahead == pytest.approx(typing_cost(typed.session, reference, typing).seconds, rel=0.5)
    told = expression_cost(typed.session, reference, expression)
    assert expression_cost(bare, reference, expression).seconds == pytest.approx(
        told.seconds, rel=0.7
    )
    assert told.memory > 0.4e9
    assert expression_cost(bare, None, expression) is None
    assert expression_cost(Session(replace(bare.sample, spots=None)), reference, expression) is None


def test_costs_are_said_in_round_words():
    assert str(StepCost(0.2, 0.51e9)) == "about a second, 0.5 GB"
    assert str(StepCost(42.3, 1.2e9)) == "about 42 s, 1.2 GB"
    assert str(StepCost(600, 3e9)) == "about 10 min, 3.0 GB"
