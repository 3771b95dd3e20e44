"""Which nucleus to look at next, and which one is meant. No Qt.

A nucleus is worth a look when it may be wrong and much hangs on it:

    worth = (1 - p s) / m,

p the probability that it is a nucleus, s the support of its type (1 before typing), m the nuclei of
its spot, whose counts it takes a share of. Nuclei between spots, on which no counts hang, come
after those of spots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model import CellKey, EditMark, MeasureKey
from spotscope.model._edit_shapes import holds

if TYPE_CHECKING:
    from spotscope.model import Session, StarConvex

__all__ = ["about_nucleus", "nucleus_at", "nucleus_under", "polygon_of", "review_order"]

Rows = npt.NDArray[np.intp]

#: Of a list longer than this nobody sees the end.
MOST = 200
#: Nuclei as sure as this are not worth a look.
_SURE = 0.8
#: What hangs on a nucleus between spots, beside one that has a spot for itself.
_BETWEEN = 0.02


def review_order(session: Session) -> Rows:
    """Rows of the nuclei to look at, the one most worth it first; at most :data:`MOST`.

    Nuclei that somebody has looked at (accepted, merged, split, drawn) are left out.
    """
    nuclei = session.nuclei
    if nuclei is None or not nuclei.n:
        return np.zeros(0, np.intp)
    sure = nuclei.probability.astype(float)
    weight = np.ones(nuclei.n)
    if session.cells is not None:
        obs = session.cells.table.obs
        sure = sure * obs[CellKey.SUPPORT].to_numpy(float)
        spot = obs[CellKey.SPOT_ID].astype("category").cat
        names = np.append(spot.categories.to_numpy(str), "")
        code = spot.codes.to_numpy()
        held = np.bincount(code[code >= 0], minlength=len(names)).astype(float)
        weight = np.where(names[code] == "", _BETWEEN, 1 / np.maximum(held[code], 1))
    marks = session.measures.get(MeasureKey.EDITED, np.zeros(nuclei.n, np.uint8))
    worth = (1 - sure) * weight
    worth[(marks != EditMark.NONE) | (sure >= _SURE)] = -1
    first = np.argsort(-worth, kind="stable")[:MOST]
    return np.asarray(first[worth[first] > 0], np.intp)


def nucleus_at(nuclei: StarConvex, yx_um: npt.ArrayLike) -> int | None:
    """Row of the nucleus drawn at a place: of several that cover it, the most probable."""
    if not nuclei.n:
        return None
    point = np.asarray(yx_um, float)
    far = np.hypot(*(nuclei.yx_um - point).T)
    near = np.flatnonzero(far <= nuclei.reach_um())
    covering = [row for row in near.tolist() if holds(polygon_of(nuclei, row), point)]
    if not covering:
        return None
    return int(max(covering, key=lambda row: (nuclei.probability[row], -row)))


def polygon_of(nuclei: StarConvex, row: int) -> npt.NDArray[np.float64]:
    """(ray, 2) corners of one nucleus, in µm."""
    return np.asarray(nuclei.take(np.array([row])).polygons()[0])


def nucleus_under(nuclei: StarConvex, path_um: npt.NDArray[np.float64]) -> int | None:
    """Row of the nucleus that a line drawn by hand runs through the longest; None beside all."""
    ends = np.asarray(path_um, float)
    steps = np.linspace(0, 1, 25)[:, None]
    points = ends[0] + steps * (ends[-1] - ends[0])
    hit = [row for point in points if (row := nucleus_at(nuclei, point)) is not None]
    return max(set(hit), key=hit.count) if hit else None


def _seen(nuclei: StarConvex, row: int) -> tuple[str, ...]:
    """How sure and how large it is; a cell that was counted is neither."""
    sure = float(nuclei.probability[row])
    if np.isnan(sure):
        return ("estimated, not seen",)
    area = nuclei.take(np.array([row])).area_um2()[0]
    return f"probability {sure:.2f}", f"{area:.0f} µm²"


def about_nucleus(session: Session, row: int) -> str:
    """A line about one nucleus."""
    nuclei = session.nuclei
    assert nuclei is not None
    parts = [
        f"Nucleus {int(nuclei.label_id[row]):,}",
        *_seen(nuclei, row),
    ]
    if nuclei.classes is not None and (marked := nuclei.classes.word(row)):
        parts.append(f"marked {marked}")
    if session.cells is not None:
        cell = session.cells.table.obs.iloc[row]
        name = str(cell[CellKey.CELL_TYPE])
        parts.append("no type" if name == "nan" else f"{name} {float(cell[CellKey.SUPPORT]):.2f}")
        parts.append(f"spot {cell[CellKey.SPOT_ID]}" if cell[CellKey.SPOT_ID] else "between spots")
    return " · ".join(parts)
