"""Fingerprints that every run of a step asks for, taken once of each array."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import CellKey, Reference
from spotscope.pipeline._fingerprint import of_reference, of_spots, of_text
from spotscope.pipeline._recall import Recall

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.methods.expression import ExpressionParams, FittedExpression
    from spotscope.model import Cells, Membership, Spots

__all__ = [
    "mark_of_cells",
    "mark_of_places",
    "mark_of_reference",
    "mark_of_spots",
    "mark_of_support",
    "marks_of_question",
]

_REFERENCES: Recall[str] = Recall()
_SPOTS: Recall[str] = Recall()


def marks_of_question(
    spots: Spots,
    source: Reference | FittedExpression,
    cells: Cells,
    membership: Membership,
    wanted: npt.NDArray[np.intp],
    params: ExpressionParams,
    seed: int,
) -> dict[str, str]:
    """Fingerprint all that an answer depends on but for the genes that are told.

    Parameters
    ----------
    spots, cells, membership
        The section.
    source
        The reference, or a checkpoint of it.
    wanted
        (k,) numbers of the spots asked for.
    params, seed
        Of the run.
    """
    known = mark_of_reference(source) if isinstance(source, Reference) else source.fingerprint
    marks = {
        "spots": mark_of_spots(spots),
        "reference": known,
        "cells": mark_of_cells(cells, membership),
        "places": mark_of_places(cells),
        "wanted": of_text(str(wanted.tolist())),
        "params": of_text(params.model_dump_json(exclude={"most_genes", "also_genes"})),
        "seed": str(seed),
    }
    if params.who == "averaged":
        marks["support"] = mark_of_support(cells)
    return marks


def mark_of_reference(reference: Reference) -> str:
    """Fingerprint counts, genes and types."""
    table = reference.table
    arrays = (table.X.data, table.X.indices, reference.codes, table.var_names)
    return _REFERENCES(arrays, reference.types, lambda: of_reference(reference))


def mark_of_spots(spots: Spots) -> str:
    """Fingerprint counts, genes, names, places and lattice."""
    table = spots.table
    counts = spots.counts
    arrays = (counts.data, counts.indices, spots.yx_um, table.obs_names, table.var_names)
    return _SPOTS(arrays, spots.lattice, lambda: of_spots(spots))


def mark_of_cells(cells: Cells, membership: Membership) -> str:
    """Fingerprint types, and which cell lies in which spot."""
    digest = hashlib.blake2b(str(cells.types).encode(), digest_size=16)
    for array in (cells.type_codes, membership.owner):
        digest.update(np.ascontiguousarray(array, np.int64).data)
    return digest.hexdigest()


def mark_of_support(cells: Cells) -> str:
    """Fingerprint how sure the types are."""
    obs = cells.table.obs
    sure = obs[CellKey.SUPPORT].to_numpy(np.float64) if CellKey.SUPPORT in obs else np.zeros(0)
    return hashlib.blake2b(np.ascontiguousarray(sure).data, digest_size=16).hexdigest()


def mark_of_places(cells: Cells) -> str:
    """Fingerprint where the cells are."""
    return hashlib.blake2b(np.ascontiguousarray(cells.yx_um).data, digest_size=16).hexdigest()
