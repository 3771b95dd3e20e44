"""The overview shows the right thing at the right place, in the colours handed in."""

import numpy as np
import pytest
from PIL import Image

from spotscope.model import StarConvex
from spotscope.pipeline.report._legend import UNTYPED_GREY, legend_entries, nice_length_um
from spotscope.pipeline.report._overview import (
    GAP_PX,
    MARGIN_PX,
    PANEL_PX,
    TITLE_PX,
    draw_overview,
)

ORANGE, BLUE = (230, 159, 0), (0, 114, 178)


@pytest.fixture
def world():
    """A slide of 300 × 450 µm (y, x), grey; two nuclei and one spot.

    ::

              x 90      360   450 µm
        y 60    ● orange             nuclei of 20 µm radius
        y 200            ● blue      spot of 100 µm about (200, 360)
        300

    The longer side is 900 px, so a µm is 2 px.
    """
    radii = np.full((2, 32), 20, np.float32)
    outlines = StarConvex(np.array([[60.0, 90], [200, 360]]), radii, np.ones(2, np.float32))
    return {
        "thumbnail": np.full((100, 150, 3), 200, np.uint8),
        "extent_um": (300.0, 450.0),
        "yx_um": outlines.yx_um,
        "codes": np.array([0, 1]),
        "types": ("Orange", "Blue"),
        "colours": np.array([ORANGE, BLUE], np.uint8),
        "spots_yx_um": np.array([[200.0, 360.0]]),
        "spot_diameter_um": 100.0,
        "title": "toy",
        "outlines": outlines,
    }


def pixel(image: Image.Image, panel: int, y_um: float, x_um: float) -> tuple[int, ...]:
    left = MARGIN_PX + panel * (PANEL_PX + GAP_PX)
    return image.getpixel((round(left + 2 * x_um), round(MARGIN_PX + TITLE_PX + 2 * y_um)))


def test_nuclei_take_the_colour_of_their_type(world):
    image = draw_overview(**world)
    assert pixel(image, 1, 60, 90) == ORANGE
    assert pixel(image, 1, 200, 360) == BLUE


def test_nuclei_end_at_their_outline(world):
    image = draw_overview(**world)
    assert pixel(image, 1, 60, 90 + 18) == ORANGE
    beyond = pixel(image, 1, 60, 90 + 23)
    assert beyond == pixel(image, 1, 150, 200)


def test_slide_keeps_its_colour_on_the_left_and_fades_on_the_right(world):
    image = draw_overview(**world)
    assert pixel(image, 0, 150, 200) == (200, 200, 200)
    assert min(pixel(image, 1, 150, 200)) > 220


def test_spot_ring_lies_at_the_spot_radius(world):
    image = draw_overview(**world)
    ring = pixel(image, 0, 200, 360 + 50)
    assert ring[2] > ring[0] + 30
    assert pixel(image, 0, 200, 360 + 40) == (200, 200, 200)
    assert pixel(image, 0, 200, 360) == (200, 200, 200)


def test_panels_have_the_shape_of_the_slide(world):
    image = draw_overview(**world)
    assert image.width == 2 * PANEL_PX + GAP_PX + 2 * MARGIN_PX
    assert image.height > MARGIN_PX + TITLE_PX + 600


def test_cell_without_type_is_grey(world):
    world["codes"] = np.array([-1, 1])
    assert pixel(draw_overview(**world), 1, 60, 90) == UNTYPED_GREY


def test_nuclei_before_typing_are_all_grey(world):
    world |= {"codes": np.zeros(0, int), "yx_um": np.zeros((0, 2)), "types": ()}
    world["colours"] = np.zeros((0, 3), np.uint8)
    image = draw_overview(**world)
    assert pixel(image, 1, 60, 90) == pixel(image, 1, 200, 360) == UNTYPED_GREY


def test_cells_without_outlines_are_dots(world):
    image = draw_overview(**world | {"outlines": None})
    assert pixel(image, 1, 60, 90) == ORANGE
    assert pixel(image, 1, 60, 90 + 10) != ORANGE


def test_picture_needs_neither_slide_nor_spots(world):
    world |= {"thumbnail": None, "spots_yx_um": None, "spot_diameter_um": None}
    image = draw_overview(**world)
    assert pixel(image, 0, 150, 200) == (255, 255, 255)
    assert pixel(image, 1, 60, 90) == ORANGE


def test_a_section_before_any_step_has_its_picture_too(world):
    nothing = {"yx_um": np.zeros((0, 2)), "codes": np.zeros(0, int), "outlines": None}
    image = draw_overview(**world | nothing)
    assert pixel(image, 1, 60, 90) == pixel(image, 1, 150, 200)


def test_tiny_nuclei_stay_visible(world):
    world["outlines"] = StarConvex(
        world["yx_um"], np.full((2, 32), 0.05, np.float32), np.ones(2, np.float32)
    )
    assert pixel(draw_overview(**world), 1, 60, 90) != pixel(draw_overview(**world), 1, 150, 200)


@pytest.mark.parametrize(
    ("longest", "nice"), [(256, 200), (200, 200), (199, 100), (99, 50), (1700, 1000), (0.7, 0.5)]
)
def test_scale_bar_is_one_two_or_five(longest, nice):
    assert nice_length_um(longest) == pytest.approx(nice)


def test_legend_names_the_most_frequent_first_and_the_untyped_last():
    codes = np.array([1, 1, 1, 0, -1, -1, -1, -1])
    colours = np.array([ORANGE, BLUE, (1, 2, 3)], np.uint8)
    entries = legend_entries(codes, ("Orange", "Blue", "Never seen"), colours)
    assert [(e.name, e.count, e.share) for e in entries] == [
        ("Blue", 3, 3 / 8),
        ("Orange", 1, 1 / 8),
        ("not typed", 4, 4 / 8),
    ]
    assert entries[0].colour == BLUE
