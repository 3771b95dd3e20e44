"""Six letters on a sheet, turned and mirrored: every turn finds each letter again."""

import dask.array as da
import numpy as np
import pytest

from spotscope.model import AS_IT_LIES, TURNS, Slide

MPP = 0.5
#: abc    as (y, x): three letters wide, two high.
#: def
SHEET = np.array([list("abc"), list("def")])
#: By hand, what the sheet looks like afterwards.
AFTER = {
    "as-it-lies": ["abc", "def"],
    "180": ["fed", "cba"],
    "90-clockwise": ["da", "eb", "fc"],
    "90-anticlockwise": ["cf", "be", "ad"],
    "left-right": ["cba", "fed"],
    "top-bottom": ["def", "abc"],
    "rows-as-columns": ["ad", "be", "cf"],
    "rows-as-columns-180": ["fc", "eb", "da"],
}


@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: turn.name)
def test_every_letter_is_found_where_the_sheet_has_it_now(turn):
    sheet = np.array([list(row) for row in AFTER[turn.name]])
    slide = Slide((da.zeros((*sheet.shape, 1)),), MPP)
    places = np.argwhere(SHEET != "") * MPP
    row, column = np.rint(turn.upon(slide)(places) / MPP).astype(int).T
    assert "".join(sheet[row, column]) == "abcdef"


def test_there_are_eight_and_the_first_does_nothing():
    assert set(AFTER) == {turn.name for turn in TURNS}
    slide = Slide((da.zeros((7, 9, 1)),), MPP)
    assert TURNS[0] is AS_IT_LIES
    assert AS_IT_LIES.upon(slide).is_identity


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("180", "turned 180°"),
        ("90-anticlockwise", "turned 90° anticlockwise"),
        ("left-right", "mirrored left to right"),
        ("rows-as-columns", "mirrored left to right, turned 90° anticlockwise"),
    ],
)
def test_a_map_says_that_it_turns_and_mirrors(name, said):
    turn = next(turn for turn in TURNS if turn.name == name)
    slide = Slide((da.zeros((9, 9, 1)),), MPP)
    middle = (4 * MPP, 4 * MPP)
    assert turn.upon(slide).describe(middle) == f"less than 1 µm, {said}"
