"""A spot's counts as its nuclei give them back: what was observed, beside what they explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import ExpressionKey, polygon_disc_area

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.model import Session

__all__ = ["given_back"]


def given_back(session: Session, index: int, genes: Sequence[str]) -> tuple[float | None, ...]:
    """Σ_c a_c x_c of a spot: expected counts of its nuclei, each by the share the spot sees of it.

    Parameters
    ----------
    session
        With spots and nuclei.
    index
        Of the spot.
    genes
        Names, as in the spot table.

    Returns
    -------
    (gene,) counts; None of genes that were not inferred, and of all where the spot was not.
    """
    nothing: tuple[None, ...] = (None,) * len(genes)
    cells, nuclei, spots = session.cells, session.nuclei, session.sample.spots
    if cells is None or nuclei is None or spots is None:
        return nothing
    if ExpressionKey.MEAN not in cells.table.layers:
        return nothing
    mine = cells.table.obs[ExpressionKey.SPOT].to_numpy() == spots.table.obs_names[index]
    rows = np.flatnonzero(mine)
    if not rows.size:
        return nothing
    some = nuclei.take(rows)
    local = some.polygons() - spots.yx_um[index]
    seen = polygon_disc_area(local, spots.lattice.diameter_um / 2) / some.area_um2()
    mean = cells.table.layers[ExpressionKey.MEAN][rows]
    total = np.minimum(seen, 1.0) @ mean
    place = {str(name).upper(): k for k, name in enumerate(cells.table.var_names)}
    found = [place.get(gene.upper()) for gene in genes]
    return tuple(None if k is None or np.isnan(total[k]) else float(total[k]) for k in found)
