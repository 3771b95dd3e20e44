"""Cells: nuclei with a place, a spot and a type; expression in named layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model._keys import CellKey

if TYPE_CHECKING:
    from anndata import AnnData

    from spotscope.model._star_convex import StarConvex

__all__ = ["UNTYPED", "Cells"]

#: Code of a cell whose type is not known.
UNTYPED = -1


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A validated view of a cell table.

    Parameters
    ----------
    table
        AnnData (cell, gene), one row a cell in the order of ``outlines``; ``obs`` has the columns
        of :class:`~spotscope.model.CellKey`. Like a spot table it holds no ``obsm["spatial"]``.
    yx_um
        (cell, 2) centres, (y, x) in µm.
    outlines
        Their outlines, or None where no image was read (cells of ``spotscope type``).
    """

    table: AnnData
    yx_um: npt.NDArray[np.float64]
    outlines: StarConvex | None = None

    def __post_init__(self) -> None:
        assert self.yx_um.shape == (self.table.n_obs, 2), self.yx_um.shape
        assert self.outlines is None or self.outlines.n == self.table.n_obs
        missing = [key for key in CellKey if str(key) not in self.table.obs]
        assert not missing, missing

    @property
    def n(self) -> int:
        """Number of cells."""
        return int(self.table.n_obs)

    @property
    def types(self) -> tuple[str, ...]:
        """Names of the cell types."""
        return tuple(map(str, self.table.obs[CellKey.CELL_TYPE].cat.categories))

    @property
    def type_codes(self) -> npt.NDArray[np.int16]:
        """(cell,) index into ``types``; -1 where unknown."""
        return self.table.obs[CellKey.CELL_TYPE].cat.codes.to_numpy(np.int16)

    def counts_per_type(self) -> dict[str, int]:
        """Number of cells of every type."""
        codes = self.type_codes
        found = np.bincount(codes[codes >= 0], minlength=len(self.types))
        return dict(zip(self.types, map(int, found), strict=True))
