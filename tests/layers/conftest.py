"""A toy session: three nuclei in a 12 × 16 image."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from anndata import AnnData

from spotscope.model import (
    CellKey,
    Cells,
    Labels,
    Lattice,
    Sample,
    Session,
    Slide,
    Spots,
    StarConvex,
    TypeSource,
)


@pytest.fixture
def labels() -> np.ndarray:
    """Three nuclei, labels 1, 2 and 3.

    ::

        x  0123456789012345
        y 1  .111......22....
          2  .111......22....
          3  .111............
          8  .....33333......   (rows 6-10: a 5 × 5 square)
    """
    image = np.zeros((12, 16), np.uint32)
    image[1:4, 1:4] = 1
    image[1:3, 10:12] = 2
    image[6:11, 5:10] = 3
    return image


def cell_table(types, sources, labels_of=(1, 2, 3)):
    names = ["T", "B"]
    codes = [names.index(t) if t is not None else -1 for t in types]
    obs = pd.DataFrame(index=[f"c{i}" for i in range(len(types))])
    for key in CellKey:
        obs[str(key)] = 1.0
    obs[str(CellKey.LABEL_ID)] = list(labels_of)
    obs[str(CellKey.SOURCE)] = list(sources)
    obs[str(CellKey.CELL_TYPE)] = pd.Categorical.from_codes(codes, names)
    table = AnnData(sp.csr_matrix((len(types), 1), dtype=np.float32), obs=obs)
    return Cells(table, np.zeros((len(types), 2)))


@pytest.fixture
def cells() -> Cells:
    """Nucleus 1 is a T from its spot, 2 a B from its neighbours, 3 unknown."""
    return cell_table(["T", "B", None], [TypeSource.SPOT, TypeSource.NEIGHBOURS, TypeSource.NONE])


@pytest.fixture
def spots() -> Spots:
    """Two spots of 55 µm at (y, x) = (10, 40) and (10, 140) µm."""
    table = AnnData(sp.csr_matrix(np.array([[3, 4], [0, 5]], np.int32)))
    table.obs_names = ["left", "right"]
    return Spots(table, np.array([[10.0, 40.0], [10.0, 140.0]]), Lattice("hex", 100.0, 55.0))


@pytest.fixture
def slide() -> Slide:
    full = da.from_array(np.full((12, 16, 3), 200, np.uint8))
    return Slide((full, full[::2, ::2]), mpp=0.5, name="file")


@pytest.fixture
def session(labels, cells, slide, spots) -> Session:
    levels = (da.from_array(labels, chunks=8), da.from_array(labels[::2, ::2], chunks=8))
    outlines = StarConvex(np.zeros((3, 2)), np.ones((3, 32), np.float32), np.ones(3, np.float32))
    return Session(
        Sample("C2", slide, spots), nuclei=outlines, labels=Labels(levels, 0.5), cells=cells
    )
