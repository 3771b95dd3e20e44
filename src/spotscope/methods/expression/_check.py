"""What can stand in the way of expression, said before it starts."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import GeneSpace, MethodError, MissingDependencyError, Problem

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.methods.expression._params import ExpressionParams
    from spotscope.model import Membership, Reference, Spots

__all__ = ["check", "check_reference", "memory_bytes", "require_torch"]

_FEW_CELLS = 10
_FEW_GENES = 30
#: Dense arrays of a run: mean, sd and explained of two tiers, and of what is put together.
_ARRAYS = 9
_MOST_BYTES = 16 << 30


def memory_bytes(n_cells: int, n_genes: int) -> int:
    """Memory of a run, in bytes; what is computed on the way is bounded and small beside it."""
    return n_cells * n_genes * 4 * _ARRAYS


def require_torch() -> None:
    """See that torch is there.

    Raises
    ------
    MissingDependencyError
        If it is not.
    """
    if find_spec("torch") is None:
        raise MissingDependencyError(
            "The method 'score' needs torch, which is not installed. "
            "Install it with: pip install 'spotscope[segmentation]'"
        )


def check(
    spots: Spots,
    codes: npt.NDArray[np.integer],
    membership: Membership,
    reference: Reference,
    params: ExpressionParams,
    *,
    n_genes: int | None = None,
    most_bytes: int = _MOST_BYTES,
) -> list[Problem]:
    """Look at the inputs; an empty list means nothing stands in the way.

    Parameters
    ----------
    spots, reference
        Raw counts.
    codes
        (cell,) types, an index into the reference's; -1 where unknown.
    membership
        Which cell lies in which spot.
    params
        Parameters.
    n_genes
        Genes wanted; all of the reference by default.
    most_bytes
        Memory an answer may take.
    """
    wanted = reference.table.n_vars if n_genes is None else n_genes
    return [
        *check_reference(reference, params),
        *_gene_problems(spots, reference),
        *cell_problems(spots.n, codes, membership, reference.n_types),
        *memory_problems(len(codes), wanted, most_bytes),
    ]


def check_reference(reference: Reference, params: ExpressionParams) -> list[Problem]:
    """Problems of the reference alone."""
    cells = reference.cells_per_type()
    per_type = np.bincount(reference.codes, reference.totals(), reference.n_types)
    if (per_type == 0).any():
        names = [reference.types[k] for k in np.flatnonzero(per_type == 0)]
        return [
            Problem(
                f"Expected counts in cells of every type of {reference.name}, found none in "
                f"{', '.join(names)}; remove the type from the reference."
            )
        ]
    few = cells < _FEW_CELLS
    if params.method != "split" and few.any():
        names = [f"{reference.types[k]} ({cells[k]})" for k in np.flatnonzero(few)]
        return [
            Problem(
                f"Expected at least {_FEW_CELLS} cells of every type, found fewer of "
                f"{', '.join(names)}; how their cells differ is borrowed from the other types.",
                fatal=False,
            )
        ]
    return []


def _gene_problems(spots: Spots, reference: Reference) -> list[Problem]:
    try:
        space = GeneSpace.shared(spots.table, reference.table)
    except MethodError as err:
        return [Problem(str(err))]
    if (spots.counts @ space.left).count_nonzero() == 0:
        return [
            Problem(
                f"Expected counts on the {space.n:,} shared genes, found none in any spot; check "
                "that both are of the same tissue and species."
            )
        ]
    if space.n < _FEW_GENES:
        return [
            Problem(
                f"Expected at least {_FEW_GENES} shared genes, found {space.n}; what other genes "
                "do is mostly the type's mean.",
                fatal=False,
            )
        ]
    return []


def cell_problems(
    n_spots: int, codes: npt.NDArray[np.integer], membership: Membership, n_types: int
) -> list[Problem]:
    """Problems of cells, spots and types between each other."""
    shape = membership.overlap.shape
    if shape[0] != n_spots:
        return [
            Problem(
                f"Expected the nuclei of {n_spots:,} spots, found those of {shape[0]:,}; assign "
                "nuclei to spots again."
            )
        ]
    if shape[1] != len(codes):
        return [
            Problem(
                f"Expected a type for each of {shape[1]:,} nuclei, found {len(codes):,}; type the "
                "cells again."
            )
        ]
    if len(codes) and (codes.min() < -1 or codes.max() >= n_types):
        return [
            Problem(
                f"Expected types from 0 to {n_types - 1} (-1 where unknown), found "
                f"{int(codes.min())} to {int(codes.max())}; type the cells with this reference."
            )
        ]
    if not (codes >= 0).any():
        return [Problem("Expected typed cells, found none; type the cells first.")]
    return []


def support_problems(n_cells: int, support: npt.ArrayLike | None) -> list[Problem]:
    """Problems of the probabilities of the cells' types."""
    if support is None:
        return []
    sure = np.asarray(support, float)
    if sure.shape != (n_cells,):
        return [
            Problem(
                f"Expected a confidence for each of {n_cells:,} nuclei, found {sure.size:,}; type "
                "the cells again."
            )
        ]
    if (sure < 0).any() or (sure > 1).any():
        return [
            Problem(
                f"Expected confidences from 0 to 1, found {np.nanmin(sure):g} to "
                f"{np.nanmax(sure):g}; type the cells again."
            )
        ]
    return []


def memory_problems(n_cells: int, n_genes: int, most_bytes: int) -> list[Problem]:
    """Problem of an answer that does not fit."""
    needed = memory_bytes(n_cells, n_genes)
    if needed <= most_bytes:
        return []
    return [
        Problem(
            f"Expected an answer below {most_bytes / 2**30:.1f} GiB, found {n_cells:,} cells × "
            f"{n_genes:,} genes, which take {needed / 2**30:.1f} GiB; tell fewer genes "
            "(--most-genes N)."
        )
    ]
