"""Raw counts at the door: integers, not negative, no NaN, kept sparse."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from spotscope.model._errors import ReadError

__all__ = ["as_counts"]


def as_counts(matrix: Any, what: str) -> sp.csr_matrix:
    """Return ``matrix`` as CSR int32 raw counts.

    Parameters
    ----------
    matrix
        (row, gene), dense or sparse, any number type.
    what
        The thing's name in the error ("the spots", "the reference").

    Raises
    ------
    ReadError
        If a value is NaN, infinite, negative, not whole, or if the values look log-normalised.
    """
    if getattr(matrix, "dtype", None) == np.float16:  # which scipy has no sparse matrix of
        matrix = np.asarray(matrix, np.float32)
    csr = sp.csr_matrix(matrix)
    csr.sum_duplicates()
    values = csr.data
    if values.dtype.kind not in "iufb":
        raise ReadError(
            f"Expected numbers as counts of {what}, found {values.dtype}; "
            "give the raw count matrix."
        )
    if values.dtype.kind == "f":
        bad = ~np.isfinite(values)
        if bad.any():
            raise ReadError(
                f"Expected finite counts of {what}, found {int(bad.sum()):,} that are NaN or "
                "infinite; give the raw count matrix, with 0 where nothing was counted."
            )
    if values.size and values.min() < 0:
        raise ReadError(
            f"Expected counts of {what} to be 0 or more, found {values.min():g}; the matrix looks "
            "scaled or centred: give the raw count matrix (often layers['counts'] or .raw)."
        )
    if values.dtype.kind == "f":
        broken = values != np.rint(values)
        if broken.any():
            looks_logged = values.max() < 30
            found = "log-normalised values" if looks_logged else "values that are not whole"
            raise ReadError(
                f"Expected raw whole counts of {what}, found {found} (such as "
                f"{float(values[broken][0]):.3f}); give the raw count matrix "
                "(often layers['counts'] or .raw)."
            )
    if values.size and values.max() > np.iinfo(np.int32).max:
        raise ReadError(f"Expected counts of {what} below 2^31, found {values.max():g}.")
    return sp.csr_matrix(
        (values.astype(np.int32), csr.indices, csr.indptr), shape=csr.shape, copy=False
    )
