import numpy as np
import pytest

from spotscope.layers import PALETTE, UNKNOWN_COLOUR, paler, type_colours
from spotscope.layers._oklab import oklab, seen_by_all
from spotscope.layers._palette_search import KEPT_CLEAR, OKABE_ITO, distances, search


def least(colours):
    apart = distances(colours, colours)
    np.fill_diagonal(apart, np.inf)
    return apart.min()


def test_the_table_is_what_the_search_finds():
    np.testing.assert_array_equal(search(len(PALETTE)), PALETTE)


@pytest.mark.parametrize(("n", "apart"), [(8, 0.075), (16, 0.07), (24, 0.05), (120, 0.014)])
def test_colours_keep_their_distance_for_all_eyes(n, apart):
    assert least(PALETTE[:n]) >= apart
    assert len(np.unique(PALETTE[:n], axis=0)) == n


def test_colours_stand_out_from_the_tissue():
    assert distances(PALETTE[len(OKABE_ITO) : 24], KEPT_CLEAR).min() >= 0.05


def test_lightness_runs_from_black_to_white():
    np.testing.assert_allclose(oklab(np.array([0, 0, 0], np.uint8)), 0, atol=1e-6)
    np.testing.assert_allclose(oklab(np.array([255] * 3, np.uint8)), [1, 0, 0], atol=1e-4)


def test_red_and_green_are_nearer_without_green_cones():
    pair = np.array([[214, 66, 40], [126, 120, 30]], np.uint8)
    normal, without_m, _ = seen_by_all(pair)
    assert np.linalg.norm(without_m[0] - without_m[1]) < 0.5 * np.linalg.norm(normal[0] - normal[1])


BREAST = ["Adipocytes", "B_Cells", "Endothelial", "Macrophages", "Plasma", "T_Cells", "Stromal"]


def test_every_type_has_a_colour_of_its_own():
    assert len(set(type_colours(BREAST).values())) == len(BREAST)
    many = [f"type {i}" for i in range(120)]
    assert len(set(type_colours(many).values())) >= 113


def test_the_order_of_names_does_not_matter():
    assert type_colours(BREAST) == type_colours(BREAST[::-1])
    assert list(type_colours(BREAST[::-1])) == BREAST[::-1]


def test_a_type_keeps_its_colour_on_a_slide_with_other_types():
    whole = type_colours(BREAST)
    for left_out in BREAST:
        rest = type_colours([name for name in BREAST if name != left_out])
        assert rest == {name: whole[name] for name in rest}


def test_spellings_of_a_common_type_share_its_home():
    for names in (["T", "B"], ["T_Cells", "B_Cells"], ["T cells", "B cells"], ["t-cell", "b-cell"]):
        t, b = type_colours(names).values()
        assert t == tuple(PALETTE[2])
        assert b == tuple(PALETTE[4])


def test_only_the_plainest_name_of_a_family_lives_at_home():
    colours = type_colours(["T_CD8", "T", "T_CD4"])
    assert colours["T"] == tuple(PALETTE[2])
    assert len(set(colours.values())) == 3


@pytest.mark.parametrize("name", ["unknown", "Unassigned", "Ambiguous"])
def test_what_is_not_known_is_grey(name):
    assert type_colours([name, "T"])[name] == UNKNOWN_COLOUR


def test_paler_is_lighter_and_of_the_same_hue():
    colour = (213, 94, 0)
    faded = paler(colour)
    one, other = oklab(np.array([colour, faded], np.uint8))
    assert other[0] > one[0]
    hue = np.arctan2([one[2], other[2]], [one[1], other[1]])
    assert hue[0] == pytest.approx(hue[1], abs=0.35)
