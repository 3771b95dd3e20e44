"""The demo sample: a section nobody cut, with the truth of everything in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.evaluation.demo._chromatin import paint_nuclei
from spotscope.evaluation.demo._ground import paint_ground
from spotscope.evaluation.demo._kinds import TYPES
from spotscope.evaluation.demo._nuclei import place_nuclei
from spotscope.evaluation.demo._raster import draw_labels, without_overlap
from spotscope.evaluation.demo._reference import draw_counts, make_profiles, make_reference
from spotscope.evaluation.demo._spots import make_spots
from spotscope.evaluation.demo._stain import photograph
from spotscope.evaluation.demo._tissue import lay_out
from spotscope.model import ParamsError, as_rng, run

if TYPE_CHECKING:
    from pathlib import Path

    import scipy.sparse as sp

    from spotscope.model import Membership, Reference, Rng, Spots, StarConvex, Task

__all__ = ["DemoSample", "make_demo"]

#: A smaller slide may hold no spot at all.
LEAST_UM = 150.0


@dataclass(frozen=True, slots=True, eq=False)
class DemoSample:
    """A simulated section: what a user would have, and the truth behind it.

    Parameters
    ----------
    slide
        (y, x, 3) uint8 H&E.
    mpp
        µm per pixel of the slide.
    spots, reference
        As measured, with noise.
    nuclei
        Every nucleus on the slide; no pixel lies in two.
    cell_type
        (nucleus,) index into ``types``.
    types
        Names, in the reference's order.
    cell_counts
        (nucleus, gene) counts of each cell, in the genes of ``spots`` and ``reference``.
    membership
        Exact overlaps of nuclei and spots.
    seed
        What it was made from, if that was a number.
    """

    slide: npt.NDArray[np.uint8]
    mpp: float
    spots: Spots
    reference: Reference
    nuclei: StarConvex
    cell_type: npt.NDArray[np.int16]
    types: tuple[str, ...]
    cell_counts: sp.csr_matrix
    membership: Membership
    seed: int | None = None

    def labels(self) -> npt.NDArray[np.uint32]:
        """Draw the nuclei: a (y, x) label image, 0 background."""
        return draw_labels(self.nuclei, (self.slide.shape[0], self.slide.shape[1]), self.mpp)

    def proportions(self) -> npt.NDArray[np.float64]:
        """(spot, type) share of each type among the nuclei in a spot's disc, by overlap.

        Rows sum to 1; a spot without a nucleus has a row of 0.
        """
        each = np.eye(len(self.types))[self.cell_type]
        amount = np.asarray(self.membership.overlap @ each)
        return amount / np.maximum(amount.sum(axis=1, keepdims=True), 1e-12)

    def write(self, folder: Path) -> None:
        """Write the files a user would have, and the truth; ``writing`` with no one watching."""
        run(self.writing(folder))

    def writing(self, folder: Path) -> Task[None]:
        """Task that writes the files a user would have, and ``truth/``, into ``folder``."""
        from spotscope.evaluation.demo._write import write_demo

        return write_demo(self, folder)


def make_demo(rng: Rng = 0, *, size_px: int = 2048, mpp: float = 0.5) -> DemoSample:
    """Make the demo sample: the same seed gives the same sample, to the last bit.

    Parameters
    ----------
    rng
        Seed. None makes another one each time.
    size_px
        Side of the slide in pixels.
    mpp
        µm per pixel.

    Raises
    ------
    ParamsError
        If the slide is too small to hold a spot.
    """
    extent = size_px * mpp
    if extent < LEAST_UM:
        raise ParamsError(
            f"Expected a demo slide of at least {LEAST_UM:g} µm a side, found {size_px} px of "
            f"{mpp:g} µm; give more pixels."
        )
    where, who, ground, inside, camera, biology, bench = as_rng(rng).spawn(7)
    tissue = lay_out(where, extent)
    nuclei = place_nuclei(who, tissue, extent)
    nuclei = nuclei.take(without_overlap(nuclei.outlines, (size_px, size_px), mpp))
    stains = paint_ground(ground, tissue, nuclei, size_px, mpp)
    paint_nuclei(inside, stains, nuclei, mpp)
    slide = photograph(camera, stains)
    profiles = make_profiles(biology)
    reference = make_reference(biology, profiles)
    cell_counts = draw_counts(biology, profiles, nuclei.codes)
    spots, membership = make_spots(bench, tissue, nuclei.outlines, cell_counts, extent)
    return DemoSample(
        slide=slide,
        mpp=mpp,
        spots=spots,
        reference=reference,
        nuclei=nuclei.outlines,
        cell_type=nuclei.codes,
        types=TYPES,
        cell_counts=cell_counts,
        membership=membership,
        seed=rng if isinstance(rng, int) else None,
    )
