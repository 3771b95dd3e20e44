"""As many cells in a disc as somebody says: the least sure go, or some are put where there is room.

A nucleus is one of the disc's when at least half of it lies inside, as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spotscope.model._edits import EditMark
from spotscope.model._estimated import places_in_disc, radius_of
from spotscope.model._membership import MAJORITY, polygon_disc_area

if TYPE_CHECKING:
    from spotscope.model._edits import Edit
    from spotscope.model._star_convex import StarConvex

__all__ = ["Recount", "recount"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Recount:
    """What a count takes away and puts there.

    Parameters
    ----------
    gone
        Rows that go.
    yx_um, radius_um
        (cell, 2) middles and (cell,) radii of those that come.
    """

    gone: npt.NDArray[np.intp]
    yx_um: Floats
    radius_um: Floats


def recount(nuclei: StarConvex, marks: npt.NDArray[np.uint8], edit: Edit) -> Recount:
    """Bring every disc of a count to its number.

    Parameters
    ----------
    nuclei, marks
        What is there; of those in a disc that holds too many, cells that were counted go first,
        then the least sure, and nuclei that were accepted last.
    edit
        Of the kind ``count``.
    """
    tree = cKDTree(nuclei.yx_um) if nuclei.n else None
    reach = nuclei.reach_um()
    far = edit.radius_um + float(reach.max(initial=0.0))
    gone: list[npt.NDArray[np.intp]] = [np.zeros(0, np.intp)]
    places, radii = [np.zeros((0, 2))], [np.zeros(0)]
    for at, n in zip(edit.at_um, edit.counts, strict=True):
        centre = np.array(at)
        near = np.array([] if tree is None else tree.query_ball_point(centre, far), np.intp)
        mine = near[_owned(nuclei.take(near), centre, edit.radius_um)]
        if len(mine) > n:
            sure = np.nan_to_num(nuclei.probability[mine].astype(float), nan=-1.0)
            order = np.lexsort((mine, sure, marks[mine] == EditMark.ACCEPTED))
            gone.append(mine[order[: len(mine) - n]])
        elif len(mine) < n:
            size = radius_of(n, edit.radius_um)
            local = nuclei.yx_um[near] - centre
            free = places_in_disc(n - len(mine), edit.radius_um, local, reach[near], size)
            places.append(free + centre)
            radii.append(np.full(len(free), size))
    return Recount(np.concatenate(gone), np.concatenate(places), np.concatenate(radii))


def _owned(nuclei: StarConvex, centre: Floats, radius_um: float) -> npt.NDArray[np.bool_]:
    if not nuclei.n:
        return np.zeros(0, bool)
    inside = polygon_disc_area(nuclei.polygons() - centre, radius_um)
    return inside >= MAJORITY * nuclei.area_um2()
