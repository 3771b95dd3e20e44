"""A slide: a lazy image pyramid that knows its microns."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model._errors import ReadError

if TYPE_CHECKING:
    from pathlib import Path

    import dask.array as da

__all__ = ["LostSlide", "Slide", "check_mpp"]

#: Microscope images lie well inside this; outside it the unit was mistaken.
MPP_RANGE = (0.01, 100.0)


def check_mpp(mpp: float | None, what: str) -> float:
    """Return ``mpp`` if it can be a pixel size in µm.

    Raises
    ------
    ReadError
        If it is None or outside 0.01-100 µm per pixel.
    """
    if mpp is None:
        raise ReadError(
            f"Expected a pixel size for {what}, found none in the file and no spots to infer it "
            "from; give it in µm per pixel (--mpp M)."
        )
    low, high = MPP_RANGE
    if not (np.isfinite(mpp) and low <= mpp <= high):
        raise ReadError(
            f"Expected a pixel size of {low:g}-{high:g} µm for {what}, found {mpp!r}; "
            "give it in µm per pixel (--mpp M)."
        )
    return float(mpp)


@dataclass(frozen=True, slots=True)
class LostSlide:
    """The file of a slide that is not where it was; an overview of it is all there is.

    Parameters
    ----------
    source
        Where it was; None of one made in memory.
    fingerprint
        Of the file.
    mpp
        µm per pixel of its finest level.
    shape
        (y, x) pixels of it.
    """

    source: str | None
    fingerprint: str | None
    mpp: float
    shape: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Slide:
    """A whole-slide image as a lazy pyramid.

    Pixel (i, j) of level 0 has its centre at (i, j) * mpp µm: the world frame of everything else,
    and napari's.

    Parameters
    ----------
    levels
        Dask arrays (y, x, c), finest first, each coarser than the one before. RGB is uint8, c = 3.
    mpp
        µm per pixel of level 0.
    name
        Shown to the user.
    source
        The file it came from, if any.
    lost
        What it is an overview of, until that file is found again.

    Raises
    ------
    ReadError
        If the levels are no pyramid or the pixel size is missing or absurd.
    """

    levels: tuple[da.Array, ...]
    mpp: float
    name: str = "slide"
    source: Path | None = None
    lost: LostSlide | None = None

    def __post_init__(self) -> None:
        check_mpp(self.mpp, self.name)
        shapes = [level.shape for level in self.levels]
        if not shapes or any(len(shape) != 3 or 0 in shape for shape in shapes):
            raise ReadError(
                f"Expected an image with axes (y, x, channel) in {self.name}, found {shapes}; "
                "open a 2-D colour or multi-channel image."
            )
        heights = [shape[0] for shape in shapes]
        if any(low <= high for low, high in itertools.pairwise(heights)):
            raise ReadError(
                f"Expected pyramid levels from fine to coarse in {self.name}, "
                f"found heights {heights}."
            )

    @property
    def shape(self) -> tuple[int, int]:
        """(y, x) pixels of level 0."""
        return int(self.levels[0].shape[0]), int(self.levels[0].shape[1])

    @property
    def is_rgb(self) -> bool:
        """Whether it is a colour image (three channels of uint8), as H&E is."""
        return self.levels[0].shape[2] == 3 and self.levels[0].dtype == np.uint8

    @property
    def extent_um(self) -> tuple[float, float]:
        """(y, x) size in µm."""
        return self.shape[0] * self.mpp, self.shape[1] * self.mpp

    def level_mpp(self, level: int) -> float:
        """µm per pixel of a level."""
        return self.mpp * self.shape[0] / int(self.levels[level].shape[0])

    def level_for(self, mpp: float) -> int:
        """The coarsest level whose pixels are still no larger than ``mpp`` µm (else 0)."""
        fine = [i for i in range(len(self.levels)) if self.level_mpp(i) <= mpp * 1.01]
        return max(fine, default=0)

    def thumbnail(self, max_px: int = 1024) -> npt.NDArray[np.uint8]:
        """Read the whole slide once, its longer side at most ``max_px``, by strided sampling.

        Returns
        -------
        (y, x, c) array; its µm per pixel is ``extent_um[0] / result.shape[0]``.
        """
        return self.window((0.0, 0.0, *self.extent_um), max_px)

    def window(
        self, box_um: tuple[float, float, float, float], max_px: int = 1024
    ) -> npt.NDArray[np.uint8]:
        """Read a part of the slide, its longer side at most ``max_px``, by strided sampling.

        Parameters
        ----------
        box_um
            (y0, x0, y1, x1); what lies outside the slide is left out.
        max_px
            Longest side of the result, in pixels.

        Returns
        -------
        (y, x, c) array.
        """
        y0, x0, y1, x1 = box_um
        longest = max(y1 - y0, x1 - x0)
        # the coarsest level that is still as sharp as what is asked for
        level = self.level_for(longest / max_px)
        mpp = self.level_mpp(level)
        rows, columns = (
            slice(max(0, round(low / mpp)), max(1, round(high / mpp)))
            for low, high in ((y0, y1), (x0, x1))
        )
        part = self.levels[level][rows, columns]
        step = max(1, -(-max(part.shape[:2]) // max_px))
        return np.asarray(part[::step, ::step])
