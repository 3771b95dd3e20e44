"""The area that nuclei are counted on: exclusions take away what they cover of it, once."""

from __future__ import annotations

from dataclasses import replace

import dask.array as da
import numpy as np
import pytest

from spotscope.model import (
    Edit,
    EditKind,
    EditLog,
    Region,
    RunRecord,
    Sample,
    Session,
    Slide,
    StarConvex,
    tissue_mask,
)
from spotscope.pipeline import ask_region, nuclei_area
from spotscope.pipeline.segmentation._nuclei_area import open_mm2, view_area

MM2 = 1e-6


@pytest.fixture(scope="module")
def session() -> Session:
    """A slide of 800 × 800 µm at 2 µm a pixel: stained on the left, glass on the right.

    ::

        x  0 ...... 400 ...... 800 µm
           stained   | glass
    """
    rng = np.random.default_rng(0)
    image = rng.integers(238, 248, (400, 400, 3)).astype(np.uint8)
    image[:, :200] = rng.integers(-6, 6, (400, 200, 3)) + np.array([150, 80, 160])
    slide = Slide((da.from_array(image),), mpp=2.0, name="half")
    tissue = float(tissue_mask(image, 2.0).mean() * 0.64)
    record = RunRecord("segment", {"channel": 0}, None, {}, {}, 0.0, figures={"tissue_mm2": tissue})
    return Session(Sample("half", slide), records={"segment": record})


def without(session: Session, *boxes: tuple[float, float, float, float]) -> float:
    """mm² that exclusions (y0, x0, y1, x1) in µm take away."""
    rings = [[[a, b], [a, d], [c, d], [c, b]] for a, b, c, d in boxes]
    log = EditLog().add(*(Edit.of(EditKind.EXCLUDE, path_um=ring) for ring in rings))
    return nuclei_area(session)[0] - nuclei_area(replace(session, edits=log))[0]


def test_tissue_that_is_excluded_is_taken_away(session):
    assert nuclei_area(session)[1] == "tissue"
    assert without(session, (100, 50, 300, 250)) == pytest.approx(40_000 * MM2)


def test_glass_that_is_excluded_takes_no_tissue_away(session):
    assert without(session, (100, 600, 300, 780)) == 0
    # tissue ends within the margin that is drawn around it
    assert 40_000 * MM2 <= without(session, (100, 200, 300, 700)) < 60_000 * MM2


def test_what_is_excluded_twice_is_taken_away_once(session):
    once = without(session, (100, 50, 300, 250))
    assert without(session, (100, 50, 300, 250), (100, 50, 300, 250)) == pytest.approx(once)
    assert without(session, (100, 50, 300, 250), (100, 150, 300, 350)) == pytest.approx(1.5 * once)


def test_what_lies_beyond_the_slide_is_not_taken_away(session):
    far = without(session, (-5000, -5000, 100, 100))
    assert far == pytest.approx(10_000 * MM2)
    assert without(session, (900, 900, 950, 950)) == 0
    untold = replace(session, records={})
    assert nuclei_area(untold) == (pytest.approx(0.64), "image")
    assert without(untold, (700, 700, 900, 900)) == pytest.approx(10_000 * MM2)


def test_an_outline_that_crosses_itself_takes_both_its_halves(session):
    """Boxes of 100 × 100 and 100 × 50 µm, corner to corner, one drawn the other way round."""
    first, second = [[100, 150], [100, 50], [200, 50]], [[200, 200], [300, 200], [300, 150]]
    bow = np.array([[200, 150], *first, [200, 150], *second], float)
    assert Region("bow", bow).area_um2 == 5_000
    log = EditLog().add(Edit.of(EditKind.EXCLUDE, path_um=bow))
    taken = nuclei_area(session)[0] - nuclei_area(replace(session, edits=log))[0]
    assert taken == pytest.approx(15_000 * MM2, rel=0.01)


def box(y0: float, x0: float, y1: float, x1: float) -> Region:
    return Region("box", np.array([[y0, x0], [y0, x1], [y1, x1], [y1, x0]], float))


def test_a_region_on_the_slide_has_its_own_area(session):
    assert open_mm2(session, box(100, 100, 300, 400)) == pytest.approx(60_000 * MM2, abs=1e-12)


@pytest.mark.parametrize(
    ("region", "um2"),
    [
        (box(-500, -500, 100, 200), 20_000),  # over a corner
        (box(-1e6, -1e6, 1e6, 1e6), 640_000),  # all of the slide and more
        (box(900, 900, 950, 950), 0),  # beside it
    ],
)
def test_what_of_a_region_lies_beyond_the_slide_is_no_area(session, region, um2):
    assert open_mm2(session, region) == pytest.approx(um2 * MM2, rel=0.02)


def test_what_is_excluded_of_a_region_is_no_area_there(session):
    ring = [[100, 100], [100, 300], [200, 300], [200, 100]]
    kept = replace(session, edits=EditLog().add(Edit.of(EditKind.EXCLUDE, path_um=ring)))
    assert open_mm2(kept, box(100, 100, 300, 300)) == pytest.approx(20_000 * MM2, rel=0.02)


def test_what_a_region_holds_is_counted_on_that_area(session):
    at = np.array([[50.0, 50.0], [60.0, 120.0], [500.0, 500.0]])
    nuclei = StarConvex(at, np.full((3, 32), 4.0, np.float32), np.ones(3, np.float32))
    answer = ask_region(replace(session, nuclei=nuclei), box(-500, -500, 100, 200))
    assert answer.nuclei == 2
    assert answer.area_mm2 == pytest.approx(0.02, rel=0.02)
    assert answer.per_mm2 == pytest.approx(100, rel=0.02)


def test_of_a_view_only_its_tissue_counts(session):
    assert view_area(session, (100, 100, 300, 300)) == (pytest.approx(40_000 * MM2), "tissue")
    assert view_area(session, (100, 600, 300, 780)) == (0, "tissue")  # glass
    # tissue ends within the margin that is drawn around it
    assert 60_000 * MM2 <= view_area(session, (100, 100, 300, 800))[0] < 80_000 * MM2


def test_of_a_view_of_all_the_slide_the_area_is_the_slides(session):
    everything = (-500.0, -900.0, 2000.0, 3000.0)
    assert view_area(session, everything) == (pytest.approx(nuclei_area(session)[0]), "tissue")
    tissue = round(session.records["segment"].figures["tissue_mm2"], 2)  # as records keep it
    rounded = replace(session.records["segment"], figures={"tissue_mm2": tissue})
    assert view_area(replace(session, records={"segment": rounded}), everything)[0] == (
        pytest.approx(tissue, rel=1e-9)
    )
    untold = replace(session, records={})
    assert view_area(untold, everything) == (pytest.approx(0.64), "image")
    assert view_area(untold, (700, 700, 900, 900)) == (pytest.approx(10_000 * MM2), "image")


def test_views_that_share_no_place_add_up(session):
    """Cut where no pixel of the mask ends."""
    left, right = view_area(session, (0, 0, 800, 301.3)), view_area(session, (0, 301.3, 800, 800))
    assert left[0] + right[0] == pytest.approx(nuclei_area(session)[0])


def test_what_is_excluded_of_a_view_is_no_area_there(session):
    ring = [[100, 100], [100, 300], [200, 300], [200, 100]]
    kept = replace(session, edits=EditLog().add(Edit.of(EditKind.EXCLUDE, path_um=ring)))
    assert view_area(kept, (100, 100, 300, 200))[0] == pytest.approx(10_000 * MM2, rel=0.02)
    assert view_area(kept, (300, 0, 400, 100))[0] == pytest.approx(10_000 * MM2)


def test_of_a_view_without_a_slide_nobody_knows_the_area(session, twelve_cell_sample):
    bare = replace(session, sample=Sample("bare", spots=twelve_cell_sample.spots))
    area, of = view_area(bare, (0, 0, 100, 100))
    assert np.isnan(area)
    assert of == "tissue"
