"""Toy slides: discs of haematoxylin in a bed of eosin, on glass."""

from __future__ import annotations

from dataclasses import dataclass

import dask.array as da
import numpy as np
import pytest

from spotscope.model import Slide

H = np.array([0.65, 0.70, 0.29]) / np.linalg.norm([0.65, 0.70, 0.29])
E = np.array([0.07, 0.99, 0.11]) / np.linalg.norm([0.07, 0.99, 0.11])
SIZE_UM = 220.0


@dataclass(frozen=True)
class Toy:
    """A slide, and where its nuclei are: (nucleus, 2) centres and (nucleus,) radii in µm."""

    slide: Slide
    yx_um: np.ndarray
    radius_um: np.ndarray


def amount(yx_um, radius_um, mpp, size_um=SIZE_UM, mpp0=None):
    """(y, x) share of every pixel that lies in a nucleus, with rims one pixel soft."""
    n = round(size_um / mpp)
    # pixels of a coarser level begin where those of level 0 (mpp0) begin
    at = (np.arange(n) + 0.5) * mpp - 0.5 * (mpp0 or mpp)
    inside = np.zeros((n, n))
    for (y, x), radius in zip(yx_um, radius_um, strict=True):
        away = np.hypot(at[:, None] - y, at[None, :] - x)
        inside = np.maximum(inside, np.clip((radius - away) / mpp + 0.5, 0, 1))
    return inside


def stained(inside, seed=0):
    """Colour image of nuclei ``inside`` an eosin bed, a little grainy."""
    rng = np.random.default_rng(seed)
    h = 0.05 + 0.75 * inside + rng.normal(0, 0.01, inside.shape)
    e = 0.25 - 0.1 * inside + rng.normal(0, 0.01, inside.shape)
    density = h[..., None] * H + e[..., None] * E
    return np.clip(np.rint(256 * 10**-density - 1), 0, 255).astype(np.uint8)


def places(size_um=SIZE_UM, step_um=17.0, margin_um=18.0):
    """Nuclei on a jittered lattice, 8 to 12 µm across, none touching."""
    rng = np.random.default_rng(1)
    ticks = np.arange(margin_um, size_um - margin_um, step_um)
    yx = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), -1).reshape(-1, 2)
    return yx + rng.uniform(-2, 2, yx.shape), rng.uniform(4, 6, len(yx))


def colour_slide(yx_um, radius_um, mpp=0.5, levels=1, size_um=SIZE_UM):
    pixels = [
        da.from_array(
            stained(amount(yx_um, radius_um, mpp * 2**k, size_um, mpp)), chunks=(128, 128, 3)
        )
        for k in range(levels)
    ]
    return Slide(tuple(pixels), mpp, name="toy")


@pytest.fixture
def toy() -> Toy:
    """144 round nuclei, 8-12 µm across, ~17 µm apart, in 220 × 220 µm at 0.5 µm per pixel."""
    yx, radius = places()
    return Toy(colour_slide(yx, radius), yx, radius)


@pytest.fixture
def make_slide():
    """Build a colour slide from centres and radii in µm."""
    return colour_slide


@pytest.fixture
def make_shining():
    """Build a one-channel slide with bright nuclei from centres and radii in µm."""

    def make(yx_um, radius_um, mpp=0.5):
        grain = np.random.default_rng(0).normal(0, 20, (round(SIZE_UM / mpp),) * 2)
        intensity = 300 + 4000 * amount(yx_um, radius_um, mpp) + grain
        return Slide((da.from_array(intensity.astype(np.uint16)[..., None]),), mpp, name="dapi")

    return make
