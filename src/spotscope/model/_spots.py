"""Spots: raw counts at places, on a lattice, none ever dropped."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from spotscope.model._counts import as_counts
from spotscope.model._errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import scipy.sparse as sp
    from anndata import AnnData

    from spotscope.model._keys import SpotKey

__all__ = ["Lattice", "Spots"]


@dataclass(frozen=True, slots=True)
class Lattice:
    """How spots are laid out.

    Parameters
    ----------
    kind
        ``hex`` (Visium), ``square`` (legacy ST, HD bins) or ``free`` (beads).
    pitch_um
        Distance between neighbouring centres, in µm.
    diameter_um
        Diameter of the disc from which transcripts are caught, in µm.
    """

    kind: Literal["hex", "square", "free"]
    pitch_um: float
    diameter_um: float

    def __post_init__(self) -> None:
        if not (0 < self.diameter_um < np.inf and 0 < self.pitch_um < np.inf):
            raise ReadError(
                f"Expected a spot pitch and diameter above 0 µm, found {self.pitch_um!r} and "
                f"{self.diameter_um!r}; check the scale factors of the sample."
            )


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """A validated view of a spot table.

    Parameters
    ----------
    table
        AnnData (spot, gene), X = raw counts CSR int32; unique spot names. Positions are *not* in
        it: ``obsm["spatial"]``, the (x, y) of files, is taken out by ``io`` and put back there.
    yx_um
        (spot, 2) centres, (y, x) in µm of the slide's frame.
    lattice
        Layout, pitch and diameter.

    Raises
    ------
    ReadError
        If counts, names or positions are not what they should be.
    """

    table: AnnData
    yx_um: npt.NDArray[np.float64]
    lattice: Lattice

    def __post_init__(self) -> None:
        if self.table.n_obs == 0 or self.table.n_vars == 0:
            raise ReadError(
                f"Expected at least one spot and one gene, found a table of {self.table.n_obs} × "
                f"{self.table.n_vars}; check that the right file was given."
            )
        if not self.table.obs_names.is_unique:
            twice = self.table.obs_names[self.table.obs_names.duplicated()]
            raise ReadError(
                f"Expected every spot name once, found {len(twice)} repeated (such as "
                f"{twice[0]!r}); remove the copies or rename them (adata.obs_names_make_unique())."
            )
        yx = np.asarray(self.yx_um)
        if yx.shape != (self.table.n_obs, 2):
            raise ReadError(
                f"Expected one (y, x) position for each of {self.table.n_obs} spots, "
                f"found an array of shape {yx.shape}."
            )
        lost = ~np.isfinite(yx).all(axis=1)
        if lost.any():
            raise ReadError(
                f"Expected a position for every spot, found {int(lost.sum())} without (such as "
                f"{self.table.obs_names[lost][0]!r}); remove them or fill obsm['spatial'] in."
            )
        self.table.X = as_counts(self.table.X, "the spots")

    @property
    def n(self) -> int:
        """Number of spots."""
        return int(self.table.n_obs)

    @property
    def counts(self) -> sp.csr_matrix:
        """(spot, gene) raw counts."""
        return self.table.X

    @property
    def umis(self) -> npt.NDArray[np.int64]:
        """(spot,) total counts over all genes."""
        counts = self.counts
        busy = np.diff(counts.indptr) > 0
        found = np.zeros(self.n, np.int64)
        if busy.any():  # scipy's own sum would copy all counts as numbers of 64 bits
            starts = counts.indptr[:-1][busy]
            found[busy] = np.add.reduceat(counts.data, starts, dtype=np.int64)
        return found

    def told(
        self, obs: Mapping[SpotKey, Any] | None = None, obsm: Mapping[SpotKey, Any] | None = None
    ) -> Spots:
        """The same spots with other columns; counts and places are shared, these spots stay.

        Parameters
        ----------
        obs
            (spot,) columns by key, such as flags, which hide nothing and drop nothing: they are
            shown and counted. None takes a column out.
        obsm
            (spot, n) columns by key, likewise.
        """
        from anndata import AnnData

        old = self.table
        columns = old.obs.copy()
        for key, values in (obs or {}).items():
            if values is None:
                columns.drop(columns=key.value, errors="ignore", inplace=True)
            else:
                columns[key.value] = values
        several = {**old.obsm, **{key.value: values for key, values in (obsm or {}).items()}}
        kept = {key: values for key, values in several.items() if values is not None}
        table = AnnData(old.X, obs=columns, var=old.var, uns=dict(old.uns), obsm=kept)
        # not checked again: counts of a large section take seconds to look through
        spots = copy(self)
        object.__setattr__(spots, "table", table)
        return spots

    def flagged(self, key: SpotKey) -> npt.NDArray[np.bool_]:
        """(spot,) whether a spot carries the flag."""
        if str(key) not in self.table.obs:
            return np.zeros(self.n, bool)
        return self.table.obs[str(key)].to_numpy(bool)
