"""Edits: what they do, that they are undone, and that they are read back as they were."""

from __future__ import annotations

import json

import numpy as np
import pytest

from spotscope.model import (
    Edit,
    EditKind,
    EditLog,
    EditMark,
    ReadError,
    StarConvex,
    apply_edits,
)
from spotscope.model._edit_shapes import centroid, cut, holds, polygon_area, recast


@pytest.fixture
def four_discs() -> StarConvex:
    """Four discs of 5 µm; the first two touch.

    ::

        label 1 (20, 20)   label 2 (20, 30)   label 3 (20, 60)   label 4 (60, 60)
    """
    yx = np.array([[20.0, 20.0], [20.0, 30.0], [20.0, 60.0], [60.0, 60.0]])
    chance = np.array([0.5, 0.7, 0.9, 0.3], np.float32)
    return StarConvex(yx, np.full((4, 32), 5, np.float32), chance)


def box(y0: float, x0: float, y1: float, x1: float) -> list[list[float]]:
    return [[y0, x0], [y0, x1], [y1, x1], [y1, x0]]


def test_a_deleted_nucleus_is_gone_and_the_others_keep_their_labels(four_discs):
    done = apply_edits(four_discs, [Edit.of(EditKind.DELETE, [20, 30])])
    assert done.outlines.label_id.tolist() == [1, 3, 4]
    assert np.array_equal(done.outlines.radii_um, four_discs.radii_um[[0, 2, 3]])
    assert not done.marks.any()


def test_a_nucleus_is_meant_by_any_place_within_it_and_by_none_beside_it(four_discs):
    within = apply_edits(four_discs, [Edit.of(EditKind.DELETE, [23, 63])])
    beside = apply_edits(four_discs, [Edit.of(EditKind.DELETE, [27, 67])])
    assert within.outlines.label_id.tolist() == [1, 2, 4]
    assert beside.outlines.label_id.tolist() == [1, 2, 3, 4]


def test_two_discs_become_one_of_their_area(four_discs):
    done = apply_edits(four_discs, [Edit.of(EditKind.MERGE, [[20, 30], [20, 20]])])
    assert done.outlines.label_id.tolist() == [1, 3, 4]
    assert np.allclose(done.outlines.yx_um[0], [20, 25])
    assert done.outlines.probability[0] == np.float32(0.7)
    # the gap between two touching discs is bridged: more than both, less than their hull
    disc = four_discs.area_um2()[0]
    assert 2 * disc * 0.97 < done.outlines.area_um2()[0] < 2 * disc + 10 * 10 - np.pi * 25 + 2
    assert done.marks.tolist() == [EditMark.MERGED, 0, 0]


def test_a_disc_is_cut_in_two_halves(four_discs):
    line = [[0, 59], [100, 59]]
    done = apply_edits(four_discs, [Edit.of(EditKind.SPLIT, [20, 60], line)])
    assert done.outlines.label_id.tolist() == [1, 2, 3, 4, 5]
    assert done.outlines.yx_um[2, 1] > 59 > done.outlines.yx_um[4, 1]  # the larger keeps 3
    area = done.outlines.area_um2()
    assert area[2] + area[4] == pytest.approx(four_discs.area_um2()[2], rel=0.03)
    assert done.outlines.probability[4] == np.float32(0.9)
    assert done.marks.tolist() == [0, 0, EditMark.SPLIT, 0, EditMark.SPLIT]


def test_a_line_that_misses_is_said(four_discs):
    done = apply_edits(four_discs, [Edit.of(EditKind.SPLIT, [20, 60], [[0, 80], [100, 80]])])
    assert done.outlines.n == 4
    assert "line through a nucleus at (20, 60)" in done.missed[0]


def test_a_nucleus_is_drawn_anew_and_a_new_one_added(four_discs):
    again = Edit.of(EditKind.REDRAW, [60, 60], box(56, 56, 66, 64))
    new = Edit.of(EditKind.REDRAW, path_um=box(80, 80, 90, 90))
    done = apply_edits(four_discs, [again, new])
    assert done.outlines.label_id.tolist() == [1, 2, 3, 4, 5]
    assert np.allclose(done.outlines.yx_um[3:], [[61, 60], [85, 85]])
    assert done.outlines.area_um2()[3] == pytest.approx(80, rel=0.05)
    assert done.outlines.probability[3:].tolist() == [1, 1]
    assert done.marks[3:].tolist() == [EditMark.REDRAWN, EditMark.DRAWN]


def test_a_nucleus_drawn_beyond_the_slide_is_left_out_and_said(four_discs):
    beyond = Edit.of(EditKind.REDRAW, path_um=box(80, 80, 90, 90))
    before = Edit.of(EditKind.REDRAW, path_um=box(-12, 5, -2, 15))
    done = apply_edits(four_discs, [beyond, before], within=(84.0, 200.0))
    assert done.outlines.n == 4
    assert "outline on the slide at (80, 80)" in done.missed[0]
    assert "outline on the slide at (-12, 5)" in done.missed[1]
    assert apply_edits(four_discs, [beyond], within=(86.0, 200.0)).outlines.n == 5


@pytest.mark.parametrize("kind", [EditKind.ERASE, EditKind.EXCLUDE])
def test_a_region_takes_the_nuclei_with_their_centre_in_it(four_discs, kind):
    done = apply_edits(four_discs, [Edit.of(kind, path_um=box(10, 25, 30, 70))])
    assert done.outlines.label_id.tolist() == [1, 4]
    log = EditLog().add(Edit.of(kind, path_um=box(10, 25, 30, 70)))
    assert bool(log.excluded) == (kind is EditKind.EXCLUDE)


def test_what_was_accepted_stays_when_a_stricter_search_does_not_find_it(four_discs):
    accept = Edit.of(EditKind.ACCEPT, [60, 60], four_discs.polygons()[3])
    there = apply_edits(four_discs, [accept])
    assert there.marks.tolist() == [0, 0, 0, EditMark.ACCEPTED]
    assert np.array_equal(there.outlines.radii_um, four_discs.radii_um)
    strict = four_discs.take(four_discs.probability > 0.4)
    back = apply_edits(strict, [accept])
    assert back.outlines.n == 4
    assert np.allclose(back.outlines.polygons()[3], four_discs.polygons()[3], atol=2e-3)


def test_a_label_is_never_used_again(four_discs):
    cut_it = Edit.of(EditKind.SPLIT, [20, 60], [[0, 59], [100, 59]])
    part = apply_edits(four_discs, [cut_it]).outlines.yx_um[4]
    done = apply_edits(
        four_discs,
        [
            cut_it,
            Edit.of(EditKind.DELETE, part),
            Edit.of(EditKind.REDRAW, path_um=box(80, 80, 90, 90)),
        ],
    )
    assert done.outlines.label_id.tolist() == [1, 2, 3, 4, 6]


def test_undoing_everything_gives_the_identical_arrays(four_discs):
    log = EditLog().add(
        Edit.of(EditKind.MERGE, [[20, 20], [20, 30]]),
        Edit.of(EditKind.SPLIT, [20, 60], [[0, 59], [100, 59]]),
        Edit.of(EditKind.REDRAW, path_um=box(80, 80, 90, 90)),
        Edit.of(EditKind.EXCLUDE, path_um=box(50, 50, 70, 70)),
    )
    after = apply_edits(four_discs, log.done).outlines
    back = log
    for _ in range(4):
        back = back.undo()
    assert back.undo() is back
    undone = apply_edits(four_discs, back.done).outlines
    assert undone is four_discs
    for _ in range(4):
        back = back.redo()
    assert back == log
    assert back.redo() is back
    again = apply_edits(four_discs, back.done).outlines
    for one, other in ((again.yx_um, after.yx_um), (again.radii_um, after.radii_um)):
        assert np.array_equal(one, other)
    assert np.array_equal(again.label_id, after.label_id)


def test_a_new_edit_forgets_what_was_undone():
    one, two = (Edit.of(EditKind.DELETE, [y, 1.0]) for y in (1, 2))
    assert EditLog().add(one).undo().add(two) == EditLog((two,))


def test_a_log_reads_back_as_it_was_written():
    log = EditLog().add(
        Edit.of(EditKind.SPLIT, [1 / 3, 2 / 3], [[0, 0.1], [1, 1]], note="two nuclei"),
        Edit.of(EditKind.DELETE, [[1, 2], [3, 4]]),
    )
    log = log.undo()
    assert EditLog.from_json(json.loads(json.dumps(log.to_json()))) == log


@pytest.mark.parametrize(
    "record",
    [
        {"edit": "paint"},
        {"edit": "split", "at_um": [[1, 2]]},
        {"edit": "delete", "at_um": [[1, float("nan")]]},
        {"edit": "merge", "at_um": [[1, 2]]},
        {"edit": "delete", "at_um": "here"},
        {"at_um": [[1, 2]]},
        ["delete"],
    ],
)
def test_what_is_no_edit_is_said_in_a_sentence(record):
    with pytest.raises(ReadError, match="^Expected"):
        EditLog.from_json({"done": [record]})


# shapes -------------------------------------------------------------------------------------


def test_rays_recast_from_a_squares_centre_reach_its_rim():
    square = np.array(box(0, 0, 10, 10), float)
    rays = recast(np.array([5.0, 5.0]), [square], 8)
    assert np.allclose(rays, [5, 5 * 2**0.5] * 4)


def test_a_polygon_is_cut_into_parts_of_the_right_area():
    square = np.array(box(0, 0, 10, 10), float)
    parts = cut(square, np.array([0.0, 3.0]), np.array([10.0, 3.0]))
    assert sorted(polygon_area(part) for part in parts) == pytest.approx([30, 70])
    missed = cut(square, np.array([0.0, 30.0]), np.array([10.0, 30.0]))
    assert sorted(len(part) for part in missed) == [0, 4]


def test_the_centroid_of_an_l_is_that_of_its_two_boxes():
    """A 2 × 2 box (area 4, centre 1, 1) with a 2 × 4 box beside it (area 8, centre 4, 1)."""
    shape = np.array([[0, 0], [0, 2], [2, 2], [2, 2], [6, 2], [6, 0]], float)
    assert np.allclose(centroid(shape), [3, 1])
    assert holds(shape, np.array([3.0, 1.0]))
    assert not holds(shape, np.array([3.0, 2.5]))


def test_a_bent_outline_is_drawn_from_a_place_inside_it(four_discs):
    """A U whose centroid lies in its mouth."""
    u = [[80, 80], [100, 80], [100, 84], [84, 84], [84, 96], [100, 96], [100, 100], [80, 100]]
    corners = np.array(u, float)
    assert not holds(corners, centroid(corners))
    done = apply_edits(four_discs, [Edit.of(EditKind.REDRAW, path_um=u)])
    assert holds(corners, done.outlines.yx_um[4])


def test_rows_of_labels(four_discs):
    kept = apply_edits(four_discs, [Edit.of(EditKind.DELETE, [20, 30])]).outlines
    assert kept.rows_of(np.array([1, 2, 3, 4, 5])).tolist() == [0, -1, 1, 2, -1]
    assert kept.take(np.array([1, 2])).label_id.tolist() == [3, 4]
    assert kept.last_label == 4
    assert StarConvex.empty().rows_of(np.array([1])).tolist() == [-1]
