"""Training crops: an image with its labels, at several sizes, turned, mirrored and stained anew.

Images are brought to the network's resolution by the same resampling as slides are later. The
pixel size is varied around it, so that nuclei come larger and smaller than they are; sharp tiles
are sometimes shown as a coarser scanner would have them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation._resample import resample
from spotscope.methods.segmentation.stardist._augment import augment, relight
from spotscope.methods.segmentation.stardist._scale import HIGH, LOW
from spotscope.methods.segmentation.stardist._targets import edge_probability, star_distances
from spotscope.model import MethodError, ray_directions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.methods.segmentation.stardist._config import NetworkConfig

__all__ = ["Annotated", "Crop", "Sampler", "percentiles", "rescale"]

#: Pixel sizes tried, over the network's: nuclei up to a quarter larger and smaller.
_ZOOMS = (0.8, 0.9, 1.0, 1.12, 1.25)
#: Of fluorescence, whose images come at any magnification.
_ZOOMS_LIGHT = (0.6, 0.75, 0.87, 1.0, 1.15, 1.35, 1.6)
#: Of the pixel size a tile is sometimes shown at before it is brought to the network's.
_COARSE = (1.15, 1.45)


@dataclass(frozen=True, slots=True, eq=False)
class Annotated:
    """An image with its objects.

    Parameters
    ----------
    image
        (y, x, c) uint8.
    labels
        (y, x) int32, 0 between objects.
    mpp
        µm per pixel.
    """

    image: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int32]
    mpp: float


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """One example: image (c, y, x), prob (1, y, x) and dist (ray, y, x) on the grid, float32."""

    image: npt.NDArray[np.float32]
    prob: npt.NDArray[np.float32]
    dist: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """An image at one zoom; ``scale`` = its pixel size over that of the labels.

    ``limits`` are what becomes 0 and 1 where the whole image tells it.
    """

    image: npt.NDArray[np.uint8]
    scale: float
    limits: tuple[float, float]


class Sampler:
    """Draws crops of annotated images.

    Parameters
    ----------
    images
        What there is.
    config
        Of the network.
    mpp
        Its resolution.
    size
        Pixels of a crop's side, a multiple of what the network needs.
    zooms
        Pixel sizes shown, over ``mpp``; empty: those of the stain.
    stain
        How far from its own a stain may be shown; 1 as between laboratories.
    """

    def __init__(
        self,
        images: Sequence[Annotated],
        config: NetworkConfig,
        mpp: float,
        size: int,
        *,
        zooms: Sequence[float] = (),
        stain: float = 1.0,
    ) -> None:
        if not images:
            raise MethodError("Expected annotated images to learn from, found none; give some.")
        self.config, self.size, self._stain = config, size, stain
        self._zooms = tuple(zooms) or (_ZOOMS if config.n_channel_in == 3 else _ZOOMS_LIGHT)
        self._directions = ray_directions(config.n_rays)
        self._images = [one for one in images if one.labels.any()]
        self._prob = [edge_probability(one.labels) for one in self._images]
        self._views = [self._zoomed(one, mpp) for one in self._images]
        # larger images are seen more often, but not in proportion: they resemble themselves
        weight = np.array([np.sqrt(one.labels.size) * one.mpp for one in self._images])
        self._chance = weight / weight.sum()

    def _zoomed(self, one: Annotated, mpp: float) -> list[list[_View]]:
        """Of each zoom the plain image and a coarse one."""
        views = []
        for zoom in self._zooms:
            scale = mpp * zoom / one.mpp
            plain = rescale(one.image, scale)
            coarse = [plain]
            for factor in _COARSE:
                small = rescale(one.image, scale * factor)
                shape = plain.shape[:2]
                coarse.append(rescale(small, 1 / factor, shape))
            if min(plain.shape[:2]) >= self.size:
                views.append([_View(image, scale, percentiles(image)) for image in coarse])
        if not views:
            raise MethodError(
                f"Expected images of at least {self.size * mpp:g} µm a side to learn from, found "
                f"{min(one.image.shape[:2]) * one.mpp:g} µm; give larger ones."
            )
        return views

    def draw(self, rng: np.random.Generator) -> Crop:
        """Return one crop, zoomed, turned and changed at random."""
        which = int(rng.choice(len(self._images), p=self._chance))
        views = self._views[which]
        zoom = views[int(rng.integers(len(views)))]
        view = zoom[int(rng.integers(1, len(zoom)))] if rng.random() < 0.3 else zoom[0]
        height, width = view.image.shape[:2]
        y0 = int(rng.integers(height - self.size + 1))
        x0 = int(rng.integers(width - self.size + 1))
        turn = _TURNS[int(rng.integers(8))]
        image = _turned(view.image[y0 : y0 + self.size, x0 : x0 + self.size], turn)
        scaled = (
            _stained(image, rng, self._stain)
            if image.shape[2] == 3
            else _lit(image, view.limits, rng)
        )
        prob, dist = self._targets(which, view.scale, (y0, x0), turn)
        return Crop(np.ascontiguousarray(scaled.transpose(2, 0, 1)), prob, dist)

    def _targets(
        self, which: int, scale: float, corner: tuple[int, int], turn: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Prob and dist at the points of the grid, walked through the labels as they are."""
        labels, half = self._images[which].labels, (self.size - 1) / 2
        steps = [np.arange(0, self.size, grid) for grid in self.config.grid]
        points = np.stack(np.meshgrid(*steps, indexing="ij"), -1).reshape(-1, 2)
        # about the crop's centre a turned image at p shows what the image shows at turn · p
        seen = (points - half) @ turn.T + half + np.array(corner)
        native = (seen + 0.5) * scale - 0.5
        dist = star_distances(labels, native, self._directions @ turn.T.astype(np.float64))
        at = np.clip(np.rint(native).astype(np.intp), 0, np.array(labels.shape) - 1)
        prob = self._prob[which][at[:, 0], at[:, 1]]
        shape = len(steps[0]), len(steps[1])
        dist = (dist / np.float32(scale)).reshape(*shape, -1).transpose(2, 0, 1)
        return prob.reshape(1, *shape), np.ascontiguousarray(dist)


def _stained(
    image: npt.NDArray[np.uint8], rng: np.random.Generator, strength: float
) -> npt.NDArray[np.float32]:
    image = augment(image, rng, strength)
    low, high = percentiles(image)
    # a slide's percentiles are not those of a crop
    low, high = (np.array([low, high]) + rng.normal(0, 0.04, 2) * (high - low)).tolist()
    return (image.astype(np.float32) - np.float32(low)) / np.float32(max(high - low, 1.0))


def _lit(
    image: npt.NDArray[np.uint8], limits: tuple[float, float], rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    # a dark corner stays dark: its own percentiles would make nuclei of its noise
    low, high = limits
    signal = (image.astype(np.float32) - np.float32(low)) / np.float32(max(high - low, 1.0))
    return relight(signal, rng)


def percentiles(image: npt.NDArray[np.uint8]) -> tuple[float, float]:
    """What becomes 0 and 1, jointly over all channels."""
    low, high = np.percentile(image[::2, ::2], [LOW, HIGH])
    return float(low), float(high)


def rescale(
    image: npt.NDArray[np.uint8], scale: float, shape: tuple[int, int] | None = None
) -> npt.NDArray[np.uint8]:
    """(y, x, c) in pixels ``scale`` times as large."""
    height, width = shape or (int(image.shape[0] / scale), int(image.shape[1] / scale))
    box = (0, 0, height, width)
    channels = [
        resample(np.ascontiguousarray(image[..., c], np.float32), (0, 0), box, scale)
        for c in range(image.shape[2])
    ]
    return np.clip(np.rint(np.stack(channels, axis=-1)), 0, 255).astype(np.uint8)


#: The eight ways to turn and mirror a square, as matrices on (y, x).
_TURNS = [
    np.array(rows)
    for rows in (
        [[1, 0], [0, 1]],
        [[0, 1], [-1, 0]],
        [[-1, 0], [0, -1]],
        [[0, -1], [1, 0]],
        [[-1, 0], [0, 1]],
        [[1, 0], [0, -1]],
        [[0, 1], [1, 0]],
        [[0, -1], [-1, 0]],
    )
]


def _turned(image: npt.NDArray[np.uint8], turn: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """The square whose pixel p is the given one's pixel turn · p, both about the centre."""
    # the row of ``turn`` with the y of the source says which axis it is read from
    if turn[0, 0] == 0:
        image = image.transpose(1, 0, *range(2, image.ndim))
        image = image[:: turn[1, 0], :: turn[0, 1]]
    else:
        image = image[:: turn[0, 0], :: turn[1, 1]]
    return np.ascontiguousarray(image)
