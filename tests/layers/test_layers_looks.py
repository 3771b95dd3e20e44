"""Names and colours by hand, fading, and rims of marked nuclei, on toys worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from spotscope import layers
from spotscope.layers import TypeLooks

TYPES = ("B cell", "T cell", "Tumour")
OWN = layers.type_colours(TYPES)
RED = (255, 0, 0)


def test_a_name_alone_keeps_the_colour():
    looks = TypeLooks().renamed("Tumour", "DCIS", TYPES)
    assert looks.shown("Tumour") == "DCIS"
    assert looks.table(TYPES) == OWN
    assert looks.colours_of(TYPES)["DCIS"] == OWN["Tumour"]


def test_the_name_of_another_merges_the_two_and_takes_its_colour():
    looks = TypeLooks().renamed("B cell", "T cell", TYPES)
    assert looks.members("T cell", TYPES) == ["B cell", "T cell"]
    assert looks.table(TYPES) == {**OWN, "B cell": OWN["T cell"]}
    assert looks.counts({"B cell": 3, "T cell": 4, "Tumour": 5}) == {"T cell": 7, "Tumour": 5}


def test_merged_types_are_renamed_together_and_parted_again():
    looks = TypeLooks().renamed("B cell", "T cell", TYPES).renamed("T cell", "Lymphocyte", TYPES)
    assert looks.members("Lymphocyte", TYPES) == ["B cell", "T cell"]
    assert looks.colours_of(TYPES)["Lymphocyte"] == OWN["T cell"]
    assert looks.parted("Lymphocyte", TYPES) == TypeLooks()


def test_a_colour_goes_with_its_name():
    looks = TypeLooks().recoloured("Tumour", RED).renamed("Tumour", "DCIS", TYPES)
    assert looks.table(TYPES)["Tumour"] == RED
    assert looks.renamed("DCIS", "T cell", TYPES).table(TYPES)["Tumour"] == OWN["T cell"]


def test_back_to_its_own_name_nothing_is_left():
    looks = TypeLooks().renamed("Tumour", "DCIS", TYPES).renamed("DCIS", "Tumour", TYPES)
    assert looks.names == {}
    assert looks.table(TYPES) == OWN
    assert TypeLooks().renamed("Tumour", "  ", TYPES) == TypeLooks()


def test_looks_survive_json_and_a_reference_of_other_types():
    looks = TypeLooks().renamed("Tumour", "DCIS", TYPES).recoloured("T cell", RED)
    again = TypeLooks.from_json(looks.to_json())
    assert again == looks
    assert again.colours_of(["Neuron"]) == layers.type_colours(["Neuron"])
    assert TypeLooks.from_json(None) == TypeLooks()


@pytest.mark.parametrize(("n", "steps"), [(1, 6), (21, 6), (25, 5), (63, 2), (64, 1), (120, 1)])
def test_codes_of_types_and_steps_fit_in_a_byte(n, steps):
    assert layers.confidence_steps(n) == steps
    assert 2 * n * steps < min(layers.RIM_CODES)


def test_the_surer_a_type_the_more_opaque_and_unknown_stays():
    # codes: background, T cell by its spot, the same, B cell by neighbours, unknown
    codes = np.array([0, 2, 2, 4, 255], np.uint8)
    support = np.array([0, 1.0, 1 / 3, 2 / 3, 0.9], np.float32)
    faded = layers.faded_codes(codes, support, 3)
    # above chance (1/3): 1, 0, ½ of six steps
    np.testing.assert_array_equal(faded, [0, 2 + 6 * 5, 2, 4 + 6 * 3, 255])
    plain = layers.nuclei_colormap(TYPES, OWN)
    table = layers.faded_colormap(plain, 3)
    np.testing.assert_allclose(table[faded[[0, 1, 4]]], plain[codes[[0, 1, 4]]])
    np.testing.assert_allclose(table[faded, :3], plain[codes, :3])
    assert table[2, 3] == pytest.approx(0.15 * plain[2, 3])


def test_too_many_types_leave_nothing_to_fade():
    codes = np.array([0, 5, 100], np.uint8)
    assert layers.faded_codes(codes, np.zeros(3), 64) is codes
    table = layers.nuclei_colormap([f"t{k}" for k in range(64)], {})
    np.testing.assert_array_equal(layers.faded_colormap(table, 64), table)


@pytest.fixture
def squares():
    """Label 1 is a 9 x 9 square, label 2 one of the same size beside it."""
    labels = np.zeros((13, 24), np.uint32)
    labels[2:11, 2:11], labels[2:11, 13:22] = 1, 2
    return labels


def test_marked_labels_have_two_lines_around_them(squares):
    pyramid = layers.LookupPyramid([squares], np.array([0, 7, 8], np.uint8))
    pyramid.recolour(pyramid.lut, np.array([False, True, False]))
    seen = pyramid.levels[0][:, :]
    outer, inner = layers.RIM_CODES
    assert (seen[2, 2:11] == outer).all()
    assert (seen[3, 3:10] == inner).all()
    assert (seen[4:9, 4:9] == 7).all()
    assert set(np.unique(seen[:, 12:])) == {0, 8}
    assert (seen == outer).sum() == 32
    assert (seen == inner).sum() == 24
    np.testing.assert_array_equal(pyramid.levels[0][3:6, 3:6], seen[3:6, 3:6])  # a tile's edge


def test_a_marked_label_that_is_not_drawn_has_no_rim_and_marks_go(squares):
    pyramid = layers.LookupPyramid([squares], np.array([0, 0, 8], np.uint8))
    pyramid.recolour(pyramid.lut, np.array([False, True, False]))
    assert set(np.unique(pyramid.levels[0][:, :])) == {0, 8}
    pyramid.recolour(pyramid.lut, None)
    assert pyramid.marked is None


def test_marks_of_other_labels_mark_none(squares):
    pyramid = layers.LookupPyramid([squares], np.array([0, 7, 8], np.uint8))
    pyramid.recolour(pyramid.lut, np.array([False, True, True]))
    pyramid.renew([squares], np.array([0, 7, 8, 9], np.uint8))
    assert pyramid.marked is None
    assert set(np.unique(pyramid.levels[0][:, :])) == {0, 7, 8}


def test_rims_only_and_marks_go_together(squares):
    pyramid = layers.LookupPyramid([squares], np.array([0, 7, 8], np.uint8), outline=True)
    pyramid.recolour(pyramid.lut, np.array([False, True, False]))
    seen = pyramid.levels[0][:, :]
    assert (seen[4:9, 4:9] == 0).all()
    assert seen[2, 5] == layers.RIM_CODES[0]
    assert seen[2, 15] == 8
