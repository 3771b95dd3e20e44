"""Toy worlds with answers worked out by hand, for the tests of every room.

Each is drawn in its docstring. ``demo`` is the same generator a newcomer sees, made small.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from anndata import AnnData

from spotscope.model import Lattice, Membership, Reference, Slide, Spots, StarConvex

if TYPE_CHECKING:
    from spotscope.evaluation import DemoSample

#: Settings of napari that tests turn (asynchronous slicing) are not written to the user's own,
#: where the next process would find them.
os.environ["NAPARI_CONFIG"] = ""

#: Rooms with long files, in the order they are tested in; what is short comes after them.
LONG_FIRST = ("pipeline", "methods", "training", "widgets")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: a worker left with a long file at the end keeps all waiting."""

    def turn(item: pytest.Item) -> int:
        room = item.path.relative_to(Path(__file__).parent).parts[0]
        return LONG_FIRST.index(room) if room in LONG_FIRST else len(LONG_FIRST)

    items.sort(key=turn)  # as they were within a room


PINK = (226, 176, 204)
BLUE = (84, 60, 140)


@pytest.fixture
def two_nuclei_slide() -> Slide:
    """Two blue discs in pink tissue, at 0.5 µm per pixel.

    ::

                x  24        68        96 px
          y  ┌─────────────────────────┐
         20  │     ●                   │   ● radius  9 px (4.5 µm), centre (10, 12) µm
             │                         │
         42  │               ⬤         │   ⬤ radius 12 px (6.0 µm), centre (21, 34) µm
         64  └─────────────────────────┘

    Their areas are π·4.5² = 63.6 and π·6² = 113.1 µm². Pixels on a rim are blended by how much
    of them is covered, as a lens would. Two levels: the second is every other pixel of the first.
    """
    y, x = np.mgrid[:64, :96]
    cover = np.zeros((64, 96))
    for (cy, cx), radius in (((20, 24), 9), ((42, 68), 12)):
        cover = np.maximum(cover, np.clip(radius + 0.5 - np.hypot(y - cy, x - cx), 0, 1))
    rgb = np.array(PINK) * (1 - cover[..., None]) + np.array(BLUE) * cover[..., None]
    full = da.from_array(np.rint(rgb).astype(np.uint8), chunks=(32, 32, 3))
    return Slide((full, full[::2, ::2]), mpp=0.5, name="two nuclei")


@pytest.fixture
def two_nuclei_outlines() -> StarConvex:
    """The truth of ``two_nuclei_slide``: centres (10, 12) and (21, 34) µm, radii 4.5 and 6 µm."""
    radii = np.repeat(np.array([[4.5], [6.0]], np.float32), 32, axis=1)
    return StarConvex(np.array([[10.0, 12.0], [21.0, 34.0]]), radii, np.ones(2, np.float32))


TOY_TYPES = ("Blue", "Green", "Red")
TOY_GENES = tuple(f"{kind}{i}" for kind in "BGR" for i in range(1, 4))
#: (type, gene) counts of one cell: its own three genes 10 each, the six others 1 each; total 36.
TOY_CELL = np.kron(9 * np.eye(3, dtype=int), np.ones((1, 3), int)) + 1


@pytest.fixture
def three_type_reference() -> Reference:
    """Four cells of each of three types, nine genes.

    ::

                  B1 B2 B3  G1 G2 G3  R1 R2 R3   total
        Blue      10 10 10   1  1  1   1  1  1    36      × 1, 1, 2, 4
        Green      1  1  1  10 10 10   1  1  1    36      × 1, 1, 2, 4
        Red        1  1  1   1  1  1  10 10 10    36      × 1, 1, 2, 4

    The fourth cell of a type is four times as deep as the first. A type's profile is
    10/36 on its own genes and 1/36 elsewhere; its mean total is 36 · (1 + 1 + 2 + 4) / 4 = 72.
    """
    counts = np.concatenate([np.outer((1, 1, 2, 4), row) for row in TOY_CELL])
    obs = pd.DataFrame({"cell_type": np.repeat(TOY_TYPES, 4)}, index=[f"ref{i}" for i in range(12)])
    table = AnnData(sp.csr_matrix(counts), obs=obs, var=pd.DataFrame(index=list(TOY_GENES)))
    return Reference.from_table(table, name="three types")


@dataclass(frozen=True)
class ToySample:
    """``twelve_cell_sample``: what is seen (spots, outlines) and what is true (the rest).

    ``codes`` (cell,) index into ``types``; ``proportions`` (spot, type); ``counts`` (cell, gene).
    """

    spots: Spots
    outlines: StarConvex
    membership: Membership
    types: tuple[str, ...]
    codes: np.ndarray
    proportions: np.ndarray
    counts: np.ndarray


@pytest.fixture
def twelve_cell_sample() -> ToySample:
    """Four spots on a square lattice, three cells in each; types as in ``three_type_reference``.

    ::

                x 100      200 µm          cell 3s     at the centre's (−12,   0) µm
        y  50    (BBB)    (BBG)                 3s + 1                 (  0, −12)
        y 150    (GGG)    (BGR)                 3s + 2                 (  0, +12)

    Spots are 55 µm wide, 100 µm apart, in reading order; nuclei are discs (32 rays of 5 µm) and
    lie wholly inside their spot. A spot counts exactly the sum of its cells, so the first reads
    30 30 30 3 3 3 3 3 3 and the last 12 everywhere. Each spot has 108 UMIs.
    """
    centres = np.array([[50.0, 100.0], [50.0, 200.0], [150.0, 100.0], [150.0, 200.0]])
    places = np.array([[-12.0, 0.0], [0.0, -12.0], [0.0, 12.0]])
    yx = (centres[:, None] + places).reshape(12, 2)
    codes = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 2])
    owner = np.repeat(np.arange(4), 3)
    counts = TOY_CELL[codes]
    summed = np.stack([counts[owner == s].sum(axis=0) for s in range(4)])
    table = AnnData(
        sp.csr_matrix(summed),
        obs=pd.DataFrame(index=[f"spot{s}" for s in range(4)]),
        var=pd.DataFrame(index=list(TOY_GENES)),
    )
    spots = Spots(table, centres, Lattice("square", pitch_um=100.0, diameter_um=55.0))
    outlines = StarConvex(yx, np.full((12, 32), 5, np.float32), np.ones(12, np.float32))
    proportions = np.array([[3, 0, 0], [2, 1, 0], [0, 3, 0], [1, 1, 1]]) / 3
    membership = Membership.from_discs(outlines, spots)
    return ToySample(spots, outlines, membership, TOY_TYPES, codes, proportions, counts)


@pytest.fixture(scope="session")
def demo() -> DemoSample:
    """The demo sample at half its size, made once. Do not change it in place."""
    from spotscope.evaluation import make_demo

    return make_demo(0, size_px=1024)
