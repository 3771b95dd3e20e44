"""Run by the interpreter of the environment that has Tangram; knows nothing of spotscope.

python -I _expression_peer_script.py FOLDER
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import anndata
import numpy as np

NOT_INSTALLED = 3
#: Cells of the reference that are mapped, at most: its work goes with cells times spots.
_CELLS = 2000


def tangram(spots: Any, reference: Any, seed: int) -> Any:
    """(reference cell, spot) mapping in mode "cells", and the cells that were mapped."""
    package, scanpy = import_module("tangram"), import_module("scanpy")
    some = np.sort(np.random.default_rng(seed).permutation(reference.n_obs)[:_CELLS])
    cells = reference[some].copy()
    counts = cells.X.copy()
    scanpy.pp.normalize_total(cells)
    package.pp_adatas(cells, spots, genes=list(spots.var_names))
    mapped = package.map_cells_to_space(
        cells,
        spots,
        mode="cells",
        density_prior="rna_count_based",
        random_state=seed,
        verbose=False,
    )
    return np.asarray(mapped.X, float), counts, np.asarray(cells.obs["code"])


def main(folder: Path) -> int:
    """Read the case, call the package, write what it says of every cell."""
    said = json.loads((folder / "case.json").read_text("utf-8"))
    spots = anndata.read_h5ad(folder / "spots.h5ad")
    reference = anndata.read_h5ad(folder / "reference.h5ad")
    try:
        import_module("tangram")
    except ImportError as err:
        print(err, file=sys.stderr)  # noqa: T201
        return NOT_INSTALLED
    chance, counts, kinds = tangram(spots, reference, said["seed"])
    answer = np.zeros((len(said["owner"]), counts.shape[1]))
    for cell, (spot, code) in enumerate(zip(said["owner"], said["codes"], strict=True)):
        weight = chance[:, spot] * (kinds == code)
        if weight.sum() > 0:
            answer[cell] = (weight / weight.sum()) @ counts
    np.save(folder / "answer.npy", answer)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
