"""Print time and peak memory of typing and expression on a section of a whole transcriptome.

    python docs/measure/transcriptome.py FOLDER REFERENCE [--rows 62] [--columns 64]
        [--captured 0.3] [--genes auto 2000]

Spots are sums of the reference's own cells, 6 to 19 of types that change over the section, thinned;
the number of their cells is given. What is measured is how large things grow, not how true they
are. FOLDER holds the spots, the results and a cache of its own. Each step is a command of its own,
whose peak is that of the process, as the system counts it (``wait4``).
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import anndata as ad
import numpy as np
import scipy.sparse as sp

PITCH_UM = 100.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--rows", type=int, default=62)
    parser.add_argument("--columns", type=int, default=64)
    parser.add_argument("--captured", type=float, default=0.3)
    parser.add_argument("--genes", nargs="+", default=["auto", "2000"])
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    spots, out = args.folder / "spots.h5ad", args.folder / "OUT"
    write(spots, args)
    shutil.rmtree(out, ignore_errors=True)
    print("| step | time (s) | peak (GB) |\n|---|---|---|")
    reference = ["--reference", str(args.reference)]
    typed = [str(spots), *reference, "--n-cells", "n_cells", "--out", str(out)]
    step(args.folder, "type", ["run", *typed])
    for genes in args.genes:
        asked = ["decompose", str(out), *reference, "--most-genes", genes]
        step(args.folder, f"decompose, {genes} genes", asked)
        asked += ["--also-genes", left_out(spots, out)]
        step(args.folder, "a gene more, told from what is kept", asked)
    shutil.rmtree(args.folder / "cache", ignore_errors=True)


def write(path: Path, args: argparse.Namespace) -> None:
    """Write spots on a hexagonal lattice, of cells of the reference."""
    reference = ad.read_h5ad(args.reference)
    counts = sp.csr_matrix(reference.X).astype(np.int32)
    codes = reference.obs["cell_type"].cat.codes.to_numpy()
    rng, types = np.random.default_rng(0), codes.max() + 1
    row, column = (part.ravel() for part in np.mgrid[: args.rows, : args.columns])
    x, y = (column + 0.5 * (row % 2)) * PITCH_UM, row * np.sqrt(3) / 2 * PITCH_UM
    waves = [np.outer(at / 1500, rng.uniform(0.5, 2, types)) for at in (x, y)]
    mix = np.exp(1.5 * np.sin(waves[0] + waves[1] + rng.uniform(0, 6, types)))
    mix /= mix.sum(axis=1, keepdims=True)
    of_type = [np.flatnonzero(codes == kind) for kind in range(types)]
    n_cells = rng.integers(6, 20, x.size)
    cells = [
        rng.choice(of_type[kind])
        for spot, n in enumerate(n_cells)
        for kind in rng.choice(types, n, p=mix[spot])
    ]
    spot = np.repeat(np.arange(x.size), n_cells)
    picker = sp.csr_matrix((np.ones(len(cells), np.int32), (spot, cells)), (x.size, len(codes)))
    summed = (picker @ counts).tocsr()
    summed.data = rng.binomial(summed.data, args.captured).astype(np.int32)
    summed.eliminate_zeros()
    table = ad.AnnData(summed, var=reference.var[[]])
    table.obs_names = [f"spot {number}" for number in range(x.size)]
    table.obs["n_cells"] = n_cells
    table.obsm["spatial"] = np.c_[x, y]
    table.uns["spatial_units"], table.uns["spot_diameter_um"] = "um", 55.0
    table.write_h5ad(path)
    print(f"{x.size:,} spots of {len(cells):,} cells × {table.n_vars:,} genes, median "
          f"{np.median(np.asarray(summed.sum(axis=1))):,.0f} counts; {types} types\n")  # fmt: skip


def left_out(spots: Path, out: Path) -> str:
    """Name a gene that the spots counted and the run did not tell."""
    told = ad.read_h5ad(out / "cells.h5ad", backed="r").var_names
    counted = ad.read_h5ad(spots)
    often = np.argsort(np.asarray(counted.X.sum(axis=0)).ravel())[::-1]
    return next(name for name in counted.var_names[often] if name not in told)


def step(folder: Path, name: str, asked: list[str]) -> None:
    """Run a command, and print what it took."""
    command = Path(sys.executable).with_name("spotscope")
    home = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    started = time.perf_counter()
    with subprocess.Popen(
        [str(command), *asked, "--json"], stdout=subprocess.PIPE, env=home, text=True
    ) as child:
        assert child.stdout is not None
        child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{name}: ended with {child.returncode}")
    took = time.perf_counter() - started
    print(f"| {name} | {took:.0f} | {used.ru_maxrss / 1e6:.1f} |", flush=True)


if __name__ == "__main__":
    main()
