"""Call one package of others on hidden genes that lie in a folder: ``python FILE PEER FOLDER``.

It runs as a program of its own, in an environment that has the package, so that no package of
others is ever imported by, or linked into, this one. It therefore imports nothing of ours either.
In: ``panel.h5ad``, raw counts of the cells on the genes that are left, places, and
``reference.h5ad``, raw counts with ``cell_type``, on those and the hidden genes; ``case.json``, the
hidden genes and the seed. Out: ``answer.npy``, (cell, hidden gene) float64, at any scale.

Each is called as its own pages say, with its own defaults; where that is not possible the call says
why. A package that cannot be imported ends the program with code 3.
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


def tangram(panel: Any, reference: Any, hidden: list[str], seed: int) -> Any:
    """Mode "clusters", as its pages advise for large references; reference counts normalised."""
    package, scanpy = import_module("tangram"), import_module("scanpy")
    panel.X, reference.X = panel.X.astype(np.float32), reference.X.astype(np.float32)
    scanpy.pp.normalize_total(reference)
    package.pp_adatas(reference, panel, genes=list(panel.var_names))
    mapped = package.map_cells_to_space(
        reference,
        panel,
        mode="clusters",
        cluster_label="cell_type",
        density_prior="rna_count_based",
        random_state=seed,
        verbose=False,
    )
    told = package.project_genes(mapped, reference, cluster_label="cell_type")
    # it writes names in small letters
    place = {name.lower(): i for i, name in enumerate(told.var_names)}
    columns = [place.get(name.lower(), -1) for name in hidden]
    values = np.asarray(told.X.todense() if hasattr(told.X, "todense") else told.X)
    return np.where(np.array(columns) >= 0, values[:, columns], 0.0)


def gimvi(panel: Any, reference: Any, hidden: list[str], seed: int) -> Any:
    """Given counts, its own two hundred epochs; a reference of a few thousand cells."""
    scvi, scanpy = import_module("scvi"), import_module("scanpy")
    scvi.settings.seed = seed
    # it goes over all cells two hundred times: its reference is cut, drawn at random
    some = np.random.default_rng(seed).permutation(reference.n_obs)[:3000]
    cells = reference[np.sort(some)].copy()
    for table in (cells, panel):
        scanpy.pp.filter_cells(table, min_counts=0)
    seen = np.asarray(panel.X.sum(axis=1)).ravel() > 0
    some_panel = panel[seen].copy()
    kept = np.asarray(cells.X.sum(axis=1)).ravel() > 0
    cells = cells[kept].copy()
    model_class = import_module("scvi.external").GIMVI
    model_class.setup_anndata(cells)
    model_class.setup_anndata(some_panel)
    model = model_class(cells, some_panel)
    model.train(accelerator="cpu", enable_progress_bar=False)
    told = model.get_imputed_values(normalized=False)[1]
    answer = np.zeros((panel.n_obs, len(hidden)))
    answer[seen] = told[:, cells.var_names.get_indexer(hidden)]
    return answer


def moscot(panel: Any, reference: Any, hidden: list[str], seed: int) -> Any:
    """Its mapping problem with its own defaults: shared genes by local components, and places."""
    space, scanpy = import_module("moscot.problems.space"), import_module("scanpy")
    for table in (panel, reference):
        table.X = table.X.astype(np.float32)
        scanpy.pp.normalize_total(table)
        scanpy.pp.log1p(table)
    scanpy.pp.pca(reference, random_state=seed)
    problem = space.MappingProblem(adata_sc=reference, adata_sp=panel)
    problem = problem.prepare(
        sc_attr={"attr": "obsm", "key": "X_pca"}, xy_callback="local-pca"
    ).solve()
    told = problem.impute(var_names=hidden)[:, hidden].X
    return np.expm1(told.toarray() if hasattr(told, "toarray") else np.asarray(told))


PEERS = {
    "tangram": (tangram, "tangram"),
    "gimvi": (gimvi, "scvi"),
    "moscot": (moscot, "moscot"),
}


def main(peer: str, folder: Path) -> int:
    """Read the case, call the peer, write its answer."""
    said = json.loads((folder / "case.json").read_text("utf-8"))
    panel = anndata.read_h5ad(folder / "panel.h5ad")
    reference = anndata.read_h5ad(folder / "reference.h5ad")
    call, package = PEERS[peer]
    try:
        import_module(package)
    except ImportError as err:
        print(err, file=sys.stderr)  # noqa: T201
        return NOT_INSTALLED
    found = np.asarray(call(panel, reference, said["hidden"], said["seed"]), float)
    np.save(folder / "answer.npy", np.maximum(np.nan_to_num(found), 0.0))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], Path(sys.argv[2])))
