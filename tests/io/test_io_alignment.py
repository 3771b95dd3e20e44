"""A tissue that no flip, swap or scale maps onto itself, and spots that miss it in known ways."""

import os
import warnings
from pathlib import Path

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from anndata import AnnData

from spotscope.io import check_alignment, flag_spots, read_spots
from spotscope.io._tissue import find_tissue
from spotscope.model import Lattice, Slide, SpotKey, Spots

DATA = Path(os.environ.get("SPOTSCOPE_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
MPP = 2.0
GLASS, STAIN = (242, 238, 243), (180, 90, 160)


def make_slide(mpp: float = MPP, background=GLASS) -> Slide:
    """A wide stroke of tissue, 1,200 × 1,600 px: y 300 to 600, x 500 to 1,500."""
    image = np.empty((1200, 1600, 3), np.uint8)
    image[:] = background
    image[300:600, 500:1500] = STAIN
    return Slide((da.from_array(image, chunks=(600, 800, 3)),), mpp)


def make_spots(yx_um: np.ndarray) -> Spots:
    n = len(yx_um)
    table = AnnData(
        sp.csr_matrix(np.full((n, 2), 200)),
        obs=pd.DataFrame(index=[f"s{i}" for i in range(n)]),
        var=pd.DataFrame(index=["G1", "G2"]),
    )
    return Spots(table, yx_um, Lattice("square", 40.0, 20.0))


def on_tissue() -> np.ndarray:
    """15 × 50 spots that cover the stroke, 20 px (40 µm) apart."""
    row, column = np.mgrid[:15, :50]
    return MPP * np.stack([310 + 20 * row.ravel(), 510 + 20 * column.ravel()], axis=1)


def test_spots_on_the_tissue_are_no_problem():
    assert check_alignment(make_spots(on_tissue()), make_slide()) == []


def test_the_tissue_is_found_where_it_was_painted():
    tissue = find_tissue(make_slide())
    assert tissue.mask.mean() == pytest.approx(300 * 1000 / (1200 * 1600), rel=0.05)
    inside = np.array([[450, 1000], [320, 520]]) * MPP
    beside = np.array([[1000, 450], [250, 1000], [450, 400], [-10, 600], [450, 5000]]) * MPP
    assert tissue.covers(inside).all()
    assert not tissue.covers(beside).any()


def test_black_around_the_tissue_is_no_tissue():
    tissue = find_tissue(make_slide(background=(0, 0, 0)))
    assert tissue.mask.mean() == pytest.approx(300 * 1000 / (1200 * 1600), rel=0.05)


def test_an_image_without_glass_is_tissue_throughout():
    rng = np.random.default_rng(0)
    image = rng.integers(60, 200, (200, 300, 1)) * np.array([[[1, 0.4, 0.8]]])
    slide = Slide((da.from_array(image.astype(np.uint8)),), 1.0)
    assert find_tissue(slide).mask.all()


def test_fluorescence_is_told_by_brightness():
    image = np.full((200, 300, 1), 100, np.uint16)
    image[50:100, 100:250] = 4000
    tissue = find_tissue(Slide((da.from_array(image),), 1.0))
    assert tissue.mask.mean() == pytest.approx(50 * 150 / (200 * 300), rel=0.1)


def test_coordinates_of_the_full_image_on_the_hires_image_are_named():
    (problem,) = check_alignment(make_spots(on_tissue() * 5.9), make_slide())
    assert problem.fatal
    assert "found 750 of 750 outside" in problem.message
    assert "the image is 5.9× too small for their coordinates, as the hires" in problem.message
    assert problem.message.endswith("give the full-resolution image.")


@pytest.mark.parametrize(
    ("factor", "said", "mpp"), [(4.0, "4× too small", "8"), (0.25, "4× too large", "0.5")]
)
def test_the_pixel_size_that_lays_spots_on_another_copy_of_their_image_is_told(factor, said, mpp):
    """Pixels of 2 µm by the pitch of the spots: on a copy 4 times smaller they measure 8."""
    found = check_alignment(make_spots(on_tissue() * factor), make_slide(), lattice_mpp=MPP)
    assert f"the image is {said} for their coordinates" in found[0].message
    told = float(found[0].message.split("(--mpp ")[1].split(")")[0])
    assert told == pytest.approx(float(mpp), rel=0.02)


def test_coordinates_of_the_hires_image_on_the_full_image_are_named():
    (problem,) = check_alignment(make_spots(on_tissue() / 5.9), make_slide())
    assert not problem.fatal
    assert "the image is 5.9× too large for their coordinates" in problem.message
    assert "like those of the hires image" in problem.message
    assert "--mpp" not in problem.message  # no pitch is known: it would move the spots as well


def test_swapped_axes_are_named():
    (problem,) = check_alignment(make_spots(on_tissue()[:, ::-1]), make_slide())
    assert "x and y look swapped" in problem.message
    assert "obsm['spatial'] as (x, y)" in problem.message
    assert problem.turn == "rows-as-columns"  # which turns them back


def test_swapped_axes_are_named_where_spots_leave_the_image():
    slide = make_slide()
    low = Slide((slide.levels[0][:700],), MPP)  # 700 px high: half of the swapped spots fall out
    (problem,) = check_alignment(make_spots(on_tissue()[:, ::-1]), low)
    assert problem.fatal
    assert "x and y look swapped" in problem.message


def test_both_at_once_are_named():
    (problem,) = check_alignment(make_spots(on_tissue()[:, ::-1] * 4), make_slide())
    assert "x and y look swapped and the image is 4× too small for their" in str(problem)
    assert problem.turn == ""  # no turn alone puts them right


def test_a_few_spots_outside_are_counted_and_not_fatal():
    yx = on_tissue()
    yx[:4, 0] += 5000
    (problem,) = check_alignment(make_spots(yx), make_slide())
    assert not problem.fatal
    assert "found 4 of 750 outside" in problem.message


def test_spots_of_nowhere_are_fatal_and_no_cause_is_made_up():
    (problem,) = check_alignment(make_spots(on_tissue() + np.array([9000, 0])), make_slide())
    assert problem.fatal
    assert "found 750 of 750 outside (they reach" in problem.message
    assert "swapped" not in problem.message
    assert "×" not in problem.message.replace("2,400 × 3,200", "").replace("10,180 × 2,980", "")


def test_two_pixel_sizes_that_cannot_both_be_right_are_fatal_when_spots_miss():
    """Metadata say 1 µm, the lattice says 2: the spots lie twice too far out."""
    found = check_alignment(
        make_spots(on_tissue()), make_slide(mpp=1.0), stated_mpp=1.0, lattice_mpp=2.0
    )
    (problem,) = found
    assert problem.fatal
    assert "1 µm in the image's metadata and 2 µm by the spot pitch" in problem.message
    assert "(--mpp 2)" in problem.message


def test_two_pixel_sizes_a_little_apart_are_named():
    spots, slide = make_spots(on_tissue()), make_slide()
    (problem,) = check_alignment(spots, slide, stated_mpp=2.0, lattice_mpp=2.2)
    assert not problem.fatal
    assert "Expected one pixel size" in problem.message
    assert check_alignment(spots, slide, stated_mpp=2.0, lattice_mpp=2.08) == []


def test_a_smaller_copy_that_knows_its_pixel_size_is_no_problem():
    spots, slide = make_spots(on_tissue()), make_slide()
    assert check_alignment(spots, slide, stated_mpp=2.0, lattice_mpp=0.34) == []


def test_a_capture_area_smaller_than_the_tissue_is_no_problem():
    yx = on_tissue().reshape(15, 50, 2)[4:12, 10:20].reshape(-1, 2)
    assert check_alignment(make_spots(yx), make_slide()) == []


def test_one_spot_can_be_checked():
    assert check_alignment(make_spots(on_tissue()[:1]), make_slide()) == []


def test_flags_count_and_drop_nothing():
    yx = np.concatenate([on_tissue()[:3], [[40.0, 40.0]]])
    spots = make_spots(yx)
    spots.table.X[1, 0] = 99
    spots.table.X[1, 1] = 0
    spots = flag_spots(spots, make_slide())
    assert spots.n == 4
    assert spots.table.obs[SpotKey.UMIS].tolist() == [400, 99, 400, 400]
    assert spots.flagged(SpotKey.LOW_COUNTS).tolist() == [False, True, False, False]
    assert spots.flagged(SpotKey.OFF_TISSUE).tolist() == [False, False, False, True]


def test_without_a_slide_nothing_is_said_of_tissue():
    spots = make_spots(on_tissue())
    spots = flag_spots(spots)
    assert str(SpotKey.OFF_TISSUE) not in spots.table.obs
    assert not spots.flagged(SpotKey.LOW_COUNTS).any()


def test_the_demo_sample_is_aligned(demo):
    slide = Slide((da.from_array(demo.slide),), demo.mpp)
    assert check_alignment(demo.spots, slide) == []


@pytest.fixture(scope="module", params=["her2st/C2", "her2st/A1", "mob_st/MOB1"])
def real(request) -> tuple[Spots, Slide]:
    """Spots and their photograph, read small."""
    from PIL import Image

    path = DATA / f"{request.param}.h5ad"
    if not path.exists():
        pytest.skip(f"no {path.name} among the real data sets beside the project (SPOTSCOPE_DATA)")
    read = read_spots(path)
    assert read.image is not None
    assert read.image_mpp is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        image = Image.open(read.image)
    with image:
        height = image.height
        image.draft("RGB", (1200, 1200))
        pixels = np.asarray(image.convert("RGB"))
    slide = Slide((da.from_array(pixels),), read.image_mpp * height / pixels.shape[0])
    return read.to_spots(), slide


def moved(spots: Spots, yx_um: np.ndarray) -> Spots:
    return Spots(spots.table, yx_um, spots.lattice)


@pytest.mark.data
def test_real_sections_are_aligned(real):
    spots, slide = real
    assert check_alignment(spots, slide) == []
    assert find_tissue(slide).covers(spots.yx_um).mean() > 0.9


@pytest.mark.data
def test_real_mistakes_are_named(real):
    spots, slide = real
    (swapped,) = check_alignment(moved(spots, spots.yx_um[:, ::-1]), slide)
    assert "x and y look swapped" in swapped.message
    (large,) = check_alignment(moved(spots, spots.yx_um * 5.88), slide)
    assert large.fatal
    factor = float(large.message.split("the image is ")[1].split("×")[0])
    assert factor == pytest.approx(5.88, rel=0.05)


def test_of_a_turned_image_no_scale_is_blamed():
    """Turned by 180°, spots 0.64 times as far apart would lie on the tissue, too.

    The meter names the turn; a pixel size that is right would have been sent away.
    """
    image = np.full((1200, 1600, 3), GLASS, np.uint8)
    image[50:750, 50:1000] = STAIN  # which was at y 450 to 1,150, x 600 to 1,550
    row, column = np.mgrid[460:1150:20, 610:1550:20]
    yx = MPP * np.stack([row.ravel(), column.ravel()], axis=1)
    assert check_alignment(make_spots(yx), Slide((da.from_array(image),), MPP)) == []


def test_spots_off_a_sheet_that_was_turned_are_told_so():
    """Turned by a quarter, the sheet is 1,200 px wide, and spots reach to 1,490."""
    slide = make_slide()
    quarter = tuple(level.swapaxes(0, 1)[:, ::-1] for level in slide.levels)
    (problem,) = check_alignment(make_spots(on_tissue()), Slide(quarter, MPP))
    assert "found 225 of 750 outside: the image looks turned by 90° clockwise" in str(problem)
    assert "--align auto" in str(problem)
    assert problem.turn == "90-clockwise"
    assert not problem.fatal
