"""Print how far cell types depend on what should not matter: order of rows, place of the frame.

    python docs/measure/same_answers.py DATA

200 squares of starmap, typed by cells of its first section, once as they are and once with each
thing changed; ν as the data choose it, and held at 2. Weights are the continuous fit, support is
the mean of a spot's cells.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd

import spotscope
from spotscope.model import CellKey, SpotKey

N_SPOTS = 200
NUS = ("auto", 2.0)


def main(data: Path) -> None:
    """Print the table."""
    spots = ad.read_h5ad(data / "starmap_v1" / "pseudospots_51um_published.h5ad")[:N_SPOTS].copy()
    cells = ad.read_h5ad(data / "starmap_v1" / "cells.h5ad")
    reference = cells[cells.obs["section"] == "Dat1"].copy()
    rng = np.random.default_rng(0)
    genes, cells_too = rng.permutation(spots.n_vars), rng.permutation(reference.n_obs)
    xy = np.asarray(spots.obsm["spatial"], float)
    worlds = {
        "as it is, again": (spots, reference),
        "spots in another order": (spots[rng.permutation(spots.n_obs)].copy(), reference),
        "genes in another order": (spots[:, genes].copy(), reference),
        "reference in another order": (spots, reference[cells_too][:, genes].copy()),
        "all moved by a millimetre": (_at(spots, xy + 1000), reference),
        "turned by a quarter": (_at(spots, np.c_[-xy[:, 1], xy[:, 0]]), reference),
    }
    sys.stdout.write(
        "| changed | ν asked | ν | weights differ by up to | shares by up to | support by up to | "
        f"cells otherwise |\n{'|---' * 7}|\n"
    )
    for asked in NUS:
        plain = _typed(spots, reference, asked)
        for name, world in worlds.items():
            nu, weights, shares, support, held = _typed(*world, asked)
            sys.stdout.write(
                f"| {name} | {asked} | {plain[0]:g} -> {nu:g} | {_off(weights, plain[1]):.4f} | "
                f"{_off(shares, plain[2]):.4f} | {_off(support, plain[3]):.4f} | "
                f"{(held - plain[4]).abs().to_numpy().sum() / 2:.0f} of "
                f"{held.to_numpy().sum():.0f} |\n"
            )


def _at(spots: ad.AnnData, xy: np.ndarray) -> ad.AnnData:
    moved = spots.copy()
    moved.obsm["spatial"] = xy
    return moved


def _typed(
    spots: ad.AnnData, reference: ad.AnnData, nu: float | str
) -> tuple[float, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """ν, weights, shares, support, and how many cells of each spot have each type; by spot."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("spots.h5ad", "reference.h5ad")]
        for table, path in zip((spots, reference), paths, strict=True):
            table.write_h5ad(path)
        session = spotscope.read(paths[0], mpp=1.0)
        typed = spotscope.type_cells(
            session, paths[1], n_cells="n_cells", nu=nu, cache=Path(folder) / "cache"
        )
    table, cells = typed.session.sample.spots.table, typed.session.cells.table.obs
    weights, shares = (
        table.obsm[key].sort_index() for key in (SpotKey.WEIGHTS, SpotKey.PROPORTIONS)
    )
    held = pd.crosstab(cells[CellKey.SPOT_ID].astype(str), cells[CellKey.CELL_TYPE].astype(str))
    held = held.reindex(index=weights.index, columns=weights.columns, fill_value=0)
    sure = cells.groupby(cells[CellKey.SPOT_ID].astype(str))[[CellKey.SUPPORT]].mean()
    return float(typed.typing.nu), weights, shares, sure.reindex(index=weights.index), held


def _off(one: pd.DataFrame, other: pd.DataFrame) -> float:
    return float((one - other).abs().to_numpy().max())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
