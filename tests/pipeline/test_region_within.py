"""Who touches whom in a region, against a count by hand and places shuffled."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.spatial import Delaunay

from spotscope.model import Region
from spotscope.pipeline import ask_region
from spotscope.pipeline._region_within import FEWEST, REACH_UM, _edges, touching, within_said


class Typed:
    """Cells as far as they are asked for: places and types."""

    def __init__(self, yx_um, codes, types=("A", "B", "C")):
        self.yx_um, self.type_codes, self.types = yx_um, np.asarray(codes), types


def grid(n, pitch):
    place = np.stack(np.meshgrid(np.arange(n), np.arange(n), indexing="ij"), -1).reshape(-1, 2)
    # a little off the lattice, so that the triangles are those of every run
    return pitch * (place + 0.1 * np.random.default_rng(0).random(place.shape))


def test_edges_are_neighbours_that_are_near():
    yx = grid(6, 20.0)
    found = {tuple(edge) for edge in _edges(yx).tolist()}
    wanted = set()
    for triangle in Delaunay(yx).simplices:
        for a, b in combinations(sorted(map(int, triangle)), 2):
            if np.hypot(*(yx[a] - yx[b])) <= REACH_UM:
                wanted.add((a, b))
    assert found == wanted
    assert len(_edges(grid(6, 40.0))) == 0
    assert len(_edges(yx[:3])) == 0
    assert len(_edges(np.stack([np.zeros(9), np.arange(9.0)], axis=1))) == 0


def test_types_in_stripes_touch_the_stripe_beside_them_alone():
    yx = grid(12, 20.0)
    codes = np.repeat([0, 1, 2], 48)  # four rows each: A lies beside B, B beside C, A never by C
    pairs = touching(Typed(yx, codes), np.ones(len(yx), bool))
    assert {(p.one, p.other) for p in pairs[:2]} == {("A", "B"), ("B", "C")}
    assert (pairs[2].one, pairs[2].other, pairs[2].contacts, pairs[2].ratio) == ("A", "C", 0, 0.0)
    edges = _edges(yx)
    between = sum(set(codes[edge]) == {0, 1} for edge in edges)
    first = next(p for p in pairs if p.other == "B")
    assert first.contacts == between
    assert first.ratio == pytest.approx(between / (len(edges) * 2 * 48 * 48 / (144 * 143)))


def test_shuffled_places_give_a_ratio_of_one():
    rng, yx = np.random.default_rng(1), grid(20, 20.0)
    found = []
    for _ in range(40):
        codes = rng.permutation(np.repeat([0, 1], 200))
        (pair,) = touching(Typed(yx, codes, ("A", "B")), np.ones(len(yx), bool))
        found.append(pair.ratio)
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found) - 1) < 4 * error
    assert np.std(found) < 0.1


def test_rare_pairs_nuclei_outside_and_without_a_type_are_left_out():
    yx, codes = grid(12, 20.0), np.repeat([0, 1], 72)
    codes[100] = 2
    inside = np.ones(len(yx), bool)
    assert [(p.one, p.other) for p in touching(Typed(yx, codes), inside)] == [("A", "B")]
    few = np.arange(len(yx)) < 3
    assert touching(Typed(yx, codes), few) == ()
    codes[codes == 1] = -1
    assert touching(Typed(yx, codes), inside) == ()
    assert FEWEST > 1


def test_a_region_of_a_section_says_both(typed):
    session = typed.session
    height, width = session.sample.slide.extent_um
    whole = np.array([[0, 0], [0, width], [height, width], [height, 0]], float)
    answer = ask_region(session, Region("all", whole))
    area = np.median(session.nuclei.area_um2())
    assert answer.medians["area_um2"] == pytest.approx(area)
    assert 0 < answer.medians["eccentricity"] < 1
    assert 0 < len(answer.touching) <= 3
    look, beside = answer.within
    assert f"median area {area:.0f} µm²" in look
    assert f"{answer.touching[0].one} with {answer.touching[0].other}" in beside
    assert answer.to_json()["touching"][0]["one"] == answer.touching[0].one
    assert within_said({}, ()) == []
