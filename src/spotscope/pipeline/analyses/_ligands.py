"""Ligands of one type and receptors of a type that touches it, by liana.

``rank_aggregate`` is the consensus of several scores; it is asked of pairs of types that touch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.model import MethodError, Progress
from spotscope.pipeline.analyses._answer import Answer, at_least_once
from spotscope.pipeline.analyses._neighbours import cells_of, contact_table
from spotscope.pipeline.analyses._pairs import NO_PAIR, REFERENCES, pairs_of
from spotscope.pipeline.analyses._params import Values
from spotscope.pipeline.analyses._variable import normalised

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

    from spotscope.model import Task
    from spotscope.pipeline.analyses._material import Material
    from spotscope.pipeline.analyses._params import AnalyseParams

__all__ = ["ligands_of_cells"]

#: What a gene must be seen in, of the cells of a type.
_SHARE_OF_CELLS = 0.1
_FEWEST_CELLS = 10


def ligands_of_cells(
    material: Material, params: AnalyseParams, seed: int
) -> Task[tuple[Answer, ...]]:
    """Rank ligands of one type and receptors of a type that touches it.

    Raises
    ------
    MethodError
        If there are no cells with counts, no types that touch, or no pair of genes.
    """
    cells = cells_of(material)
    if cells.n_vars == 0:
        raise MethodError(
            "Expected spots that have come apart into cells, found cells without counts; "
            "infer their expression first (spotscope decompose)."
        )
    yield Progress("ligands of cells", 0, 2)
    touching = _touching(contact_table(cells, "cell_type", params.reach_um), params)
    seen = cells[cells.obs["seen"].to_numpy()].copy()
    pairs = _pairs(touching, seen)
    name, resource = pairs_of(params.resource, seen.var_names)
    yield Progress("ligands of cells", 1, 2)
    found = _rank(normalised(seen), pairs, resource, params.permutations, seed)
    if found is None:
        raise MethodError(NO_PAIR.format(name))
    n = seen.obs["cell_type"].value_counts()
    table = found.merge(pairs, on=["source", "target"], how="left")
    table["cells_source"] = table["source"].map(n).astype(int)
    table["cells_target"] = table["target"].map(n).astype(int)
    table["values"] = str(Values.INFERRED)
    notes = (
        "whole counts of spots as they were shared out between cells by their inferred types: "
        "what sets types apart in the reference sets them apart here, and p counts cells of one "
        "spot as if they were independent, which they are not",
        f"{len(pairs):,} pairs of types that touch {params.fewest_contacts} times or more; "
        f"{name!r} of liana",
    )
    yield Progress("ligands of cells", 2, 2)
    title = "Ligands and receptors of types that touch · inferred"
    return (Answer("ligands_cells", title, table, notes, REFERENCES),)


def _touching(contacts: pd.DataFrame, params: AnalyseParams) -> pd.DataFrame:
    """Types that touch often enough, both ways round."""
    import pandas as pd

    often = contacts[contacts["contacts"] >= params.fewest_contacts]
    if often.empty:
        raise MethodError(
            f"Expected types that touch {params.fewest_contacts} times, found "
            f"{int(contacts['contacts'].max())} at most; lower it (--fewest-contacts)."
        )
    kept = often[["type_a", "type_b", "contacts", "ratio"]]
    there = kept.rename(columns={"type_a": "source", "type_b": "target"})
    back = kept.rename(columns={"type_b": "source", "type_a": "target"})
    return pd.concat([there, back]).drop_duplicates(["source", "target"], ignore_index=True)


def _pairs(touching: pd.DataFrame, seen: AnnData) -> pd.DataFrame:
    """Of the types that touch, those with cells whose counts are known."""
    n = seen.obs["cell_type"].value_counts()
    enough = set(n.index[n >= _FEWEST_CELLS])
    kept = touching[touching["source"].isin(enough) & touching["target"].isin(enough)]
    if kept.empty:
        raise MethodError(
            f"Expected types with {_FEWEST_CELLS} cells whose spots have come apart, found none "
            "that touch; infer the expression of a larger part."
        )
    return kept.rename(columns={"ratio": "contacts_ratio"}).reset_index(drop=True)


def _rank(
    cells: AnnData, pairs: pd.DataFrame, resource: pd.DataFrame, permutations: int, seed: int
) -> pd.DataFrame | None:
    """The consensus in our columns; None where no pair is seen often enough."""
    import liana

    cells.obs["cell_type"] = cells.obs["cell_type"].cat.remove_unused_categories()
    try:
        found = liana.mt.rank_aggregate(
            cells,
            groupby="cell_type",
            resource=resource,
            groupby_pairs=pairs[["source", "target"]],
            expr_prop=_SHARE_OF_CELLS,
            min_cells=_FEWEST_CELLS,
            n_perms=permutations,
            seed=seed,
            use_raw=False,
            inplace=False,
            spatial_key=None,
            verbose=False,
        )
    except ValueError:  # what it says when all pairs were left out
        return None
    if found.empty:
        return None
    found = found.rename(columns={"ligand_complex": "ligand", "receptor_complex": "receptor"})
    table = found[["source", "target", "ligand", "receptor"]].astype(str)
    table["magnitude_rank"] = found["magnitude_rank"].to_numpy(float)
    table["specificity_rank"] = found["specificity_rank"].to_numpy(float)
    table["mean_of_both"] = found["lr_means"].to_numpy(float)
    table["p_cellphonedb"] = at_least_once(found["cellphone_pvals"].to_numpy(float), permutations)
    return table.sort_values(["magnitude_rank", "specificity_rank"], ignore_index=True)
