"""A reference of half a million cells: drawn and written some cells at a time, read, typed with.

The file is as anndata writes it, and no more than a block of it is ever dense or even drawn: what
is measured is what our own reading and typing hold beyond it.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.methods.cell_typing import CellTypingParams, fit
from spotscope.model import Lattice, Membership, Progress, Spots
from spotscope.pipeline._read import read_reference
from spotscope.pipeline.bench._memory import Growth, sparse_gib

if TYPE_CHECKING:
    from spotscope.model import Task

__all__ = ["bench_reference", "write_drawn_reference"]

Floats = npt.NDArray[np.float64]

_GENES, _TYPES, _DEPTH = 30_000, 20, 1000
_BLOCK = 10_000
_SPOTS, _CELLS, _SPOT_DEPTH = 1000, 5, 5000


def bench_reference(cells: int, genes: int = _GENES) -> Task[str]:
    """Type drawn spots with a drawn reference on disk; a table in Markdown.

    Parameters
    ----------
    cells, genes
        Of the reference.
    """
    profiles = _profiles(genes)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reference.h5ad"
        yield from write_drawn_reference(path, cells, profiles)
        spots, members = _spots(profiles)
        size = path.stat().st_size / 2**30
        grown, started = Growth(), time.perf_counter()
        reference = yield from read_reference(path)
        read, counts = time.perf_counter() - started, reference.table.X
        sparse, held = sparse_gib(counts), grown.beside(counts)
        grown, started = Growth(), time.perf_counter()
        places = spots.yx_um[members.owner]
        fitted = yield from fit(spots, reference, members, places, CellTypingParams(), rng=0)
        fitted.solve(fitted.auto_nu)
        typed = time.perf_counter() - started
    return (
        f"A reference of {cells:,} cells × {genes:,} genes, {counts.nnz:,} values, {size:.1f} GiB "
        f"on disk, {sparse:.2f} GiB as sparse counts (dense it would be "
        f"{4 * cells * genes / 2**30:.0f} GiB); {spots.n:,} spots of {_TYPES} types.\n\n"
        "| step | seconds | memory beyond what is given, GiB (× sparse counts) |\n|---|---|---|\n"
        f"| reading, with the counts | {read:.0f} | {held} |\n"
        f"| counts to labels, beyond them | {typed:.0f} | {grown.beside(counts)} |"
    )


def _profiles(genes: int) -> Floats:
    """(type, gene) rows that sum to 1; each type has forty genes of its own."""
    rng = np.random.default_rng(0)
    profiles = np.tile(rng.gamma(0.3, 1, genes) + 1e-3, (_TYPES, 1))
    own = min(40, genes // _TYPES)
    for k in range(_TYPES):
        profiles[k, own * k : own * (k + 1)] *= 8
    return np.asarray(profiles / profiles.sum(axis=1, keepdims=True))


def write_drawn_reference(path: Path, cells: int, profiles: Floats) -> Task[None]:
    """Write an h5ad of drawn cells, a block of them at a time.

    Parameters
    ----------
    path
        Of the file.
    cells
        Their number; types take turns.
    profiles
        (type, gene) rows that sum to 1.
    """
    import h5py
    import pandas as pd
    from anndata.io import write_elem

    rng, genes = np.random.default_rng(1), profiles.shape[1]
    ends, codes = np.cumsum(profiles, axis=1), np.arange(cells) % len(profiles)
    names = pd.Categorical(np.array([f"type{k:02d}" for k in range(len(profiles))])[codes])
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        write_elem(file, "obs", pd.DataFrame({"cell_type": names}, index=_named("c", cells)))
        write_elem(file, "var", pd.DataFrame(index=_named("G", genes)))
        group = file.create_group("X")
        group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0"})
        group.attrs["shape"] = np.array([cells, genes])
        chunk = {"shape": (0,), "maxshape": (None,), "chunks": (1 << 20,)}
        data = group.create_dataset("data", dtype=np.float32, **chunk)
        indices = group.create_dataset("indices", dtype=np.int32, **chunk)
        indptr = [np.zeros(1, np.int64)]
        for first in range(0, cells, _BLOCK):
            yield Progress("writing the reference", first, cells)
            part = _drawn(ends, codes[first : first + _BLOCK], rng)
            for dataset, values in ((data, part.data), (indices, part.indices)):
                dataset.resize(len(dataset) + part.nnz, axis=0)
                dataset[len(dataset) - part.nnz :] = values
            indptr.append(indptr[-1][-1] + part.indptr[1:].astype(np.int64))
        group.create_dataset("indptr", data=np.concatenate(indptr))


def _drawn(ends: Floats, codes: npt.NDArray[np.integer], rng: np.random.Generator) -> sp.csr_matrix:
    """(cell, gene) counts of cells of these types, about a thousand a cell."""
    total = rng.poisson(rng.lognormal(np.log(_DEPTH), 0.4, len(codes)))
    row = np.repeat(np.arange(len(codes)), total)
    tossed, gene = rng.random(len(row)), np.empty(len(row), np.int64)
    for k in np.unique(codes):
        mine = np.repeat(codes == k, total)
        gene[mine] = np.searchsorted(ends[k], tossed[mine])
    gene = np.minimum(gene, ends.shape[1] - 1)
    shape = (len(codes), ends.shape[1])
    counts = sp.csr_matrix((np.ones(len(row), np.float32), (row, gene)), shape=shape)
    counts.sum_duplicates()
    return counts


def _spots(profiles: Floats) -> tuple[Spots, Membership]:
    """Spots of five cells on a square lattice, in bands of types."""
    import pandas as pd
    from anndata import AnnData

    rng, side = np.random.default_rng(2), int(np.ceil(np.sqrt(_SPOTS)))
    yx = 100.0 * np.stack(np.divmod(np.arange(_SPOTS), side), axis=1)
    members = Membership.from_counts(np.full(_SPOTS, _CELLS))
    band = (yx[members.owner, 1] / (100 * side) * len(profiles)).astype(int)
    codes = np.clip(band + rng.integers(-1, 2, len(band)), 0, len(profiles) - 1)
    rates = profiles[codes].reshape(_SPOTS, _CELLS, -1).mean(axis=1)
    counts = sp.csr_matrix(rng.poisson(_SPOT_DEPTH * rates).astype(np.int32))
    obs, var = (
        pd.DataFrame(index=_named("s", _SPOTS)),
        pd.DataFrame(index=_named("G", len(rates.T))),
    )
    return Spots(AnnData(counts, obs=obs, var=var), yx, Lattice("square", 100.0, 55.0)), members


def _named(letter: str, n: int) -> list[str]:
    return [f"{letter}{i}" for i in range(n)]
