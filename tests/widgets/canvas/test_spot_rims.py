"""Rims of spots are seen on whatever lies beneath them."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import scipy.sparse as sp
from anndata import AnnData

from spotscope.model import Lattice, Sample, Slide, Spots
from spotscope.widgets.canvas._layer_data import spot_looks, spots_data


def luminance(rgb):
    """Relative luminance, as WCAG 2 has it."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def contrast(rgb, ground):
    one, other = sorted((luminance(np.asarray(rgb, float)), luminance(np.full(3, ground))))
    return (other + 0.05) / (one + 0.05)


def sample_on(*shape):
    spots = Spots(
        AnnData(sp.csr_matrix(np.eye(2, dtype=np.int32))),
        np.array([[10.0, 40.0], [10.0, 140.0]]),
        Lattice("hex", 100.0, 55.0),
    )
    return Sample("C2", Slide((da.zeros(shape, np.uint8),), mpp=0.5, name="C2"), spots)


@pytest.mark.parametrize(
    ("channels", "dimmed", "ground"), [(3, False, 0.85), (3, True, 0.25), (1, False, 0.0)]
)
def test_rims_are_seen_on_stain_on_a_dimmed_one_and_on_fluorescence(channels, dimmed, ground):
    sample = sample_on(300, 300, channels)
    rims = spot_looks(sample, None, None, dimmed=dimmed)["border_color"]
    assert all(contrast(rim[:3], ground) >= 2 for rim in rims)
    if not dimmed:
        np.testing.assert_array_equal(spots_data(sample)[1]["border_color"], rims)
