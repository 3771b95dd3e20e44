"""What an analysis works on: plain tables that a program of its own can read.

Places are µm, (y, x), as everywhere inside; distances do not ask which comes first.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from spotscope.model import CellKey, ExpressionKey, ExpressionSource, TypeSource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd
    from anndata import AnnData

    from spotscope.model import Region, Session

__all__ = ["PLACE", "REST", "Material", "read_material", "write_material"]

PLACE = "yx_um"
#: Name of what a region is compared with where no second one is given.
REST = "the rest"
_SPOTS, _CELLS, _ABOUT = "spots.h5ad", "cells.h5ad", "material.json"


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Tables of one session.

    Parameters
    ----------
    spots
        X: (spot, gene) raw counts; ``obsm["yx_um"]``; ``obs["side"]``: ``a``, ``b`` or ``""``.
    cells
        Typed cells alone, or None. X: (cell, gene) whole counts that were shared out, no genes
        where spots have not come apart; ``obs``: ``cell_type``, ``in_spot``, ``unsmoothed`` (the
        type at ν = 0, "" where it is not to be had), ``seen`` (its counts come from a spot) and
        ``home`` (row of that spot, or -1); ``obsm["yx_um"]``.
    pitch_um
        Distance between neighbouring spots.
    sides
        Names of the two regions that are compared, or empty.
    """

    spots: AnnData
    cells: AnnData | None
    pitch_um: float
    sides: tuple[str, ...] = ()

    @classmethod
    def of_session(
        cls,
        session: Session,
        regions: Sequence[Region] = (),
        unsmoothed: npt.NDArray[np.integer[Any]] | None = None,
    ) -> Material:
        """Take what is needed from a session with spots.

        Parameters
        ----------
        session
            With spots; with cells or without.
        regions
            One or two that are compared; one alone is compared with the rest.
        unsmoothed
            (cell,) type of each cell at ν = 0, where that is known.
        """
        from anndata import AnnData

        spots = session.sample.spots
        assert spots is not None
        table = AnnData(
            spots.counts,
            obs=_obs(spots.table.obs_names),
            var=_obs(spots.table.var_names),
            obsm={PLACE: spots.yx_um},
        )
        table.obs["side"] = _sides(regions, spots.yx_um)
        names = tuple(region.name for region in regions)
        if len(names) == 1:
            names = (*names, REST)
        cells = None if session.cells is None else _cells(session, unsmoothed)
        return cls(table, cells, float(spots.lattice.pitch_um), names)


def write_material(material: Material, folder: Path) -> None:
    """Write it for another program to read."""
    material.spots.write_h5ad(folder / _SPOTS)
    if material.cells is not None:
        material.cells.write_h5ad(folder / _CELLS)
    about = {"pitch_um": material.pitch_um, "sides": list(material.sides)}
    (folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")


def read_material(folder: Path) -> Material:
    """Read what :func:`write_material` wrote."""
    import anndata

    about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    cells = folder / _CELLS
    return Material(
        anndata.read_h5ad(folder / _SPOTS),
        anndata.read_h5ad(cells) if cells.exists() else None,
        about["pitch_um"],
        tuple(about["sides"]),
    )


def _sides(regions: Sequence[Region], yx_um: npt.NDArray[np.float64]) -> list[str]:
    """Which of the two regions each place lies in; what lies in both is in neither."""
    if not regions:
        return [""] * len(yx_um)
    a = regions[0].contains(yx_um)
    b = ~a if len(regions) == 1 else regions[1].contains(yx_um)
    return list(np.where(a & ~b, "a", np.where(b & ~a, "b", "")))


def _cells(session: Session, unsmoothed: npt.NDArray[np.integer[Any]] | None) -> AnnData:
    """The typed cells, as text and whole counts."""
    import pandas as pd
    from anndata import AnnData

    cells, spots = session.cells, session.sample.spots
    assert cells is not None
    assert spots is not None
    table = cells.table
    kept = np.flatnonzero(cells.type_codes >= 0)
    types = np.array([*cells.types, ""])
    obs = _obs(table.obs_names[kept])
    obs["cell_type"] = pd.Categorical(types[cells.type_codes[kept]])
    obs["in_spot"] = (table.obs[CellKey.SOURCE] == TypeSource.SPOT).to_numpy()[kept]
    plain = np.full(len(kept), -1) if unsmoothed is None else unsmoothed[kept]
    obs["unsmoothed"] = pd.Categorical(types[plain])
    counts, var = sp.csr_matrix((len(kept), 0), dtype=np.float32), _obs([])
    obs["seen"], obs["home"] = False, -1
    if ExpressionKey.ASSIGNED.value in table.layers:
        counts = sp.csr_matrix(table.layers[ExpressionKey.ASSIGNED.value][kept], dtype=np.float32)
        var = _obs(table.var_names)
        source = table.obs[ExpressionKey.SOURCE.value]
        obs["seen"] = (source == ExpressionSource.SPOT).to_numpy()[kept]
        home = table.obs[ExpressionKey.SPOT.value].astype(str)
        obs["home"] = spots.table.obs_names.get_indexer(home)[kept]
    return AnnData(counts, obs=obs, var=var, obsm={PLACE: cells.yx_um[kept]})


def _obs(names: Any) -> pd.DataFrame:
    """An empty table with these names, each once: a gene that is named again gets a number."""
    import pandas as pd
    from anndata.utils import make_index_unique

    index = pd.Index([str(name) for name in names], dtype=object)
    return pd.DataFrame(index=index if index.is_unique else make_index_unique(index))
