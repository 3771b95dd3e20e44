"""Which types lie beside each other more often than chance has it, by squidpy.

Nuclei joined by a Delaunay edge of at most ``reach_um`` are in contact. With n cells, E contacts
and labels drawn anew over the cells, two types are expected to meet

    E · 2 n_a n_b / (n (n - 1))  times,  one type itself  E · n_a (n_a - 1) / (n (n - 1)),

``ratio`` is what is seen over that, ``z`` its distance in deviations of the permutations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.model import MethodError, Progress
from spotscope.pipeline.analyses._answer import Answer
from spotscope.pipeline.analyses._material import PLACE
from spotscope.pipeline.analyses._params import Values

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd
    from anndata import AnnData

    from spotscope.model import Task
    from spotscope.pipeline.analyses._material import Material
    from spotscope.pipeline.analyses._params import AnalyseParams

__all__ = ["contact_table", "neighbours"]

REFERENCES = (
    "Palla G et al. Squidpy: a scalable framework for spatial omics analysis. Nat Methods 2022.",
)
_CELLS_TO_JOIN = 4  # as many as it takes for triangles


def neighbours(material: Material, params: AnalyseParams, seed: int) -> Task[tuple[Answer, ...]]:
    """Count who touches whom, beside labels that are shuffled.

    Raises
    ------
    MethodError
        If there are no cells, too few of them, or of one type only.
    """
    cells = cells_of(material)
    yield Progress("neighbours", 0, 2)
    table = contact_table(cells, "cell_type", params.reach_um)
    _enriched(table, cells, "cell_type", params, seed)
    yield Progress("neighbours", 1, 2)
    notes = [
        "positions of nuclei are measured, their types inferred; labels are shuffled over all "
        f"typed cells, {params.permutations} times"
    ]
    free = cells[(cells.obs["in_spot"] & (cells.obs["unsmoothed"] != "")).to_numpy()].copy()
    if free.n_obs >= _CELLS_TO_JOIN and free.obs["unsmoothed"].nunique() > 1:
        free.obs["unsmoothed"] = free.obs["unsmoothed"].cat.remove_unused_categories()
        plain = contact_table(free, "unsmoothed", params.reach_um)
        _enriched(plain, free, "unsmoothed", params, seed)
        keyed = plain.set_index(["type_a", "type_b"])[["ratio", "z"]]
        table = table.join(keyed.add_suffix("_unsmoothed"), on=["type_a", "type_b"])
        notes.append(
            "ν makes the types of neighbours alike, and nuclei between spots follow those around "
            "them, which makes others seem apart: rows are in the order of the first number, told "
            "of cells in spots alone, each typed without its neighbours (ν = 0): the one to believe"
        )
    else:
        notes.append(
            "types of neighbours were made alike by ν, so that like lies beside like is partly "
            "put in; the fit that would tell types without ν is not at hand"
        )
    by = "z_unsmoothed" if "z_unsmoothed" in table else "z"
    table = table.sort_values(by, ascending=False, ignore_index=True)
    table["values"] = str(Values.INFERRED)
    title = "Types that lie beside each other · inferred types, measured places"
    yield Progress("neighbours", 2, 2)
    return (Answer("neighbours", title, table, tuple(notes), REFERENCES),)


def cells_of(material: Material) -> AnnData:
    """The typed cells.

    Raises
    ------
    MethodError
        If there are none, or they are of one type.
    """
    cells = material.cells
    if cells is None:
        raise MethodError("Expected typed cells, found none; run the cell typing first.")
    types = cells.obs["cell_type"].unique()
    if cells.n_obs < _CELLS_TO_JOIN or len(types) < 2:
        raise MethodError(
            f"Expected {_CELLS_TO_JOIN} cells or more, of two types at least, found {cells.n_obs} "
            f"of {len(types)}; type a larger part of the slide."
        )
    return cells


def contact_table(cells: AnnData, column: str, reach_um: float) -> pd.DataFrame:
    """Who touches whom: one row a pair of types, each pair once.

    Parameters
    ----------
    cells
        Typed; its ``obsp["spatial_connectivities"]`` is set.
    column
        Of ``obs``, with the types.
    reach_um
        Longest contact, in µm.

    Returns
    -------
    Columns ``type_a``, ``type_b``, ``cells_a``, ``cells_b``, ``contacts``, ``expected``, ``ratio``.

    Raises
    ------
    MethodError
        If no two cells touch.
    """
    import pandas as pd

    graph = _join(cells, reach_um)
    types = list(map(str, cells.obs[column].cat.categories))
    codes = cells.obs[column].cat.codes.to_numpy()
    i, j = graph.nonzero()
    seen = np.zeros((len(types), len(types)))
    np.add.at(seen, (codes[i[i < j]], codes[j[i < j]]), 1)
    seen = np.triu(seen + seen.T - np.diag(np.diag(seen)))
    n, edges = np.bincount(codes, minlength=len(types)).astype(float), float(seen.sum())
    chance = edges * (2 * np.outer(n, n) - np.diag(n**2 + n)) / (n.sum() * (n.sum() - 1))
    a, b = np.triu_indices(len(types))
    return pd.DataFrame(
        {
            "type_a": np.array(types)[a],
            "type_b": np.array(types)[b],
            "cells_a": n[a].astype(int),
            "cells_b": n[b].astype(int),
            "contacts": seen[a, b].astype(int),
            "expected": chance[a, b],
            "ratio": seen[a, b] / np.where(chance[a, b] > 0, chance[a, b], np.nan),
        }
    )


def _join(cells: AnnData, reach_um: float) -> Any:
    """(cell, cell) whether two cells touch; kept in the table."""
    import squidpy
    from scipy.spatial import QhullError

    try:
        squidpy.gr.spatial_neighbors(
            cells,
            spatial_key=PLACE,
            coord_type="generic",
            delaunay=True,
            radius=(0.0, reach_um),
        )
    except QhullError as err:
        raise MethodError(
            "Expected cells spread over a plane, found them on a line; type a larger part."
        ) from err
    graph = cells.obsp["spatial_connectivities"]
    if graph.nnz == 0:
        raise MethodError(
            f"Expected cells within {reach_um:g} µm of each other, found none; "
            "raise the reach (--reach-um)."
        )
    return graph


def _enriched(
    table: pd.DataFrame, cells: AnnData, column: str, params: AnalyseParams, seed: int
) -> None:
    """Add z, from squidpy's permutations of the labels."""
    import squidpy

    with np.errstate(divide="ignore", invalid="ignore"):
        found = squidpy.gr.nhood_enrichment(
            cells,
            column,
            n_perms=params.permutations,
            seed=seed,
            copy=True,
            n_jobs=1,
            show_progress_bar=False,
        )
    z: npt.NDArray[np.float64] = np.asarray(found.zscore, float)
    a, b = np.triu_indices(len(z))
    table["z"] = np.where(np.isfinite(z[a, b]), z[a, b], np.nan)
