"""Other slides made of the ones at hand: another stain, light, focus, scanner.

In optical density a stained pixel is a sum of stains,  OD = c_H h + c_E e + c_R r  with r the rest.
Scaling and shifting the three amounts gives the tissue another staining; turning h and e a little,
another laboratory (after Tellez et al. 2018).

A fluorescent pixel knows no stain, only light: its signal s becomes  a s^γ + b  with noise that
grows with the signal, as photons have it.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation._stain import STANDARD_STAINS
from spotscope.model import optical_density

if TYPE_CHECKING:
    Image = npt.NDArray[np.uint8]
    Signal = npt.NDArray[np.float32]

__all__ = ["augment", "blur", "compress", "relight", "restain"]


def augment(rgb: Image, rng: np.random.Generator, strength: float = 1.0) -> Image:
    """Return (y, x, 3) as another slide might show it; ``strength`` is that of the stain."""
    if rng.random() < 0.9:
        rgb = restain(rgb, rng, strength)
    if rng.random() < 0.4:
        rgb = blur(rgb, rng.uniform(0.3, 1.1))
    if rng.random() < 0.2:
        noise = rng.normal(0, rng.uniform(1, 6), rgb.shape).astype(np.float32)
        rgb = np.clip(rgb + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        rgb = compress(rgb, int(rng.integers(35, 90)))
    return rgb


def restain(rgb: Image, rng: np.random.Generator, strength: float = 1.0) -> Image:
    """Give (y, x, 3) other amounts and colours of haematoxylin, eosin and rest, and other light."""
    stains = STANDARD_STAINS
    rest = np.cross(stains[0], stains[1])
    basis = np.vstack([stains, rest / np.linalg.norm(rest)])
    turned = basis + strength * rng.normal(0, [[0.06], [0.06], [0.0]], (3, 3))
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    spread = strength * np.array([0.30, 0.30, 0.20])
    scale = np.exp(rng.uniform(-spread, spread))
    shift = strength * rng.uniform(-0.04, 0.04, 3) * [1, 1, 0.5]
    # amounts of stain are OD · basis⁻¹: amounts and colours back to OD in one matrix
    matrix = (np.linalg.inv(basis) * scale) @ turned
    light = strength * rng.uniform(-0.02, 0.05)
    density = optical_density(rgb) @ matrix.astype(np.float32)
    density += ((shift @ turned) + light).astype(np.float32)
    return np.clip(256 * np.exp2(density * np.float32(-np.log2(10))) - 1, 0, 255).astype(np.uint8)


def blur(rgb: Image, sigma: float) -> Image:
    """Put (y, x, 3) out of focus, by ``sigma`` pixels."""
    from scipy import ndimage

    return ndimage.gaussian_filter(rgb, (sigma, sigma, 0), mode="nearest", truncate=3)


def compress(rgb: Image, quality: int) -> Image:
    """Send (y, x, 3) through JPEG."""
    from PIL import Image as Pillow

    buffer = io.BytesIO()
    Pillow.fromarray(rgb).save(buffer, "JPEG", quality=quality)
    return np.asarray(Pillow.open(buffer))


def relight(signal: Signal, rng: np.random.Generator) -> Signal:
    """Show (y, x, c) fluorescence, 0 the dark and 1 the bright of its image, in other light."""
    from scipy import ndimage

    if rng.random() < 0.5:
        sigma = rng.uniform(0.3, 1.6)
        signal = ndimage.gaussian_filter(signal, (sigma, sigma, 0), mode="nearest", truncate=3)
    gamma = np.float32(rng.uniform(0.6, 1.6))
    bright: npt.NDArray[np.floating] = np.maximum(signal, 0) ** gamma + np.minimum(signal, 0)
    bright = bright * np.float32(rng.uniform(0.6, 1.5)) + np.float32(rng.uniform(-0.1, 0.15))
    if rng.random() < 0.3:
        # light that falls off along x
        slope = np.linspace(-1, 1, signal.shape[1], dtype=np.float32)[None, :, None]
        bright = bright * (1 + np.float32(rng.uniform(-0.3, 0.3)) * slope)
    if rng.random() < 0.6:
        spread = rng.uniform(0.005, 0.06) + rng.uniform(0, 0.08) * np.sqrt(np.maximum(bright, 0))
        bright = bright + spread * rng.standard_normal(signal.shape, np.float32)
    return np.asarray(bright, np.float32)
