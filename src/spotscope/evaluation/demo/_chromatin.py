"""Nuclei painted into the ground: membrane, chromatin, nucleoli, and a clearing about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.evaluation.demo._kinds import KINDS
from spotscope.evaluation.demo._noise import noise
from spotscope.evaluation.demo._raster import Pixels, rasterise

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.evaluation.demo._nuclei import Nuclei
    from spotscope.evaluation.demo._stain import Stains

__all__ = ["paint_nuclei"]


def paint_nuclei(rng: np.random.Generator, stains: Stains, nuclei: Nuclei, mpp: float) -> None:
    """Paint every nucleus into the stains, each a little differently."""
    size = len(stains.eosin)
    pixels = rasterise(nuclei.outlines, (size, size), mpp, 1.6)
    look = _looks(rng, nuclei)
    of = {name: values[pixels.nucleus] for name, values in look.items()}
    outside_um = (pixels.depth - 1) * pixels.rim_um
    share = np.clip(0.5 - outside_um / of["soft_um"], 0, 1)
    clumps = 0.75 * noise(rng, size, 1.1 / mpp).ravel() + 0.65 * noise(rng, size, 2.4 / mpp).ravel()
    rim = np.exp(-(((outside_um + 0.45) / 0.5) ** 2))
    pale = of["vesicular"] * (1 - np.clip(pixels.depth, 0, 1) ** 3)
    body = 1 - 0.42 * pale + 0.30 * of["vesicular"] * rim
    body += of["chromatin"] * clumps[pixels.index] * (1 - 0.5 * rim)
    body += _nucleoli(rng, pixels, nuclei, of["nucleolus_um"])
    dark = of["stain"] * np.maximum(body, 0.12)
    clearing = of["halo"] * np.exp(-(((outside_um - 0.9) / 0.8) ** 2)) * (1 - share)
    _blend(stains, pixels, share, dark, clearing)


def _looks(rng: np.random.Generator, nuclei: Nuclei) -> dict[str, npt.NDArray[np.float32]]:
    """(nucleus,) how each one looks: its kind, and how it lies in the depth of the section."""
    n = nuclei.outlines.n
    kinds = [list(KINDS.values())[code] for code in range(len(KINDS))]

    def of(name: str) -> npt.NDArray[np.float32]:
        table = np.array([getattr(kind, name) for kind in kinds], np.float32)
        return table[nuclei.codes]

    focus = rng.random(n, np.float32) ** 3  # most are in focus
    return {
        "stain": 1.12 * of("stain") * np.exp(rng.normal(0, 0.13, n)).astype(np.float32)
        * (1 - 0.35 * focus),
        "vesicular": of("vesicular") * rng.uniform(0.5, 1.3, n).astype(np.float32),
        "chromatin": of("chromatin") * (1 - 0.6 * focus),
        "nucleolus_um": of("nucleolus_um"),
        "halo": of("halo") * rng.uniform(0, 1.6, n).astype(np.float32),
        "soft_um": 0.6 + 1.3 * focus,
    }  # fmt: skip


def _nucleoli(
    rng: np.random.Generator,
    pixels: Pixels,
    nuclei: Nuclei,
    radius_um: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """Up to two dark grains at random places within half of the radius."""
    n = nuclei.outlines.n
    dark = np.zeros(len(pixels.index), np.float32)
    narrow = np.sqrt(nuclei.outlines.area_um2() / np.pi)
    for chance in (0.9, 0.4):
        turn, way = rng.uniform(0, 2 * np.pi, n), 0.55 * np.sqrt(rng.random(n)) * narrow
        there = rng.random(n) < chance
        size = (there * rng.uniform(0.75, 1.25, n)).astype(np.float32)[pixels.nucleus]
        y = (way * np.sin(turn)).astype(np.float32)[pixels.nucleus]
        x = (way * np.cos(turn)).astype(np.float32)[pixels.nucleus]
        reach = np.maximum(radius_um * size, 1e-3)
        bump = np.exp(-((((pixels.dy_um - y) ** 2 + (pixels.dx_um - x) ** 2) / reach**2) ** 2))
        dark += 0.75 * bump * (radius_um * size > 0)
    return dark


def _blend(
    stains: Stains,
    pixels: Pixels,
    share: npt.NDArray[np.float32],
    dark: npt.NDArray[np.float32],
    clearing: npt.NDArray[np.float32],
) -> None:
    """Clear the cytoplasm first, then lay the nuclei over; where two meet, the fuller counts."""
    kept = np.ones(stains.eosin.size, np.float32)
    np.minimum.at(kept, pixels.index, 1 - clearing)
    cover = np.zeros_like(kept)
    np.maximum.at(cover, pixels.index, share)
    amount = np.zeros_like(kept)
    np.maximum.at(amount, pixels.index, share * dark)
    haematoxylin, eosin = stains.haematoxylin.ravel(), stains.eosin.ravel()
    haematoxylin *= kept * (1 - 0.8 * cover)
    haematoxylin += amount
    eosin *= kept * (1 - 0.45 * cover)
