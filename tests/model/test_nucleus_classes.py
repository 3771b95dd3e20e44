"""What others marked nuclei as: kept under every correction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spotscope.model import Edit, EditKind, EditLog, NucleusClasses, StarConvex, apply_edits

RED, BLUE = (200, 0, 0), (0, 0, 200)


@pytest.fixture
def nuclei() -> StarConvex:
    """Five discs in a row; the second is twice as wide as the others.

    ::

        label    1      2        3        4      5
        x, µm    10     30       50       70     90
        radius   4      8        4        4      4
        class    Tumour Stroma   –        Tumour –
    """
    yx = np.array([[10.0, 10.0 + 20 * i] for i in range(5)])
    radii = np.repeat(np.array([4, 8, 4, 4, 4], np.float32)[:, None], 32, axis=1)
    words = ["Tumour", "Stroma", None, "Tumour", ""]
    classes = NucleusClasses.of(words, {"Tumour": RED, "Necrosis": BLUE})
    return replace(StarConvex(yx, radii, np.ones(5, np.float32)), classes=classes)


def words(nuclei: StarConvex) -> dict[int, str | None]:
    """Class of every label."""
    return dict(zip(nuclei.label_id.tolist(), nuclei.classes.words(), strict=True))


def after(nuclei: StarConvex, *edits: Edit) -> dict[int, str | None]:
    return words(apply_edits(nuclei, edits).outlines)


def test_classes_are_those_that_are_there_by_the_alphabet(nuclei):
    classes = nuclei.classes
    assert (classes.names, classes.colours) == (("Stroma", "Tumour"), (None, RED))
    assert classes.codes.tolist() == [1, 0, -1, 1, -1]
    assert classes.counts() == {"Stroma": 1, "Tumour": 2}
    assert classes.words() == ["Tumour", "Stroma", None, "Tumour", None]
    assert [classes.word(row) for row in (1, 2)] == ["Stroma", ""]


def test_where_nobody_marked_anything_there_are_none():
    assert NucleusClasses.of([None, "", None]) is None


def test_nuclei_that_are_taken_take_theirs_along(nuclei):
    assert nuclei.take(np.array([3, 1])).classes.words() == ["Tumour", "Stroma"]
    assert nuclei.take(np.array([0, 0, 1, 0, 0], bool)).classes.words() == [None]


def test_what_is_not_touched_keeps_its_class(nuclei):
    left = after(nuclei, Edit.of(EditKind.DELETE, [10, 10]))
    assert left == {2: "Stroma", 3: None, 4: "Tumour", 5: None}


def test_a_merged_nucleus_is_what_its_largest_marked_part_was(nuclei):
    both = after(nuclei, Edit.of(EditKind.MERGE, [[10, 10], [10, 30]]))
    assert both == {1: "Stroma", 3: None, 4: "Tumour", 5: None}
    one = after(nuclei, Edit.of(EditKind.MERGE, [[10, 50], [10, 70]]))
    assert one == {1: "Tumour", 2: "Stroma", 3: "Tumour", 5: None}
    neither = after(nuclei, Edit.of(EditKind.MERGE, [[10, 50], [10, 90]]))
    assert neither[3] is None


def test_both_parts_of_a_split_are_what_the_whole_was(nuclei):
    parts = after(nuclei, Edit.of(EditKind.SPLIT, [10, 30], [[0, 31], [20, 31]]))
    assert parts == {1: "Tumour", 2: "Stroma", 3: None, 4: "Tumour", 5: None, 6: "Stroma"}


def test_a_redrawn_nucleus_keeps_its_class_and_a_new_one_has_none(nuclei):
    ring = np.array([[6.0, 6], [6, 14], [14, 14], [14, 6]])
    redrawn = Edit.of(EditKind.REDRAW, [10, 10], ring)
    drawn = Edit.of(EditKind.REDRAW, path_um=ring + np.array([30, 0]))
    found = after(nuclei, redrawn, drawn, Edit.of(EditKind.ACCEPT, [10, 30], ring))
    assert found == {1: "Tumour", 2: "Stroma", 3: None, 4: "Tumour", 5: None, 6: None}


def test_cells_that_are_counted_have_none(nuclei):
    counted = Edit.of(EditKind.COUNT, [40, 10], counts=[2], radius_um=12)
    found = after(nuclei, counted)
    assert (len(found), found[6], found[7]) == (7, None, None)


def test_undo_brings_a_class_back(nuclei):
    log = EditLog().add(Edit.of(EditKind.MERGE, [[10, 10], [10, 30]]))
    assert words(apply_edits(nuclei, log.undo().done).outlines) == words(nuclei)


def test_nuclei_without_classes_have_none_after_an_edit(nuclei):
    plain = replace(nuclei, classes=None)
    edited = apply_edits(plain, [Edit.of(EditKind.DELETE, [10, 10])])
    assert edited.outlines.classes is None
