from dataclasses import replace

import dask.array as da
import numpy as np
import pandas as pd
import pytest

from spotscope.layers import (
    MAX_TYPES,
    UNKNOWN_COLOUR,
    layer_name,
    layer_order,
    nuclei_codes,
    nuclei_colormap,
    nuclei_layer,
    nuclei_values,
    slide_layer,
    spots_layer,
    type_colours,
)
from spotscope.model import Session, Slide, SpotscopeError

COLOURS = {"T": (0, 0, 255), "B": (0, 255, 0)}


def test_a_layer_is_named_after_its_sample_and_part():
    assert layer_name("C2", "nuclei") == "C2 · nuclei"
    with pytest.raises(ValueError, match="hats"):
        layer_name("C2", "hats")


def test_layers_lie_in_one_order_and_strangers_on_top():
    names = ["C2 · spots", "mine", "C2 · nuclei", "C2 · H&E"]
    assert layer_order(names) == ["C2 · H&E", "C2 · nuclei", "C2 · spots", "mine"]


def test_codes_tell_own_spot_from_neighbours_from_unknown(cells):
    # types T = 0, B = 1: T of its spot is 1, B of its neighbours 2 + 1 + 1
    assert nuclei_codes(3, cells).tolist() == [0, 1, 4, 255]


def test_a_nucleus_that_is_no_cell_is_unknown(cells):
    assert nuclei_codes(5, cells).tolist() == [0, 1, 4, 255, 255, 255]
    assert nuclei_codes(2, None).tolist() == [0, 255, 255]


def test_values_of_cells_go_to_their_labels(cells):
    table = nuclei_values(4, cells, np.array([0.1, 0.2, 0.3]))
    np.testing.assert_allclose(table, [np.nan, 0.1, 0.2, 0.3, np.nan], rtol=1e-6)
    assert table.dtype == np.float32


def test_a_type_from_neighbours_is_paler_and_the_background_clear():
    table = nuclei_colormap(["T", "B"], COLOURS)
    assert table.shape == (256, 4)
    assert table[0, 3] == 0
    np.testing.assert_allclose(table[1, :3], [0, 0, 1])
    np.testing.assert_allclose(table[2, :3], [0, 1, 0])
    assert table[3, 2] == 1
    assert (table[3, :2] > 0.3).all()
    assert 0 < table[3, 3] < table[1, 3]
    np.testing.assert_allclose(table[255, :3], np.divide(UNKNOWN_COLOUR, 255))


def test_a_hidden_type_is_clear_also_where_it_is_pale():
    table = nuclei_colormap(["T", "B"], COLOURS, hidden={"B", "unknown"})
    assert (table[[1, 3], 3] > 0).all()
    assert (table[[2, 4, 255], 3] == 0).all()


def test_more_types_than_codes_is_an_error_that_says_what_to_do():
    names = [f"type {i}" for i in range(MAX_TYPES + 1)]
    with pytest.raises(SpotscopeError, match="at most 120 cell types"):
        nuclei_colormap(names, type_colours(names))
    assert nuclei_colormap(names[:-1], type_colours(names[:-1]))[240, 3] > 0


def test_the_nuclei_layer_shows_codes_in_microns(session, labels):
    levels, kwargs, kind = nuclei_layer(session, COLOURS)
    assert kind == "image"
    assert kwargs["name"] == "C2 · nuclei"
    assert kwargs["scale"] == (0.5, 0.5)
    assert kwargs["units"] == ("um", "um")
    assert kwargs["contrast_limits"] == (0, 255)
    assert [level.shape for level in levels] == [(12, 16), (6, 8)]
    np.testing.assert_array_equal(np.asarray(levels[0]), np.array([0, 1, 4, 255], np.uint8)[labels])
    assert kwargs["metadata"]["lookup"].levels is levels


def test_a_layer_with_a_cell_that_nobody_saw_is_one_of_cells(session):
    nuclei = replace(session.nuclei, probability=np.array([1, np.nan, 1], np.float32))
    assert nuclei_layer(replace(session, nuclei=nuclei), COLOURS)[1]["name"] == "C2 · cells"


def test_every_code_falls_on_its_own_step_of_the_colour_map(session):
    colormap = nuclei_layer(session, COLOURS)[1]["colormap"]
    shown = np.arange(256) / 255
    step = np.searchsorted(colormap["controls"], shown, side="right") - 1
    np.testing.assert_array_equal(np.minimum(step, 255), np.arange(256))


def test_untyped_nuclei_are_all_grey(session):
    bare = Session(session.sample, nuclei=session.nuclei, labels=session.labels)
    levels, kwargs, _ = nuclei_layer(bare, {})
    assert np.unique(np.asarray(levels[0])).tolist() == [0, 255]
    assert kwargs["colormap"]["colors"][255, 3] > 0


def test_spots_are_rings_of_their_true_size(spots):
    data, kwargs, kind = spots_layer(spots, "C2")
    assert kind == "points"
    np.testing.assert_array_equal(data, spots.yx_um)
    assert kwargs["size"] == 55
    assert kwargs["name"] == "C2 · spots"
    assert (kwargs["face_color"][:, 3] == 0).all()
    assert kwargs["canvas_size_limits"][0] == 0


def test_spots_tell_their_counts_and_proportions_on_hover(spots):
    shares = pd.DataFrame({"T": [0.25, 1.0], "B": [0.75, 0.0]}, index=["left", "right"])
    table = spots_layer(spots, "C2", proportions=shares)[1]["features"]
    assert table["spot"].tolist() == ["left", "right"]
    assert table["umis"].tolist() == [7, 5]
    np.testing.assert_allclose(table["B"], [0.75, 0.0])


def test_the_slide_layer_is_colour_in_microns(slide):
    levels, kwargs, kind = slide_layer(slide, "C2")
    assert kind == "image"
    assert [level.shape for level in levels] == [(12, 16, 3), (6, 8, 3)]
    assert kwargs["rgb"] is True
    assert kwargs["scale"] == (0.5, 0.5)
    assert kwargs["name"] == "C2 · H&E"
    assert kwargs["interpolation2d"] == "linear"  # between levels no pixel is left out
    assert slide_layer(slide)[1]["name"] == "file · H&E"


def test_a_fluorescence_slide_is_grey_within_its_own_limits():
    ramp = np.linspace(100, 4_000, 400).reshape(20, 20, 1).astype(np.uint16)
    levels, kwargs, _ = slide_layer(Slide((da.from_array(ramp),), 0.5, name="dapi"))
    assert levels[0].ndim == 2
    assert kwargs["rgb"] is False
    assert kwargs["name"] == "dapi · image"
    low, high = kwargs["contrast_limits"]
    assert 100 <= low < 200
    assert 3_900 < high <= 4_000
