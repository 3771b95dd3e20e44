"""What still holds of the cells' expression after a correction, or at another ν."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.model import CellKey, Cells, ExpressionKey, ExpressionSource
from spotscope.pipeline.expression._cells import (
    DENSE,
    RECORD,
    SPARSE,
    has_expression,
    hidden_r_of,
    table_with,
    with_rows,
    write_column,
)

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["kept_expression"]

#: A nucleus moves by about as much as its confidence does: less than this is not seen.
_AS_SURE = 0.05


def kept_expression(before: Cells | None, after: Cells) -> Cells:
    """Take over what still holds into a table made anew: expression of spots that are as they were.

    A spot is as it was when the same nuclei of the same types lie in it, and, where nuclei were
    averaged by it, their confidence is what it was to a twentieth. A cell of any other spot, and
    one between spots of another type or confidence, is not inferred any more; the spot that it was,
    or would have been, told of still stands beside it.

    Parameters
    ----------
    before
        Cells with expression, or without.
    after
        Cells after a correction, or typed at another ν.
    """
    if before is None or not has_expression(before):
        return after
    old = before.table
    from_row = _rows_before(before, after)
    spots = _spots_before_and_after(before, after, from_row)
    changed = _changed(before, after, from_row, spots)
    kept = np.flatnonzero((from_row >= 0) & ~changed)
    names = tuple(map(str, old.var_names))
    layers: dict[str, Any] = {}
    for key in DENSE:
        whole = np.full((after.n, len(names)), np.nan, np.float32)
        whole[kept] = old.layers[key.value][from_row[kept]]
        layers[key.value] = whole
    for key in SPARSE:
        part = old.layers[key.value][from_row[kept]]
        layers[key.value] = with_rows(None, after.n, kept, part)
    table = table_with(after.table, names, layers)
    for key, nothing in ((ExpressionKey.METHOD, ""), (ExpressionKey.SOURCE, ExpressionSource.NONE)):
        values = old.obs[key.value].astype(str).to_numpy()[from_row[kept]]
        write_column(table, key, kept, values, str(nothing), None)
    told = np.setdiff1d(old.obs[ExpressionKey.SPOT.value].astype(str).unique().astype(str), [""])
    theirs = np.flatnonzero(np.isin(spots[1], told))
    write_column(table, ExpressionKey.SPOT, theirs, spots[1][theirs], "", None)
    table.var[ExpressionKey.EXPLAINED.value] = old.var[ExpressionKey.EXPLAINED.value].to_numpy()
    table.var[ExpressionKey.HIDDEN_R.value] = hidden_r_of(len(names), None, old)
    table.uns[RECORD] = old.uns[RECORD]
    return replace(after, table=table)


def _rows_before(before: Cells, after: Cells) -> npt.NDArray[np.intp]:
    """(cell of ``after``,) its row in ``before``, -1 of one that is new."""
    labels = before.table.obs[CellKey.LABEL_ID].to_numpy(np.int64).tolist()
    place = {label: row for row, label in enumerate(labels)}
    wanted = after.table.obs[CellKey.LABEL_ID].to_numpy(np.int64).tolist()
    return np.array([place.get(label, -1) for label in wanted], np.intp)


def _changed(
    before: Cells,
    after: Cells,
    from_row: npt.NDArray[np.intp],
    spots: tuple[npt.NDArray[np.str_], npt.NDArray[np.str_]],
) -> npt.NDArray[np.bool_]:
    """(cell of ``after``,) whether its spot, or without a spot its own type, is another."""
    marks = [_marks(cells) for cells in (before, after)]
    if _averaged(before):
        other = _otherwise_sure(before, after, from_row)
        marks[1][other] += np.uint64(1)  # however many they are, the sum is another
    names, place = np.unique(np.concatenate(spots), return_inverse=True)
    split = np.split(place, [before.n])
    sums = []
    for own, where in zip(marks, split, strict=True):
        total = np.zeros(len(names), np.uint64)
        np.add.at(total, where, own)
        sums.append(total)
    other_spot = (sums[0] != sums[1])[split[1]]
    alone = spots[1] == ""
    other_self = ~np.isin(marks[1], marks[0])
    return np.where(alone, other_self, other_spot)


def _spots_before_and_after(
    before: Cells, after: Cells, from_row: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.str_]]:
    """(cell,) the spot that sees most of each; a nucleus that is still there is seen as it was."""
    was, now = before.table.obs, after.table.obs
    told = was[ExpressionKey.SPOT.value].astype(str).to_numpy(str)
    held = was[CellKey.SPOT_ID].astype(str).to_numpy(str)
    first = np.where(told != "", told, held)
    held = now[CellKey.SPOT_ID].astype(str).to_numpy(str)
    return first, np.where(from_row >= 0, first[np.maximum(from_row, 0)], held)


def _averaged(cells: Cells) -> bool:
    """Whether nuclei were averaged over the cells they may be; earlier sessions never did."""
    params = json.loads(cells.table.uns[RECORD]).get("params", {})
    return params.get("who") == "averaged"


def _otherwise_sure(
    before: Cells, after: Cells, from_row: npt.NDArray[np.intp]
) -> npt.NDArray[np.bool_]:
    """(cell of ``after``,) whether its type is surer, or less sure, than it was."""
    was, now = before.table.obs, after.table.obs
    if CellKey.SUPPORT not in was or CellKey.SUPPORT not in now:
        return np.full(after.n, (CellKey.SUPPORT in was) != (CellKey.SUPPORT in now))
    # what is not known counts as certain, as in averaging
    first, second = (
        np.nan_to_num(obs[CellKey.SUPPORT].to_numpy(float), nan=1) for obs in (was, now)
    )
    return (from_row >= 0) & (np.abs(second - first[np.maximum(from_row, 0)]) > _AS_SURE)


def _marks(cells: Cells) -> npt.NDArray[np.uint64]:
    """(cell,) a number that stands for label and type."""
    label = cells.table.obs[CellKey.LABEL_ID].to_numpy(np.uint64)
    names = np.array([hash(name) & 0xFFFF_FFFF for name in cells.types] + [1], np.uint64)
    kind = names[cells.type_codes]
    with np.errstate(over="ignore"):
        mixed = label * np.uint64(0x9E37_79B9_7F4A_7C15)
        mixed ^= kind * np.uint64(0xC2B2_AE3D_27D4_EB4F)
        mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58_476D_1CE4_E5B9)
        mixed ^= mixed >> np.uint64(32)
    return mixed
