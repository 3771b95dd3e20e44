"""A dense lattice as an image: every bin's pixel lies where the bin is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from anndata import AnnData
from napari.layers import Layer

from spotscope import layers
from spotscope.model import Lattice, Spots


def lattice_of(side, angle, drop=(), kind="square", pitch=8.0, stretch=1.0):
    i, j = np.divmod(np.arange(side * side), side)
    keep = ~np.isin(np.arange(side * side), drop)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    yx = (np.stack([i, j], axis=1)[keep] * pitch * stretch) @ turn.T + (100.0, -50.0)
    n = int(keep.sum())
    order = np.random.default_rng(0).permutation(n)
    table = AnnData(
        sp.csr_matrix((n, 1), dtype=np.int32), obs=pd.DataFrame(index=np.arange(n).astype(str))
    )
    return Spots(table, yx[order], Lattice(kind, pitch, pitch))


@pytest.mark.parametrize("angle", [0.0, 0.06, -0.7, 0.75])
def test_pixels_stand_where_bins_are(angle):
    # the real pitch differs a little from the one that is said; the corners are missing
    spots = lattice_of(150, angle, drop=(0, 149, 22499), stretch=1.002)
    grid = layers.bin_grid(spots)
    layer = Layer.create(*layers.bins_layer(grid, "s"))
    places = np.array(
        [
            layer.data_to_world((row, column))
            for row, column in zip(grid.rows, grid.columns, strict=True)
        ][::97]
    )
    np.testing.assert_allclose(places, spots.yx_um[::97], atol=0.05)
    pairs = set(zip(grid.rows.tolist(), grid.columns.tolist(), strict=True))
    assert len(pairs) == spots.n


def test_colours_land_on_their_bins():
    spots = lattice_of(145, 0.1)
    grid = layers.bin_grid(spots)
    colours = np.random.default_rng(1).random((spots.n, 4))
    pixels = grid.paint(colours)
    seen = pixels[grid.rows, grid.columns]
    np.testing.assert_allclose(seen, 255 * colours, atol=0.51)
    assert grid.paint(None)[..., 3].max() > 0


def test_few_spots_hexagons_and_disorder_are_drawn_as_discs():
    assert layers.bin_grid(lattice_of(20, 0.0)) is None
    assert layers.bin_grid(lattice_of(145, 0.0, kind="free")) is None
    spots = lattice_of(145, 0.0)
    strayed = spots.yx_um.copy()
    strayed[::50] += 3.0
    assert layers.bin_grid(Spots(spots.table, strayed, spots.lattice)) is None
