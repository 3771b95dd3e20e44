"""Lattices drawn by hand, turned, shaken and thinned; the pitch is known."""

import numpy as np
import pytest

from spotscope.io._lattice import guess_lattice, platform_diameter_um, platform_pitch_um


def draw(kind: str, pitch: float, side: int) -> np.ndarray:
    """``side`` rows of ``side`` spots, (y, x)."""
    row, column = np.mgrid[:side, :side].astype(float)
    if kind == "hex":
        column += 0.5 * (row % 2)
        row *= np.sqrt(3) / 2
    return pitch * np.stack([row.ravel(), column.ravel()], axis=1)


def turn(yx: np.ndarray, degrees: float) -> np.ndarray:
    a = np.deg2rad(degrees)
    return yx @ np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])


@pytest.mark.parametrize("kind", ["hex", "square"])
@pytest.mark.parametrize("degrees", [0, 17, 45, 90])
def test_kind_and_pitch_are_exact_on_a_turned_lattice(kind, degrees):
    found = guess_lattice(turn(draw(kind, 137.5, 12), degrees))
    assert found.kind == kind
    assert found.pitch == pytest.approx(137.5, rel=1e-9)


@pytest.mark.parametrize(("kind", "kept"), [("hex", 0.25), ("square", 0.4)])
def test_missing_spots_change_nothing(kind, kept):
    yx = draw(kind, 100, 40)
    found = guess_lattice(yx[np.random.default_rng(1).random(len(yx)) < kept])
    assert found.kind == kind
    assert found.pitch == pytest.approx(100, rel=1e-9)


@pytest.mark.parametrize("kind", ["hex", "square"])
def test_jitter_does_not_shorten_the_pitch(kind):
    """Nearest gaps alone would be 5 % short at this jitter."""
    yx = turn(draw(kind, 100, 20), 8)
    found = guess_lattice(yx + np.random.default_rng(2).normal(0, 6, yx.shape))
    assert found.kind == kind
    assert found.pitch == pytest.approx(100, rel=0.01)


def test_random_places_are_free():
    rng = np.random.default_rng(3)
    assert {guess_lattice(rng.random((400, 2))).kind for _ in range(10)} == {"free"}


def test_the_smallest_square_is_seen():
    found = guess_lattice(draw("square", 200, 2))
    assert (found.kind, found.pitch) == ("square", pytest.approx(200))


def test_a_row_of_spots_tells_no_lattice():
    found = guess_lattice(np.array([[0.0, 0], [0, 10], [0, 20], [0, 30]]))
    assert (found.kind, found.pitch) == ("free", 10)


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_spots_have_no_pitch(n):
    found = guess_lattice(np.zeros((n, 2)))
    assert found.kind == "free"
    assert np.isnan(found.pitch)


def test_spots_on_one_place_have_no_pitch():
    assert np.isnan(guess_lattice(np.ones((5, 2))).pitch)


@pytest.mark.parametrize(
    ("kind", "diameter", "pitch"),
    [
        ("hex", None, 100),
        ("hex", 55, 100),
        ("hex", 10, None),
        ("square", None, 200),
        ("square", 100, 200),
        ("square", 8, 8),
        ("square", 50, None),
        ("free", None, None),
    ],
)
def test_pitch_of_a_platform(kind, diameter, pitch):
    assert platform_pitch_um(kind, diameter) == pitch


@pytest.mark.parametrize(
    ("kind", "pitch", "diameter"),
    [("hex", 100.2, 55), ("square", 199, 100), ("square", 8, 8), ("free", 9, 9), ("hex", 30, 30)],
)
def test_diameter_of_a_platform(kind, pitch, diameter):
    assert platform_diameter_um(kind, pitch) == diameter
