"""The honest baseline: counts are split as the types' means say.

    x_c = y Λ_c / Σ_j a_j Λ_j,        Λ_c = κ_s e^γ m_k(c)

m the mean cells of the section's types (``_section_means``). Every gene by itself, exact
conservation (Σ a_c x_c = y), types with more RNA take more. No cell differs from another of its
type in the same spot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.expression._describe import describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.methods.expression._arrange import Ints
    from spotscope.methods.expression._describe import Described
    from spotscope.methods.expression._evidence import Evidence

__all__ = ["split_cells"]


def split_cells(evidence: Evidence) -> Callable[[Ints, Ints], Described]:
    """Return what splits the counts of spots (b,) between cells (b, m)."""
    dispersion = evidence.fitted.dispersion[:, evidence.wanted].astype(np.float32)

    def cells_of(spots: Ints, cells: Ints) -> Described:
        counts = evidence.counts_of(spots)
        cut = evidence.cut(spots, cells, counts, dispersion, dispersion)
        return describe(cut, cut.prior)

    return cells_of
