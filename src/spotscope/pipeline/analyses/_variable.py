"""Genes whose counts differ from place to place: Moran's I by squidpy, or FlashS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.model import MethodError, Progress
from spotscope.pipeline.analyses._answer import Answer, adjusted
from spotscope.pipeline.analyses._material import PLACE
from spotscope.pipeline.analyses._moran import morans_i
from spotscope.pipeline.analyses._null import Q
from spotscope.pipeline.analyses._params import Values

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

    from spotscope.model import Task
    from spotscope.pipeline.analyses._material import Material
    from spotscope.pipeline.analyses._params import AnalyseParams

__all__ = ["join_spots", "normalised", "seen_genes", "variable"]

_MORAN = (
    "Moran PAP. Notes on continuous stochastic phenomena. Biometrika 1950.",
    "Palla G et al. Squidpy: a scalable framework for spatial omics analysis. Nat Methods 2022.",
)
_FLASHS = ("Flash-S: frequency-domain kernel tests of spatial patterns; the package flashs.",)
#: Above so many spots, permutations of all genes take too long.
MANY_SPOTS = 20_000
#: FlashS tests nothing that fewer spots have.
_FLASHS_FEWEST = 30
_FEWEST_SPOTS = 10
#: Spots beside each other are this many pitches apart at most: between 1 and √3 (hex), √2 (square).
_BESIDE = 1.2


def variable(material: Material, params: AnalyseParams, seed: int) -> Task[tuple[Answer, ...]]:
    """Rank the genes of the spots by how much they differ from place to place.

    Raises
    ------
    MethodError
        If there are too few spots, or no gene is seen often enough.
    """
    spots = seen_genes(material.spots, params.fewest_seen)
    by_flashs = params.variable == "flashs"
    if params.variable == "auto":
        by_flashs = spots.n_obs > MANY_SPOTS
    plain = normalised(spots)
    if by_flashs:
        yield Progress("variable genes", 0, 2)
        table = _flashs(spots, spots.obsm[PLACE], seed)
        yield Progress("variable genes", 1, 2)
        elsewhere = np.random.default_rng(seed).permutation(spots.obsm[PLACE])
        false = float((_flashs(spots, elsewhere, seed)["q"] < Q).sum())
        said = "raw counts; p is of its own approximation, no permutation"
    else:
        join_spots(plain, material.pitch_um)
        table, false = yield from morans_i(plain, params.permutations, seed)
        said = (
            f"counts per 10,000, logarithm; the spots' places are shuffled {params.permutations} "
            "times, and a normal curve through what that gives says what chance gives"
        )
    spread = np.sqrt(np.maximum(_mean(plain.X.power(2)) - _mean(plain.X) ** 2, 0.0))
    table["sd_log"] = spread[plain.var_names.get_indexer(table["gene"])]
    table["spots"] = _per_gene(spots, table["gene"], counted=False)
    table["counts"] = _per_gene(spots, table["gene"], counted=True)
    table["values"] = str(Values.MEASURED)
    left = material.spots.n_vars - len(table)
    notes = [f"{len(table):,} genes of the spots' own counts; {said}"]
    notes.append(
        f"{int((table['q'] < Q).sum()):,} genes at a false discovery rate below {Q:.0%}; with "
        f"places shuffled {false:.1f}. The score says how alike neighbours are; how much a gene "
        "differs is its spread"
    )
    if left:
        notes.append(f"{left:,} genes are in too few spots to be asked about")
    title = "Genes that differ from place to place · measured"
    references = _FLASHS if by_flashs else _MORAN
    return (Answer("variable", title, table, tuple(notes), references),)


def seen_genes(spots: AnnData, share: float) -> AnnData:
    """The genes that at least this share of the spots has.

    Raises
    ------
    MethodError
        If there are too few spots, or no gene is left.
    """
    if spots.n_obs < _FEWEST_SPOTS:
        raise MethodError(
            f"Expected {_FEWEST_SPOTS} spots or more, found {spots.n_obs}; open a larger section."
        )
    seen = np.asarray((spots.X > 0).sum(axis=0)).ravel() >= max(share * spots.n_obs, 2)
    if not seen.any():
        raise MethodError(
            f"Expected a gene that {share:.0%} of the spots have, found none; "
            "lower the share (--fewest-seen)."
        )
    return spots[:, seen].copy()


def normalised(table: AnnData) -> AnnData:
    """A copy with ln(1 + counts per 10,000) in place of counts."""
    import scanpy

    plain = table.copy()
    plain.X = sp.csr_matrix(plain.X, dtype=np.float32)
    scanpy.pp.normalize_total(plain, target_sum=1e4)
    scanpy.pp.log1p(plain)
    return plain


def join_spots(spots: AnnData, pitch_um: float) -> None:
    """Join spots to those beside them; where there is no lattice, to the six nearest.

    Raises
    ------
    MethodError
        If no two spots lie beside each other.
    """
    import squidpy

    squidpy.gr.spatial_neighbors(
        spots, spatial_key=PLACE, coord_type="generic", radius=_BESIDE * pitch_um
    )
    if spots.obsp["spatial_connectivities"].nnz < spots.n_obs:
        squidpy.gr.spatial_neighbors(spots, spatial_key=PLACE, coord_type="generic", n_neighs=6)


def _mean(matrix: sp.csr_matrix) -> npt.NDArray[np.float64]:
    return np.asarray(matrix.mean(axis=0), float).ravel()


def _flashs(spots: AnnData, yx_um: npt.NDArray[np.float64], seed: int) -> pd.DataFrame:
    """FlashS on raw counts, as it asks for."""
    import flashs
    import pandas as pd

    counts = sp.csr_matrix(spots.X, dtype=np.float64)
    model = flashs.FlashS(random_state=seed)
    found = model.fit_test(np.asarray(yx_um), counts, list(spots.var_names))
    tested = np.asarray(found.n_expressed) >= _FLASHS_FEWEST
    if not tested.any():
        raise MethodError(
            f"Expected a gene that {_FLASHS_FEWEST} spots have, which FlashS asks for, found none; "
            "take Moran's I (--variable moran)."
        )
    table = pd.DataFrame(
        {
            "gene": list(map(str, found.gene_names)),
            "method": "FlashS",
            "score": np.asarray(found.effect_size, float),
            "p": np.asarray(found.pvalues, float),
        }
    )[tested]
    table["q"] = adjusted(table["p"].to_numpy())
    return table.sort_values(["p", "score"], ascending=[True, False], ignore_index=True)


def _per_gene(spots: AnnData, genes: pd.Series[str], *, counted: bool) -> list[int]:
    column = spots.X if counted else spots.X > 0
    total = np.asarray(column.sum(axis=0)).ravel()
    places = spots.var_names.get_indexer(genes)
    return [int(total[place]) for place in places]
