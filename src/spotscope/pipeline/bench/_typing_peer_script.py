"""Call one package of others on a case that lies in a folder: ``python FILE PEER FOLDER``.

It runs as a program of its own, in an environment that has the package, so that no package of
others is ever imported by, or linked into, this one. It therefore imports nothing of ours either.
In: ``spots.h5ad`` and ``reference.h5ad``, raw counts of shared genes (obs ``n_cells``, and
``cell_type``), and ``case.json``, types, seed, and how long to train if it is said. Out:
``proportions.npy``, (spot, type) float64.

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
import pandas as pd

NOT_INSTALLED = 3
#: Tangram keeps a (cell, spot) matrix of parameters: its own pages advise fewer cells.
_TANGRAM_CELLS = 2000


def flashdeconv(spots: Any, reference: Any, types: list[str], seed: int) -> Any:
    """Mean counts of each type's cells, places of the spots."""
    model = import_module("flashdeconv").FlashDeconv(random_state=seed)
    picker = pd.get_dummies(reference.obs["cell_type"])[types].to_numpy(float).T
    profiles = np.asarray(picker @ reference.X) / picker.sum(axis=1, keepdims=True)
    return model.fit_transform(spots.X.astype(float), profiles, spots.obsm["spatial"])


def rctd(spots: Any, reference: Any, types: list[str], seed: int) -> Any:
    """Mode "full"; thresholds on cells and counts are lifted, as panels are below all of them."""
    package = import_module("rctd")
    known = package.Reference(reference, cell_type_col="cell_type", cell_min=1, min_UMI=1)
    config = package.RCTDConfig(UMI_min=1, counts_MIN=1, UMI_min_sigma=50, device="cpu")
    found = package.run_rctd(spots, known, mode="full", config=config)
    shares = pd.DataFrame(0.0, index=spots.obs_names, columns=types)
    seen = pd.DataFrame(
        np.asarray(found.weights),
        index=spots.obs_names[np.asarray(found.pixel_mask)],
        columns=list(found.cell_type_names),
    )
    shares.loc[seen.index, seen.columns] = seen
    return shares.to_numpy()


def tangram(spots: Any, reference: Any, types: list[str], seed: int) -> Any:
    """Mode "constrained", told the number of nuclei, as for spots of a segmented image."""
    package = import_module("tangram")
    some = np.random.default_rng(seed).permutation(reference.n_obs)[:_TANGRAM_CELLS]
    cells = reference[np.sort(some)].copy()
    spots.X, cells.X = spots.X.astype(np.float32), cells.X.astype(np.float32)
    package.pp_adatas(cells, spots, genes=None)
    number = spots.obs["n_cells"].to_numpy(float)
    # a prior given as an array fails with numpy 2: it is put where the named one is read
    spots.obs["rna_count_based_density"] = number / number.sum()
    mapped = package.map_cells_to_space(
        cells,
        spots,
        mode="constrained",
        target_count=min(number.sum(), cells.n_obs),
        density_prior="rna_count_based",
        random_state=seed,
        verbose=False,
    )
    kept = mapped.X * mapped.obs["F_out"].to_numpy()[:, None]
    picker = pd.get_dummies(cells.obs["cell_type"]).reindex(columns=types, fill_value=False)
    return kept.T @ picker.to_numpy(float)


def cell2location(
    spots: Any, reference: Any, types: list[str], seed: int, epochs: int | None = None
) -> Any:
    """Both models with their defaults, told the mean number of nuclei of a spot.

    ``epochs`` are those of the second model, where its own 30,000 take too long.
    """
    import_module("scvi").settings.seed = seed
    models = import_module("cell2location.models")
    quiet = {"accelerator": "cpu", "enable_progress_bar": False, "logger": False}
    models.RegressionModel.setup_anndata(reference, labels_key="cell_type")
    regression = models.RegressionModel(reference)
    regression.train(max_epochs=250, **quiet)
    reference = regression.export_posterior(
        reference, sample_kwargs={"num_samples": 1000, "batch_size": 2500, "accelerator": "cpu"}
    )
    means = reference.varm["means_per_cluster_mu_fg"]
    factors = list(reference.uns["mod"]["factor_names"])
    signatures = means[[f"means_per_cluster_mu_fg_{name}" for name in factors]].copy()
    signatures.columns = factors
    models.Cell2location.setup_anndata(spots)
    model = models.Cell2location(
        spots,
        cell_state_df=signatures,
        N_cells_per_location=float(spots.obs["n_cells"].mean()),
        detection_alpha=20,
    )
    model.train(max_epochs=epochs or 30000, **quiet)
    spots = model.export_posterior(
        spots, sample_kwargs={"num_samples": 1000, "batch_size": spots.n_obs, "accelerator": "cpu"}
    )
    found = spots.obsm["means_cell_abundance_w_sf"]
    found.columns = [str(name).removeprefix("meanscell_abundance_w_sf_") for name in found.columns]
    return found[types].to_numpy()


PEERS = {f.__name__: f for f in (flashdeconv, rctd, tangram, cell2location)}


def main(peer: str, folder: Path) -> int:
    """Read the case, call the peer, write its proportions."""
    said = json.loads((folder / "case.json").read_text("utf-8"))
    spots = anndata.read_h5ad(folder / "spots.h5ad")
    reference = anndata.read_h5ad(folder / "reference.h5ad")
    try:
        import_module(peer)
    except ImportError as err:
        print(err, file=sys.stderr)  # noqa: T201
        return NOT_INSTALLED
    how = {"epochs": said["epochs"]} if said.get("epochs") else {}
    found = np.asarray(PEERS[peer](spots, reference, said["types"], said["seed"], **how), float)
    found = np.maximum(np.nan_to_num(found), 0.0)
    np.save(folder / "proportions.npy", found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], Path(sys.argv[2])))
