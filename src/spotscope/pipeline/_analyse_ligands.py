"""Ligands and receptors of neighbours, by liana: between typed cells, and between spots.

Cells: rank_aggregate, the consensus of several scores, of the pairs of types that touch. Spots:
Moran's R of ligand and receptor, standardised over the n spots, with Gaussian weights w that sum to
n and join a spot to itself too,

    R = Σ_ij w_ij l_j r_i,    at spot i  (l_i Σ_j w_ij r_j + r_i Σ_j w_ij l_j),

the latter where both are above their mean around it, else 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import MethodError, Progress
from spotscope.pipeline._analyse_answer import Answer, adjusted, at_least_once
from spotscope.pipeline._analyse_material import PLACE
from spotscope.pipeline._analyse_neighbours import cells_of, contact_table
from spotscope.pipeline._analyse_params import Values
from spotscope.pipeline._analyse_variable import normalised, seen_genes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from anndata import AnnData

    from spotscope.model import Task
    from spotscope.pipeline._analyse_material import Material
    from spotscope.pipeline._analyse_params import AnalyseParams

__all__ = ["PAIR", "ligands_of_cells", "ligands_of_spots"]

REFERENCES = (
    "Dimitrov D et al. LIANA+ provides an all-in-one framework for cell-cell communication "
    "inference. Nat Cell Biol 2024.",
    "Dimitrov D et al. Comparison of methods and resources for cell-cell communication inference "
    "from single-cell RNA-Seq data. Nat Commun 2022.",
)
#: Between the two names of a pair.
PAIR = " → "
#: What a gene must be seen in, of the cells of a type.
_SHARE_OF_CELLS = 0.1
_FEWEST_CELLS = 10
_WEIGHTS = "around_connectivities"


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
    name, resource = _resource(params.resource, seen.var_names)
    yield Progress("ligands of cells", 1, 2)
    found = _rank(normalised(seen), pairs, resource, params.permutations, seed)
    if found is None:
        raise MethodError(_NO_PAIR.format(name))
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


def ligands_of_spots(
    material: Material, params: AnalyseParams, seed: int
) -> Task[tuple[Answer, ...]]:
    """Rank ligands of spots and receptors around them; counts as they were measured.

    Raises
    ------
    MethodError
        If there are too few spots, or no pair of genes.
    """
    spots = seen_genes(material.spots, params.fewest_seen)
    name, resource = _resource(params.resource, spots.var_names)
    yield Progress("ligands of spots", 0, 3)
    plain = normalised(spots)
    _weigh(plain, params.reach_spots * material.pitch_um)
    yield Progress("ligands of spots", 1, 3)
    table = _over_the_slide(plain, resource, params, seed)
    yield Progress("ligands of spots", 2, 3)
    scores = _at_each_spot(plain, table)
    notes = (
        "the spots' own counts, per 10,000, logarithm; which cells of a spot make them is not told",
        f"places are shuffled {params.permutations} times, ligand and receptor of a spot together: "
        "p says whether the two lie together over more than the spot itself",
        f"{len(table):,} pairs of {name!r} of liana whose genes "
        f"{params.fewest_seen:.0%} of the spots have",
    )
    yield Progress("ligands of spots", 3, 3)
    title = "Ligands and receptors of neighbouring spots · measured"
    return (Answer("ligands_spots", title, table, notes, REFERENCES, scores),)


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


def _resource(name: str, genes: Sequence[str]) -> tuple[str, pd.DataFrame]:
    """The list of pairs that is asked for, or fits the way genes are written; pairs that are here.

    Raises
    ------
    MethodError
        If liana has no such list, or none of its pairs is among the genes.
    """
    import liana

    known = liana.rs.show_resources()
    if name == "auto":
        words = [gene for gene in genes if gene.isascii() and gene[:1].isalpha()]
        shouted = sum(gene == gene.upper() for gene in words)
        name = "consensus" if 2 * shouted >= len(words) else "mouseconsensus"
    if name.lower() not in known:
        raise MethodError(
            f"Expected a list of pairs that liana has ({', '.join(known)}), found {name!r}."
        )
    pairs = liana.rs.select_resource(name.lower()).drop_duplicates()
    have = set(genes)
    there = [
        all(part in have for complex_ in pair for part in complex_.split("_"))
        for pair in pairs[["ligand", "receptor"]].itertuples(index=False)
    ]
    if not any(there):
        raise MethodError(_NO_PAIR.format(name))
    return name.lower(), pairs[there].reset_index(drop=True)


_NO_PAIR = (
    "Expected ligands and receptors of {!r} among the genes, found none that is seen often enough; "
    "take another list (--resource) or lower the share of spots (--fewest-seen)."
)


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


def _weigh(spots: AnnData, width_um: float) -> None:
    """Gaussian weights of the spots around each spot and of itself, down to a tenth."""
    import liana

    liana.ut.spatial_neighbors(
        spots,
        bandwidth=width_um,
        cutoff=0.1,
        kernel="gaussian",
        set_diag=True,
        max_neighbours=min(100, spots.n_obs - 1),
        spatial_key=PLACE,
        key_added="around",
    )


def _over_the_slide(
    spots: AnnData, resource: pd.DataFrame, params: AnalyseParams, seed: int
) -> pd.DataFrame:
    """Moran's R of every pair, beside places that are shuffled; the largest first."""
    import liana

    found = liana.mt.bivariate(
        spots,
        resource=resource,
        connectivity_key=_WEIGHTS,
        local_name=None,
        global_name=["morans"],
        n_perms=params.permutations,
        mask_negatives=True,  # one side: together, not apart
        nz_prop=params.fewest_seen,
        seed=seed,
        use_raw=False,
        verbose=False,
    )
    table = found[["ligand", "receptor"]].astype(str)
    table["morans_r"] = found["morans"].to_numpy(float)
    table["p"] = at_least_once(found["morans_pvals"].to_numpy(float), params.permutations)
    table["q"] = adjusted(table["p"].to_numpy())
    table["values"] = str(Values.MEASURED)
    return table.sort_values("morans_r", ascending=False, ignore_index=True)


def _at_each_spot(spots: AnnData, table: pd.DataFrame) -> pd.DataFrame:
    """(spot, pair) local R, in the order of the table."""
    import liana
    import pandas as pd

    local = liana.mt.bivariate(
        spots,
        interactions=list(zip(table["ligand"], table["receptor"], strict=True)),
        connectivity_key=_WEIGHTS,
        local_name="morans",
        global_name=None,
        mask_negatives=True,
        nz_prop=0.0,
        use_raw=False,
        verbose=False,
    )
    order = local.var_names.get_indexer(table["ligand"] + "^" + table["receptor"])
    scores = local.X.toarray()[:, order].astype(np.float32)
    names = list(table["ligand"] + PAIR + table["receptor"])
    return pd.DataFrame(scores, index=spots.obs_names.astype(str), columns=names)
