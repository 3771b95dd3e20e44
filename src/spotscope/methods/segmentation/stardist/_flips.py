"""The network asked four times, the image mirrored along y, along x, and both: the mean answer.

A network that learned from mirrored crops says nearly, not exactly, the same of a mirrored image;
what it gets wrong differs, and the mean errs less. Mirroring turns rays too: the ray at angle φ of
an image mirrored along y is that at -φ of the image, along x that at π - φ.

Answers are given on every g-th pixel. The mirror  i → N - i (mod N),  N a multiple of g, takes
these pixels to themselves, so no answer has to be resampled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation.stardist._run import run_network

if TYPE_CHECKING:
    from spotscope.methods.segmentation.stardist._network import StarNetwork
    from spotscope.methods.segmentation.stardist._precision import Precision
    from spotscope.methods.segmentation.stardist._run import Floats

__all__ = ["run_flipped"]

_MIRRORS: tuple[tuple[int, ...], ...] = ((), (0,), (1,), (0, 1))


def run_flipped(
    network: StarNetwork, image: Floats, *, precision: Precision | None = None
) -> tuple[Floats, Floats]:
    """Run a network on an image and its mirror images.

    Parameters
    ----------
    network, image, precision
        As for :func:`run_network`; classes are not asked for.

    Returns
    -------
    prob (y, x) and dist (y, x, ray), the means of four answers, as of :func:`run_network`.
    """
    divisor, grid = network.config.divisor, network.config.grid
    extra = [(step, step + -size % step) for size, step in zip(image.shape, divisor, strict=False)]
    # a step in front too: the mirror leaves pixel 0 where it is, beside what lies at the far end
    padded = np.pad(image, (*extra, (0, 0)), mode="reflect")
    n_rays = network.config.n_rays
    shape = tuple(size // g for size, g in zip(padded.shape, grid, strict=False))
    prob, dist = np.zeros(shape, np.float32), np.zeros((*shape, n_rays), np.float32)
    for axes in _MIRRORS:
        found = run_network(network, _mirrored(padded, axes), precision=precision)[:2]
        p, d = (_mirrored(head, axes) for head in found)
        prob += p
        dist += d[..., _rays(n_rays, axes)]
    front = tuple(step // g for step, g in zip(divisor, grid, strict=True))
    rows, columns = (-(-size // g) for size, g in zip(image.shape, grid, strict=False))
    part = np.s_[front[0] : front[0] + rows, front[1] : front[1] + columns]
    return np.asarray(prob[part] / 4, np.float32), np.asarray(dist[part] / 4, np.float32)


def _mirrored(image: Floats, axes: tuple[int, ...]) -> Floats:
    """Pixel i becomes pixel N - i, pixel 0 stays, along each of ``axes``."""
    for axis in axes:
        image = np.roll(np.flip(image, axis), 1, axis)
    return image


def _rays(n: int, axes: tuple[int, ...]) -> npt.NDArray[np.intp]:
    """(ray,) which ray of the mirrored image is each ray of the image; n is even."""
    ray = np.arange(n)
    if 1 in axes:
        ray = (n // 2 - ray) % n
    if 0 in axes:
        ray = -ray % n
    return ray.astype(np.intp)
