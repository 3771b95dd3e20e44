"""What can stand in the way of cell typing, said before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.cell_typing._products import column_sums
from spotscope.model import GeneSpace, MethodError, Problem

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._params import CellTypingParams
    from spotscope.model import Membership, Reference, Spots

__all__ = ["check"]

_FEW_GENES = 30


def check(
    spots: Spots, reference: Reference, membership: Membership, params: CellTypingParams
) -> list[Problem]:
    """Look at the inputs; an empty list means nothing stands in the way.

    Parameters
    ----------
    spots, reference
        Raw counts.
    membership
        Which cell lies in which spot.
    params
        Parameters of the fit.
    """
    return [
        *_reference_problems(reference),
        *_gene_problems(spots, reference),
        *_cell_problems(spots, membership),
        *_count_problems(spots, params),
    ]


def _reference_problems(reference: Reference) -> list[Problem]:
    totals = reference.totals()
    if not totals.any():
        return [
            Problem(
                f"Expected cells with counts in {reference.name}, found none; give a reference "
                "with raw counts."
            )
        ]
    found = []
    per_type = np.bincount(reference.codes, totals > 0, reference.n_types)
    if (per_type == 0).any():
        names = [reference.types[k] for k in np.flatnonzero(per_type == 0)]
        found.append(
            Problem(
                f"Expected cells with counts of every type, found none of {', '.join(names)}; "
                "remove the type from the reference."
            )
        )
    if (per_type == 1).any():
        names = [reference.types[k] for k in np.flatnonzero(per_type == 1)]
        found.append(
            Problem(
                f"Expected several reference cells of every type, found one of "
                f"{', '.join(names[:5])}{', …' if len(names) > 5 else ''}; "
                "its profile is one cell's noise: merge it with a related type, or add cells.",
                fatal=False,
            )
        )
    return found


def _gene_problems(spots: Spots, reference: Reference) -> list[Problem]:
    try:
        space = GeneSpace.shared(spots.table, reference.table)
    except MethodError as err:
        return [Problem(str(err))]
    if not (column_sums(spots.counts) @ space.left).any():
        return [
            Problem(
                f"Expected counts on the {space.n:,} shared genes, found none in any spot; check "
                "that both are of the same tissue and species."
            )
        ]
    if space.n < _FEW_GENES:
        return [
            Problem(
                f"Expected at least {_FEW_GENES} shared genes, found {space.n}; similar types will "
                "be confused: use a reference with more of the spots' genes.",
                fatal=False,
            )
        ]
    return []


def _cell_problems(spots: Spots, membership: Membership) -> list[Problem]:
    shape, n_cells = membership.overlap.shape, membership.cells_per_spot
    if shape[0] != spots.n:
        return [
            Problem(
                f"Expected the nuclei of {spots.n:,} spots, found those of {shape[0]:,}; assign "
                "nuclei to spots again."
            )
        ]
    if n_cells.sum() == 0:
        return [
            Problem(
                f"Expected nuclei inside spots, found none in any of {spots.n:,} spots (nuclei in "
                f"all: {shape[1]:,}); lower the probability threshold of the nuclei, or check that "
                "spots and image are aligned."
            )
        ]
    empty = int((n_cells == 0).sum())
    if empty > spots.n / 2:
        return [
            Problem(
                f"Expected nuclei in most spots, found none in {empty:,} of {spots.n:,}; their "
                "counts type no cell: lower the probability threshold of the nuclei, or check the "
                "alignment.",
                fatal=False,
            )
        ]
    return []


def _count_problems(spots: Spots, params: CellTypingParams) -> list[Problem]:
    umis = spots.umis
    if (umis >= params.umi_min).any():
        return []
    return [
        Problem(
            f"Expected spots with at least {params.umi_min} counts, found at most "
            f"{int(umis.max()):,} in any; types will follow the neighbours more than the counts.",
            fatal=False,
        )
    ]
