"""What lies under the mouse, found in well under a millisecond: no Qt.

Genes are ordered by how far their counts y stand above what is expected of them,

    (y - e) / √(e + 1),    e = the gene's share of the section's counts × the spot's counts,

so those that every spot is full of do not fill the card.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spotscope.model import CellKey, ExpressionKey, Progress, TypeSource, is_estimated
from spotscope.model._edit_shapes import holds
from spotscope.widgets.cell_typing._held_deeds import is_held
from spotscope.widgets.nuclei._qc_review import polygon_of

if TYPE_CHECKING:
    from spotscope.model import Session, Task

__all__ = ["HELD", "HoverIndex", "Hovered", "index_task"]

#: So many of the nearest nuclei may cover a place.
_NEAREST = 6
_GENES = 4
#: Cells whose mean is taken as what is expected of an inferred gene.
_SOME = 4000
#: Where a type comes from that somebody has given.
HELD = "held"


@dataclass(frozen=True, slots=True)
class Hovered:
    """What is under the mouse.

    Parameters
    ----------
    key
        The same for the same thing.
    type_name
        Of the nucleus; "" without one, or without a type.
    support
        How sure the type is; NaN where nothing is known.
    source
        A :class:`~spotscope.model.TypeSource`, :data:`HELD`, or "".
    area_um2
        Of the nucleus; NaN beside all nuclei.
    marked
        What others marked the nucleus as, or "".
    spot
        Name of the spot that is there, or "".
    umis
        Its counts.
    genes
        Those that stand out most.
    inferred
        Whether the genes are inferred of the nucleus, not measured in the spot.
    estimated
        Whether the nucleus stands for a cell that nobody saw.
    """

    key: tuple[int, int]
    type_name: str = ""
    support: float = float("nan")
    source: str = ""
    area_um2: float = float("nan")
    marked: str = ""
    spot: str = ""
    umis: int = 0
    genes: tuple[str, ...] = ()
    inferred: bool = False
    estimated: bool = False

    @property
    def is_nucleus(self) -> bool:
        """Whether there is a nucleus."""
        return self.key[0] >= 0


@dataclass(frozen=True, slots=True, eq=False)
class HoverIndex:
    """A session, ready to be asked what is where; made by :func:`index_task`."""

    session: Session
    nuclei: cKDTree | None
    spots: cKDTree | None
    reach_um: float
    radius_um: float
    types: tuple[str, ...]
    codes: npt.NDArray[np.int16]
    support: npt.NDArray[np.float32]
    source: npt.NDArray[Any]
    share: npt.NDArray[np.float64]
    umis: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float32] | None

    def at(self, yx_um: tuple[float, float]) -> Hovered | None:
        """What is at a place; None beside everything."""
        row, spot = self._nucleus(yx_um), self._spot(yx_um)
        if row < 0 and spot < 0:
            return None
        said: dict[str, Any] = {"key": (row, spot)}
        if row >= 0 and self.session.nuclei is not None:
            one = self.session.nuclei.take(np.array([row]))
            said["area_um2"] = float(one.area_um2()[0])
            said["estimated"] = bool(is_estimated(one)[0])
            said["marked"] = one.classes.word(0) if one.classes is not None else ""
        if row >= 0 and len(self.codes):
            said["type_name"] = self.types[self.codes[row]] if self.codes[row] >= 0 else ""
            said["support"] = float(self.support[row])
            said["source"] = str(self.source[row])
        genes = self._inferred_genes(row) if row >= 0 else ()
        said["inferred"] = bool(genes)
        if spot >= 0:
            said["spot"] = self._spot_name(spot)
            said["umis"] = int(self.umis[spot])
            genes = genes or self._measured_genes(spot)
        return Hovered(**said, genes=genes)

    def _nucleus(self, yx_um: tuple[float, float]) -> int:
        nuclei = self.session.nuclei
        if self.nuclei is None or nuclei is None:
            return -1
        n = min(_NEAREST, nuclei.n)
        far, rows = self.nuclei.query(yx_um, k=n, distance_upper_bound=self.reach_um)
        point = np.asarray(yx_um)
        for distance, row in zip(np.atleast_1d(far), np.atleast_1d(rows), strict=True):
            if np.isfinite(distance) and holds(polygon_of(nuclei, int(row)), point):
                return int(row)
        return -1

    def _spot(self, yx_um: tuple[float, float]) -> int:
        if self.spots is None:
            return -1
        far, index = self.spots.query(yx_um, distance_upper_bound=self.radius_um)
        return int(index) if np.isfinite(far) else -1

    def _spot_name(self, spot: int) -> str:
        spots = self.session.sample.spots
        return "" if spots is None else str(spots.table.obs_names[spot])

    def _measured_genes(self, spot: int) -> tuple[str, ...]:
        spots = self.session.sample.spots
        assert spots is not None
        counts = spots.counts
        cells = slice(counts.indptr[spot], counts.indptr[spot + 1])
        genes, found = counts.indices[cells], counts.data[cells]
        expected = self.share[genes] * self.umis[spot]
        above = np.where(found >= 2, (found - expected) / np.sqrt(expected + 1), -np.inf)
        return tuple(str(spots.table.var_names[genes[k]]) for k in _first(above))

    def _inferred_genes(self, row: int) -> tuple[str, ...]:
        cells = self.session.cells
        if self.mean is None or cells is None:
            return ()
        found = np.asarray(cells.table.layers[ExpressionKey.MEAN][row])
        if np.isnan(found[0]):
            return ()
        above = (found - self.mean) / np.sqrt(self.mean + 0.05)
        return tuple(str(cells.table.var_names[k]) for k in _first(above))


def index_task(session: Session) -> Task[HoverIndex]:
    """Prepare a session for the mouse, on a thread."""
    yield Progress("sorting nuclei by place", 0, 3)
    nuclei, spots, cells = session.nuclei, session.sample.spots, session.cells
    tree = cKDTree(nuclei.yx_um) if nuclei is not None and nuclei.n else None
    reach = float(nuclei.radii_um.max()) if tree is not None and nuclei is not None else 0.0
    yield Progress("sorting nuclei by place", 1, 3)
    share, umis = np.zeros(0), np.zeros(0)
    if spots is not None:
        share = np.asarray(spots.counts.sum(axis=0), float).ravel()
        share /= max(share.sum(), 1.0)
        umis = np.asarray(spots.umis, float)
    yield Progress("sorting nuclei by place", 2, 3)
    types: tuple[str, ...] = ()
    codes, support = np.zeros(0, np.int16), np.zeros(0, np.float32)
    source: npt.NDArray[Any] = np.zeros(0, object)
    if cells is not None:
        obs = cells.table.obs
        types, codes = cells.types, cells.type_codes
        support = obs[CellKey.SUPPORT].to_numpy(np.float32)
        source = np.asarray(obs[CellKey.SOURCE].astype(object))
        source[is_held(session)] = HELD
    return HoverIndex(
        session,
        tree,
        cKDTree(spots.yx_um) if spots is not None else None,
        reach,
        spots.lattice.diameter_um / 2 if spots is not None else 0.0,
        types,
        codes,
        support,
        source,
        share,
        umis,
        _mean_inferred(session),
    )


def _mean_inferred(session: Session) -> npt.NDArray[np.float32] | None:
    """(gene,) mean over some of the cells of which expression is known."""
    cells = session.cells
    if cells is None or ExpressionKey.MEAN not in cells.table.layers:
        return None
    mean = cells.table.layers[ExpressionKey.MEAN]
    known = np.flatnonzero(np.isfinite(mean[:, 0]))
    if not known.size:
        return None
    return np.asarray(mean[known[:: max(1, known.size // _SOME)]].mean(axis=0), np.float32)


def _first(above: npt.NDArray[np.floating[Any]]) -> list[int]:
    """Places of the highest that are above what is expected, the highest first."""
    if above.size > _GENES:
        some = np.argpartition(-above, _GENES)[:_GENES]
    else:
        some = np.arange(above.size)
    return [int(k) for k in some[np.argsort(-above[some], kind="stable")] if above[k] > 0]


#: Words of where a type comes from.
SOURCES = {
    HELD: "held by hand",
    str(TypeSource.SPOT): "from its spot",
    str(TypeSource.NEIGHBOURS): "from its neighbours",
}
