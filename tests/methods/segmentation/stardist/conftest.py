"""A tiny network that has learned discs, and slides with discs to try it on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec

import dask.array as da
import numpy as np
import pytest

from spotscope.methods.segmentation.stardist._config import NetworkConfig
from spotscope.methods.segmentation.stardist._own import write_own
from spotscope.methods.segmentation.stardist._samples import Annotated
from spotscope.model import Slide, run

#: Without the extra [segmentation] there is nothing to test here.
collect_ignore_glob = [] if find_spec("torch") else ["test_stardist_*.py"]

MPP = 0.5
PINK, BLUE = np.array([226, 176, 204]), np.array([84, 60, 140])
TINY = NetworkConfig(
    n_rays=16, n_channel_in=3, grid=(2, 2), unet_n_depth=2, unet_n_filter_base=8,
    net_conv_after_unet=16,
)  # fmt: skip


@dataclass(frozen=True)
class Discs:
    """An image of blue discs in pink, who is who, and where: centres and radii in µm."""

    image: np.ndarray
    labels: np.ndarray
    yx_um: np.ndarray
    radius_um: np.ndarray

    @property
    def slide(self) -> Slide:
        return Slide((da.from_array(self.image, chunks=(128, 128, 3)),), MPP, name="discs")


def discs(seed: int, size: int = 256, step: int = 26) -> Discs:
    """Discs of 8-12 µm on a jittered lattice, 13 µm apart: some touch."""
    rng = np.random.default_rng(seed)
    ticks = np.arange(step, size - step // 2, step, dtype=float)
    yx = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), -1).reshape(-1, 2)
    yx += rng.uniform(-3, 3, yx.shape)
    radius = rng.uniform(8, 12, len(yx))
    at = np.arange(size)
    away = np.hypot(at[:, None, None] - yx[:, 0], at[None, :, None] - yx[:, 1]) - radius
    nearest = away.argmin(axis=2)
    inside = away.min(axis=2) < 0
    labels = np.where(inside, nearest + 1, 0).astype(np.int32)
    rim = np.clip(away.min(axis=2)[..., None] + 0.5, 0, 1)
    image = rim * PINK + (1 - rim) * BLUE + rng.normal(0, 4, (size, size, 1))
    return Discs(np.clip(image, 0, 255).astype(np.uint8), labels, yx * MPP, radius * MPP)


@pytest.fixture(scope="session")
def some_discs() -> Discs:
    """81 discs the network was not trained on."""
    return discs(seed=7)


@pytest.fixture(scope="session")
def learned(tmp_path_factory):
    """Path of a network that was trained for a few seconds on three images of discs."""
    import torch

    from spotscope.methods.segmentation.stardist._train import train_nuclei
    from spotscope.training import TrainParams

    images = [Annotated(one.image, one.labels, MPP) for one in map(discs, range(3))]
    params = TrainParams(steps=180, warm_up=20, learning_rate=4e-3, average=0.95, bfloat16=False)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    network, _ = run(train_nuclei(images, TINY, params, mpp=MPP, crop_px=96, batch=4))
    torch.set_num_threads(threads)
    path = tmp_path_factory.mktemp("model") / "discs.safetensors"
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    write_own(path, TINY, weights, (1.0, 0.0), {"mpp": MPP})
    return path


def shining(one: Discs) -> np.ndarray:
    """(y, x) uint16: the same discs, bright in the dark, as a camera of 12 bits sees them."""
    blue = (PINK - one.image.astype(float)).mean(axis=2) / (PINK - BLUE).mean()
    return np.clip(100 + 1500 * blue, 0, 4095).astype(np.uint16)


@pytest.fixture(scope="session")
def some_light(some_discs) -> np.ndarray:
    """(y, x) uint16 fluorescence of ``some_discs``."""
    return shining(some_discs)


@pytest.fixture(scope="session")
def learned_light(tmp_path_factory):
    """Path of a network of one channel, trained for a few seconds."""
    import torch

    from spotscope.methods.segmentation.stardist._train import train_nuclei
    from spotscope.training import TrainParams

    images = [
        Annotated((shining(one)[..., None] // 8).astype(np.uint8), one.labels, MPP)
        for one in map(discs, range(3))
    ]
    config = replace(TINY, n_channel_in=1)
    params = TrainParams(steps=180, warm_up=20, learning_rate=4e-3, average=0.95, bfloat16=False)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    network, _ = run(train_nuclei(images, config, params, mpp=MPP, crop_px=96, batch=4))
    torch.set_num_threads(threads)
    path = tmp_path_factory.mktemp("model") / "light.safetensors"
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    write_own(path, config, weights, (1.0, 0.0), {"mpp": MPP})
    return path


@pytest.fixture(scope="session")
def crowd():
    """Draws outlines in a crowd, from a seed."""

    def draw(seed, n=2, spread=9, base=(3, 14), rays=32):
        """Centres, and distances of ovals, smooth and ragged ones, some next to nothing."""
        rng = np.random.default_rng(seed)
        points = np.stack([rng.integers(-3, spread, n), rng.integers(-3, spread, n)], 1)
        angle = 2 * np.pi * np.arange(rays) / rays
        oval = 1 + rng.choice([0, 0.15, 0.4], (n, 1)) * np.sin(
            2 * angle + rng.uniform(0, 6, (n, 1))
        )
        radii = rng.uniform(*base, (n, 1)) * oval
        radii += rng.normal(0, 1, (n, rays)) * rng.choice([0, 0.5, 1.5], (n, 1))
        radii[rng.random(n) < 0.02] = 0.3
        return points.astype(np.float32), np.maximum(radii, 0.001).astype(np.float32)

    return draw
