"""Marker genes: where types differ enough, and are seen enough, to tell them apart.

Gene g marks type k when   ln μ_kg - ln mean_{l≠k} μ_lg > fold change,   μ_kg > share,
and the spots hold at least a few counts of it. Mitochondrial genes follow the preparation more than
the type, so they never mark one, however their names are written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._products import chosen, column_sums
from spotscope.model import GeneSpace, MethodError

if TYPE_CHECKING:
    import scipy.sparse as sp

    from spotscope.methods.cell_typing._params import CellTypingParams
    from spotscope.model import Reference, Spots

__all__ = [
    "SharedGenes",
    "choose_markers",
    "is_mitochondrial",
    "picked_genes",
    "share_genes",
    "usable_genes",
]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_MITOCHONDRIAL = re.compile(r"^mt[-._:]", re.IGNORECASE)
#: With fewer markers than this all shared genes are used.
FEW_MARKERS = 50
#: The list from which the mix of the whole section is estimated is a little wider.
_WIDER_FOLD, _WIDER_SHARE = 2 / 3, 0.625
_TINY = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class SharedGenes:
    """Spots and reference on the genes they share.

    Parameters
    ----------
    names
        Shared genes, named as in the spots.
    counts
        (spot, gene) CSR.
    profiles
        (type, gene) mean share of *all* counts of a reference cell.
    seen
        (gene,) counts in the whole reference: how well a profile is known.
    note
        What was left out.
    right
        (reference gene, gene) CSR of ones: the reference's cells times it are on shared genes.
    """

    names: tuple[str, ...]
    counts: sp.csr_matrix
    profiles: Floats
    seen: Floats
    note: str
    right: sp.csr_matrix | None = None


def share_genes(spots: Spots, reference: Reference) -> SharedGenes:
    """Restrict both to their shared genes.

    Raises
    ------
    MethodError
        If there are none.
    """
    space = GeneSpace.shared(spots.table, reference.table)
    profiles = np.asarray(reference.profiles() @ space.right)
    seen = column_sums(reference.table.X) @ space.right
    counts = chosen(spots.counts, space.left)
    return SharedGenes(
        space.genes, counts, profiles, np.asarray(seen), space.summary(), space.right
    )


def picked_genes(genes: SharedGenes, names: tuple[str, ...]) -> sp.csr_matrix:
    """(reference gene, gene) one-hot choice of the shared genes of these names."""
    at = {name: g for g, name in enumerate(genes.names)}
    assert genes.right is not None
    return genes.right[:, [at[name] for name in names]]


def is_mitochondrial(names: tuple[str, ...]) -> Mask:
    """(gene,) whether a symbol is one of the mitochondrion's (MT-CO1, mt-Co1, Mt.co1)."""
    return np.array([_MITOCHONDRIAL.match(name) is not None for name in names], bool)


def usable_genes(genes: SharedGenes, params: CellTypingParams) -> Mask:
    """(gene,) seen in spots and reference, and not mitochondrial."""
    total = column_sums(genes.counts)
    usable = (total >= params.marker_counts) & ~is_mitochondrial(genes.names)
    return np.asarray(usable & (genes.profiles.max(axis=0) > 0))


def choose_markers(genes: SharedGenes, params: CellTypingParams) -> tuple[Mask, Mask, list[str]]:
    """Choose the genes that type spots, and the wider list that fits the whole section.

    Returns
    -------
    markers, wider
        (gene,) each.
    notes
        Says when all shared genes had to serve.

    Raises
    ------
    MethodError
        If no shared gene has counts.
    """
    usable = usable_genes(genes, params)
    if not usable.any():
        raise MethodError(
            f"Expected shared genes with counts in spots and reference, found none among "
            f"{len(genes.names):,}; check that both are of the same tissue and species."
        )
    others = (genes.profiles.sum(axis=0) - genes.profiles) / (len(genes.profiles) - 1)
    fold = np.log(genes.profiles + _TINY) - np.log(others + _TINY)

    def marks(fold_change: float, share: float) -> Mask:
        found = (fold > fold_change) & (genes.profiles > share)
        return np.asarray(found.any(axis=0) & usable)

    markers = marks(params.fold_change, params.marker_share)
    wider = marks(params.fold_change * _WIDER_FOLD, params.marker_share * _WIDER_SHARE)
    if markers.sum() >= FEW_MARKERS:
        return markers, wider | markers, []
    note = (
        f"Only {int(markers.sum())} marker genes among {len(genes.names):,} shared genes, so all "
        f"{int(usable.sum()):,} with counts are used."
    )
    return usable, usable, [note]
