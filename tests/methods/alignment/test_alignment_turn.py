"""Spots on a toy tissue that is turned and mirrored under them; and where nothing can be told."""

import dask.array as da
import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.methods.alignment import DensityMap, disc_means, estimate_turn, expression_axes
from spotscope.model import AS_IT_LIES, TURNS, Slide

UM, PITCH, WIDE = 10.0, 100.0, 55.0
#: (y, x) pixels: oblong, so that a quarter turn shows in the frame, too.
SHAPE = (130, 160)
#: What is done to an image (…, y, x), in the order of TURNS.
DONE = (
    lambda a: a,
    lambda a: a[..., ::-1, ::-1],
    lambda a: np.moveaxis(a, -1, -2)[..., ::-1],
    lambda a: np.moveaxis(a, -1, -2)[..., ::-1, :],
    lambda a: a[..., ::-1],
    lambda a: a[..., ::-1, :],
    lambda a: np.moveaxis(a, -1, -2),
    lambda a: np.moveaxis(a, -1, -2)[..., ::-1, ::-1],
)


def blobs(rng, n=2, shape=SHAPE):
    """(feature, y, x) two stains of clumps about 150 µm across, unlike each other."""
    from scipy import ndimage

    planes = ndimage.gaussian_filter(rng.normal(size=(n, *shape)), (0, 70 / UM, 70 / UM))
    return (1 + 0.2 * planes / planes.std(axis=(1, 2), keepdims=True)).astype(np.float32)


def lattice():
    """12 × 15 spots that fill the image."""
    y, x = np.mgrid[80:1250:PITCH, 80:1550:PITCH]
    return np.stack([y.ravel(), x.ravel()], axis=1)


def expressed(planes, yx, rng, told=0.7):
    """(spot, 2) numbers that follow the image under the spot, and chance."""
    under = disc_means(DensityMap(planes, UM), WIDE).at(yx).T
    under = (under - under.mean(axis=0)) / under.std(axis=0)
    return told * under + np.sqrt(1 - told**2) * rng.normal(size=under.shape)


def asked(axes, planes, yx, tissue=None, rng=1):
    """Ask of an image (feature, y, x), and a mask of its tissue; all of it is, by default."""
    mask = np.ones(planes.shape[1:], bool) if tissue is None else tissue
    slide = Slide((da.zeros((*mask.shape, 1)),), UM)

    def on(places):
        at = np.rint(places / UM).astype(int)
        inside = ((at >= 0) & (at < mask.shape)).all(axis=1)
        found = np.zeros(len(at), bool)
        found[inside] = mask[tuple(at[inside].T)]
        return found

    places = [turn.upon(slide)(yx) for turn in TURNS]
    return estimate_turn(axes, places, disc_means(DensityMap(planes, UM), WIDE), on, rng)


@pytest.mark.parametrize("number", range(8), ids=[turn.name for turn in TURNS])
def test_every_turn_of_a_filled_image_is_named(number):
    rng = np.random.default_rng(3)
    planes, yx = blobs(rng), lattice()
    axes = expressed(planes, yx, rng)
    found = asked(axes, DONE[number](planes), yx)
    assert found.turn == TURNS[number]
    assert found.clearness[number] > 6
    assert found.is_off == (number != 0)
    assert (TURNS[number].words in found.sentence) == found.is_off


def test_expression_that_knows_nothing_of_the_image_raises_no_alarm():
    told = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        # as smooth as tissue is, but of another one
        axes = expressed(blobs(rng), lattice(), rng)
        told += asked(axes, blobs(rng), lattice(), rng=seed).is_off
    assert told == 0


def test_an_even_image_tells_nothing():
    rng = np.random.default_rng(0)
    even = np.full((2, *SHAPE), 0.4, np.float32)
    axes = expressed(blobs(rng), lattice(), rng)
    found = asked(axes, even, lattice())
    assert found.turn is AS_IT_LIES
    assert found.sentence == ""
    assert np.isnan(found.clearness).all()
    alike = np.ones_like(axes)
    assert not asked(alike, blobs(rng), lattice()).is_off


def test_a_tissue_whose_halves_mirror_each_other_raises_no_alarm_mirrored():
    rng = np.random.default_rng(4)
    half = blobs(rng, shape=(SHAPE[0], SHAPE[1] // 2))
    planes = np.concatenate([half, half[..., ::-1]], axis=-1)
    y, x = np.mgrid[80:1250:PITCH, 95:1550:PITCH]
    yx = np.stack([y.ravel(), x.ravel()], axis=1)
    yx[:, 1] += (SHAPE[1] - 1) / 2 * UM - yx[:, 1].mean()
    axes = expressed(planes, yx, rng)
    assert not asked(axes, planes, yx).is_off
    assert not asked(axes, planes[..., ::-1], yx).is_off
    assert asked(axes, planes[..., ::-1, :], yx).is_off  # upside down it is another one


def test_where_expression_follows_the_image_as_it_lies_a_better_way_raises_no_alarm():
    rng = np.random.default_rng(6)
    planes, yx = blobs(rng), lattice()
    axes = expressed(0.4 * planes + 0.6 * planes[..., ::-1], yx, rng, told=0.9)
    found = asked(axes, planes, yx)
    assert found.clearness[4] > found.clearness[0] > 3
    assert found.clearness[4] > 6
    assert not found.is_off


def corner():
    """Tissue in a corner, an L on its side, and a spot every 100 µm of it."""
    mask = np.zeros(SHAPE, bool)
    mask[10:60, 10:140] = mask[10:110, 10:40] = True
    yx = lattice()
    return mask, yx[mask[tuple(np.rint(yx / UM).astype(int).T)]]


@pytest.mark.parametrize("number", range(8), ids=[turn.name for turn in TURNS])
def test_the_shape_of_the_tissue_tells_alone(number):
    mask, yx = corner()
    rng = np.random.default_rng(0)
    planes = 1 + 0.01 * rng.normal(size=(1, *SHAPE)).astype(np.float32)
    axes = rng.normal(size=(len(yx), 2))
    found = asked(axes, DONE[number](planes), yx, DONE[number](mask))
    assert found.turn == TURNS[number]
    assert found.on_tissue[number] > 0.95


def test_expression_that_fits_as_the_image_lies_outweighs_the_shape():
    """Three rows of the spots lie on fat that looks like glass; turned by 180°, none would."""
    rng = np.random.default_rng(5)
    planes, yx = blobs(rng), lattice()
    yx = yx[(yx[:, 0] < 950) & (yx[:, 1] < 850)]
    axes = expressed(planes, yx, rng, told=0.95)
    mask = np.zeros(SHAPE, bool)
    mask[30:95, :70] = mask[35:, 80:] = True
    found = asked(axes, planes, yx, mask)
    assert found.on_tissue[0] < 0.6
    assert found.on_tissue[1] == 1.0
    assert not found.is_off
    by_chance = asked(rng.permutation(axes), planes, yx, mask)
    assert by_chance.turn == TURNS[1]


def test_a_handful_of_spots_tells_nothing():
    rng = np.random.default_rng(3)
    planes, yx = blobs(rng), lattice()
    axes = expressed(planes, yx, rng)
    assert asked(axes[:29], DONE[1](planes), yx[:29]).clearness == ()


def test_the_same_seed_says_the_same():
    rng = np.random.default_rng(3)
    planes, yx = blobs(rng), lattice()
    axes = expressed(planes, yx, rng)
    assert asked(axes, planes, yx, rng=7) == asked(axes, planes, yx, rng=7)


def test_axes_are_the_counts_and_what_differs_most():
    """Six spots of 100 or 10 counts; genes 1 and 2 by turns, 3 and 4 the same everywhere."""
    counts = np.array([[60, 0, 20, 20], [0, 60, 20, 20]] * 2 + [[6, 0, 2, 2], [0, 6, 2, 2]])
    axes = expression_axes(sp.csr_matrix(counts))
    assert axes.shape == (6, 2)  # all that differs is one thing
    np.testing.assert_allclose(axes[:, 0], np.log1p([100, 100, 100, 100, 10, 10]))
    one, two = axes[0, 1], axes[1, 1]
    np.testing.assert_allclose(axes[:, 1], [one, two] * 3, atol=1e-5)
    assert one == pytest.approx(-two, abs=1e-5)
    assert abs(one) > 1


def test_three_components_are_told_the_largest_first():
    rng = np.random.default_rng(0)
    kinds = rng.gamma(0.3, size=(5, 60))
    axes = expression_axes(sp.csr_matrix(rng.poisson(40 * kinds[rng.integers(0, 5, 200)])))
    assert axes.shape == (200, 4)
    told = axes[:, 1:] - axes[:, 1:].mean(axis=0)
    among = told.T @ told
    assert (np.diff(np.diag(among)) < 0).all()
    np.testing.assert_allclose(among - np.diag(np.diag(among)), 0, atol=1e-3 * among[0, 0])


def test_spots_without_a_count_are_read():
    axes = expression_axes(sp.csr_matrix(np.array([[0, 0], [3, 0], [0, 5]])))
    assert np.isfinite(axes).all()
    assert axes[0, 0] == 0
