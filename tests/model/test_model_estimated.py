"""Cells that are counted, not seen: where they lie, and how a disc is brought to a number."""

from __future__ import annotations

import json

import numpy as np
import pytest

from spotscope.model import (
    Edit,
    EditKind,
    EditMark,
    Lattice,
    Membership,
    ReadError,
    Spots,
    StarConvex,
    apply_edits,
    cells_in_discs,
    is_estimated,
)
from spotscope.model._estimated import places_in_disc, radius_of


@pytest.fixture
def one_disc() -> StarConvex:
    """A disc of 20 µm about (50, 50) with three nuclei of 4 µm in it, one on its rim, one outside.

    ::

        label    1 (50, 50)   2 (40, 50)   3 (60, 50)   4 (50, 71)   5 (90, 90)
        sure     0.9          0.5          0.7          0.8          0.4
        inside   whole        whole        whole        less than half   no
    """
    yx = np.array([[50.0, 50.0], [40.0, 50.0], [60.0, 50.0], [50.0, 71.0], [90.0, 90.0]])
    sure = np.array([0.9, 0.5, 0.7, 0.8, 0.4], np.float32)
    return StarConvex(yx, np.full((5, 32), 4, np.float32), sure)


def count(*numbers: int, at=((50.0, 50.0),), radius_um: float = 20.0) -> Edit:
    return Edit.of(EditKind.COUNT, at, counts=numbers, radius_um=radius_um)


def spots_at(yx: np.ndarray, diameter_um: float) -> Spots:
    import anndata as ad
    import pandas as pd
    import scipy.sparse as sp

    names = pd.Index([f"s{i}" for i in range(len(yx))])
    table = ad.AnnData(sp.csr_matrix(np.ones((len(yx), 1), np.int32)), pd.DataFrame(index=names))
    return Spots(table, yx, Lattice("square", 100.0, diameter_um))


@pytest.mark.parametrize("n", [1, 2, 3, 7, 20, 60])
def test_cells_lie_within_their_disc_and_beside_one_another(n):
    places, size = places_in_disc(n, 27.5), radius_of(n, 27.5)
    assert places.shape == (n, 2)
    assert (np.linalg.norm(places, axis=1) + size <= 27.5 + 1e-9).all()
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    assert apart[~np.eye(n, dtype=bool)].min(initial=np.inf) >= 2 * size


def test_one_cell_lies_in_the_middle_and_the_same_number_always_lies_alike():
    assert np.array_equal(places_in_disc(1, 10.0), [[0.0, 0.0]])
    assert np.array_equal(places_in_disc(5, 10.0), places_in_disc(5, 10.0))


def test_a_cell_goes_as_far_as_it_can_from_what_is_there():
    place = places_in_disc(1, 10.0, np.array([[0.0, 8.0]]), np.array([1.0]), 1.0)
    spread = np.random.default_rng(0).uniform(-9, 9, (4000, 2))
    spread = spread[np.linalg.norm(spread, axis=1) <= 9]
    best = np.linalg.norm(spread - [0.0, 8.0], axis=1).max()
    assert np.linalg.norm(place[0] - [0.0, 8.0]) >= 0.97 * best


def test_every_disc_owns_as_many_cells_as_were_counted():
    counts = np.array([3, 0, 12, 1])
    centres = np.array([[30.0, 30.0], [30.0, 130.0], [130.0, 30.0], [130.0, 130.0]])
    cells = cells_in_discs(counts, centres, 27.5)
    assert is_estimated(cells).all()
    assert np.array_equal(
        Membership.from_discs(cells, spots_at(centres, 55.0)).cells_per_spot, counts
    )


def test_of_too_many_the_least_sure_go(one_disc):
    done = apply_edits(one_disc, [count(1)])
    assert done.outlines.label_id.tolist() == [1, 4, 5]
    assert not done.marks.any()


def test_an_accepted_nucleus_goes_last(one_disc):
    corners = one_disc.polygons()[1]
    done = apply_edits(one_disc, [Edit.of(EditKind.ACCEPT, [40, 50], corners), count(1)])
    assert done.outlines.label_id.tolist() == [2, 4, 5]


def test_of_too_few_some_are_put_there_and_marked(one_disc):
    done = apply_edits(one_disc, [count(5)])
    assert done.outlines.label_id.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert done.marks.tolist() == [0, 0, 0, 0, 0, EditMark.ESTIMATED, EditMark.ESTIMATED]
    assert is_estimated(done.outlines).tolist() == [False] * 5 + [True] * 2
    owned = Membership.from_discs(done.outlines, spots_at(np.array([[50.0, 50.0]]), 40.0))
    assert owned.cells_per_spot.tolist() == [5]
    # none lies upon a nucleus that is there
    apart = np.linalg.norm(done.outlines.yx_um[5:, None] - one_disc.yx_um[None], axis=2)
    assert apart.min() > 4


def test_counted_cells_go_before_seen_ones(one_disc):
    done = apply_edits(one_disc, [count(5), count(3)])
    assert done.outlines.label_id.tolist() == [1, 2, 3, 4, 5]
    assert apply_edits(one_disc, [count(3)]).outlines.n == one_disc.n


def test_several_discs_are_brought_to_their_numbers_at_once(one_disc):
    at = [[50.0, 50.0], [150.0, 50.0], [90.0, 90.0]]
    done = apply_edits(one_disc, [count(0, 2, 1, at=at)])
    owned = Membership.from_discs(done.outlines, spots_at(np.array(at), 40.0)).cells_per_spot
    assert owned.tolist() == [0, 2, 1]
    assert done.outlines.label_id.tolist() == [4, 5, 6, 7]


def test_cells_are_counted_where_no_nucleus_was_found():
    done = apply_edits(StarConvex.empty(64), [count(2)])
    assert done.outlines.radii_um.shape == (2, 64)


def test_a_model_with_more_rays_keeps_them(one_disc):
    wide = StarConvex(one_disc.yx_um, np.full((5, 64), 4, np.float32), one_disc.probability)
    assert apply_edits(wide, [count(4)]).outlines.n_rays == 64


def test_a_drawn_nucleus_may_be_merged_with_a_counted_one(one_disc):
    done = apply_edits(one_disc, [count(4)])
    place = done.outlines.yx_um[-1]
    merged = apply_edits(one_disc, [count(4), Edit.of(EditKind.MERGE, [[50, 50], place])])
    row = merged.outlines.label_id.tolist().index(1)
    assert merged.outlines.probability[row] == np.float32(0.9)


def test_a_count_is_read_back_as_it_was():
    edit = Edit.of(
        EditKind.COUNT, [[1.25, 2.5], [3, 4]], note="counted", counts=[3, 0], radius_um=27.5
    )
    assert Edit.from_json(json.loads(json.dumps(edit.to_json()))) == edit
    assert edit.to_json()["counts"] == [3, 0]
    assert "counts" not in Edit.of(EditKind.DELETE, [1, 2]).to_json()


@pytest.mark.parametrize(
    ("counts", "radius_um"), [((1, 2), 20.0), ((), 20.0), ((-1,), 20.0), ((1,), 0.0)]
)
def test_a_count_without_numbers_or_radius_is_refused(counts, radius_um):
    with pytest.raises(ReadError, match="Expected a number of cells"):
        count(*counts, radius_um=radius_um)
