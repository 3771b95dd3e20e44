"""Fingerprints of inputs: two that are equal give equal results, whatever the files are called."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import fingerprint_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt
    import scipy.sparse as sp

    from spotscope.model import Reference, Slide, Spots, StarConvex

__all__ = ["of_outlines", "of_reference", "of_slide", "of_spots", "of_text"]


def of_text(text: str) -> str:
    """Fingerprint a string."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def of_slide(slide: Slide) -> str:
    """Fingerprint a slide by its file, or by its coarsest level when it has none."""
    if slide.source is not None and slide.source.exists():
        content = fingerprint_file(slide.source)
    else:
        content = _digest([np.asarray(slide.levels[-1])], [str(slide.shape)])
    return of_text(f"{content}:{slide.mpp:.9g}")


def of_spots(spots: Spots) -> str:
    """Fingerprint counts, genes, names, places and lattice."""
    lattice = spots.lattice
    layout = f"{lattice.kind}:{lattice.pitch_um:.6g}:{lattice.diameter_um:.6g}"
    names = [layout, *spots.table.obs_names, *spots.table.var_names]
    return _digest([*_parts(spots.counts), spots.yx_um], names)


def of_reference(reference: Reference) -> str:
    """Fingerprint counts, genes and types."""
    names = [*reference.types, *reference.table.var_names]
    return _digest([*_parts(reference.table.X), reference.codes], names)


def of_outlines(outlines: StarConvex) -> str:
    """Fingerprint outlines, their probabilities, and labels where they have their own."""
    own = [] if outlines.labels is None else [outlines.labels]
    return _digest([outlines.yx_um, outlines.radii_um, outlines.probability, *own], [])


def _parts(matrix: sp.csr_matrix) -> list[npt.NDArray[np.generic]]:
    return [matrix.data, matrix.indices.astype(np.int64), matrix.indptr.astype(np.int64)]


def _digest(arrays: Iterable[npt.NDArray[np.generic]], names: Iterable[str]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(f"{array.dtype}:{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).view(np.uint8).data)
    for name in names:
        digest.update(name.encode() + b"\0")
    return digest.hexdigest()
