"""What is said of expression that was inferred: figures, and what the user should know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.methods.expression import CellExpression, ExpressionParams
    from spotscope.model import Membership, Spots

__all__ = ["figures_of", "genes_left_out", "notes_of", "which_is_which"]

#: Mean confidence of types above which taking them for sure costs next to nothing.
_SURE = 0.9


def figures_of(
    found: CellExpression, wanted: npt.NDArray[np.intp], spots: Spots
) -> dict[str, float | int | str]:
    """Numbers of a run for its record."""
    seen = ~found.from_prior
    return {
        "method": found.method,
        "cells": int(found.n),
        "cells_in_spots": int(seen.sum()),
        "genes": len(found.gene_names),
        "spots": len(wanted),
        "spots_of_the_sample": int(spots.n),
        "explained_by_data": round(float(found.explained[seen].mean()), 4) if seen.any() else 0.0,
    }


def notes_of(
    found: CellExpression, spots: Spots, membership: Membership, called: str
) -> tuple[str, ...]:
    """Say what the method found, and which spots touch nothing of what is ``called`` so."""
    one = "nucleus" if called == "nuclei" else "cell"
    notes = list(found.notes)
    seen = np.diff(membership.overlap.tocsr().indptr) > 0
    if empty := int((~seen).sum()):
        notes.append(
            f"{empty:,} of {spots.n:,} spots touch no {one}: their counts are given to no cell"
        )
    return tuple(dict.fromkeys(notes))


def genes_left_out(found: CellExpression, shared: int) -> tuple[str, ...]:
    """Say of how many shared genes nothing is told."""
    if (told := len(found.gene_names)) == shared:
        return ()
    return (
        f"{told:,} of {shared:,} shared genes are told, those in which cells differ most; all are "
        "evidence",
    )


def which_is_which(
    membership: Membership,
    support: npt.NDArray[np.float64] | None,
    params: ExpressionParams,
    called: str,
) -> tuple[str, ...]:
    """Say it where nuclei of a spot may well be taken for one another.

    Of all spots, as nothing else is comparable: those of a lasso or a correction may be few.
    """
    inside = np.unique(membership.overlap.tocoo().col)
    if support is None or not inside.size or (sure := float(np.nanmean(support[inside]))) > _SURE:
        return ()
    if params.who == "averaged":
        done = "each is shown as the average of the cells it may be"
    else:
        done = "each is shown as the cell its type says, which errs more than averaging"
    return (f"types of {called} in spots are sure to {sure:.0%} on average: {done}",)
