"""Pairs of ligand and receptor that liana knows, among the genes there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.model import MethodError

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

__all__ = ["NO_PAIR", "REFERENCES", "pairs_of"]

REFERENCES = (
    "Dimitrov D et al. LIANA+ provides an all-in-one framework for cell-cell communication "
    "inference. Nat Cell Biol 2024.",
    "Dimitrov D et al. Comparison of methods and resources for cell-cell communication inference "
    "from single-cell RNA-Seq data. Nat Commun 2022.",
)
NO_PAIR = (
    "Expected ligands and receptors of {!r} among the genes, found none that is seen often enough; "
    "take another list (--resource) or lower the share of spots (--fewest-seen)."
)


def pairs_of(name: str, genes: Collection[str]) -> tuple[str, pd.DataFrame]:
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
        raise MethodError(NO_PAIR.format(name))
    return name.lower(), pairs[there].reset_index(drop=True)
