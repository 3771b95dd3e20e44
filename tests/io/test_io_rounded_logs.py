"""Values that look like counts and are none: normalised, taken to the log, and rounded."""

from pathlib import Path

import anndata as ad
import numpy as np
import scipy.sparse as sp

from spotscope.io import read_spots

RNG = np.random.default_rng(0)
#: Spots of a few thousand counts; genes differ, as they do, by orders of size.
COUNTS = RNG.poisson(RNG.lognormal(0.0, 1.5, 400) * RNG.uniform(1, 3, (40, 1)))


def notes(tmp_path: Path, values: np.ndarray) -> str:
    xy = 100.0 * np.array([(x, y) for y in range(8) for x in range(5)])
    table = ad.AnnData(sp.csr_matrix(values.astype(np.int32)), obsm={"spatial": xy})
    table.write_h5ad(tmp_path / "spots.h5ad")
    return " ".join(read_spots(tmp_path / "spots.h5ad").notes)


def test_logarithms_that_were_rounded_are_said(tmp_path):
    share = 1e4 * COUNTS / COUNTS.sum(axis=1, keepdims=True)
    assert "look like rounded logarithms" in notes(tmp_path, np.rint(np.log1p(share)))


def test_counts_are_not_called_so(tmp_path):
    assert "logarithms" not in notes(tmp_path, COUNTS)


def test_few_counts_are_not_called_so(tmp_path):
    assert "logarithms" not in notes(tmp_path, RNG.poisson(0.2, (40, 400)))
