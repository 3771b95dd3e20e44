"""What a region of the section holds: its cells by type, how dense, and the genes that mark it.

Intervals (95 %) say how much the number changes from place to place in the region, not how sure
each cell's type is. Shares: nuclei are grouped by their nearest spot, and the groups drawn anew
with replacement.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spotscope.model import MethodError, Progress, is_estimated, run
from spotscope.pipeline._recall import Recall
from spotscope.pipeline._region_genes import GeneContrast, marking_genes
from spotscope.pipeline._region_within import Touching, medians_of, touching, within_said
from spotscope.pipeline.segmentation._nuclei_area import open_mm2

if TYPE_CHECKING:
    from spotscope.model import Cells, Region, Rng, Session, Spots, Task

__all__ = [
    "RegionAnswer",
    "TypeShare",
    "ask_region",
    "ask_region_step",
]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_ASKING = "asking the region"
#: Groups of cells drawn anew, so often.
_DRAWS = 400
#: Fewer spots than this on a side say nothing of their spread.
FEW_SPOTS = 3
_TREES: Recall[cKDTree] = Recall(2)
#: Note of an answer that is not whole yet.
MORE = "more in a moment"


@dataclass(frozen=True, slots=True)
class TypeShare:
    """One type in a region: its nuclei, their share with an interval, and its share elsewhere."""

    name: str
    count: int
    share: float
    low: float
    high: float
    elsewhere: float


@dataclass(frozen=True, slots=True)
class RegionAnswer:
    """What a region holds.

    Parameters
    ----------
    name, classification
        Of the region.
    against
        What it is compared with: the name of another region, or "the rest".
    area_mm2
        Its area on the slide, without what was excluded.
    nuclei, spots
        With their centre in it; None where there are none to count.
    types
        Most frequent first; empty before typing.
    genes
        Those that mark it, clearest first; empty where spots are too few.
    notes
        What should be known of these numbers.
    medians
        Over its nuclei: ``area_um2``, ``eccentricity``, ``haematoxylin_od``, as far as known.
    touching
        Pairs of types that touch most often for their numbers; empty before typing.
    called
        What ``nuclei`` are called: ``cells`` where not all were seen.
    """

    name: str
    area_mm2: float
    classification: str | None = None
    against: str = "the rest"
    nuclei: int | None = None
    spots: int | None = None
    types: tuple[TypeShare, ...] = ()
    genes: tuple[GeneContrast, ...] = ()
    notes: tuple[str, ...] = field(default=())
    medians: dict[str, float] = field(default_factory=dict)
    touching: tuple[Touching, ...] = ()
    called: str = "nuclei"

    @property
    def per_mm2(self) -> float | None:
        """Nuclei per mm²; 0 where all of the area was excluded."""
        if self.nuclei is None:
            return None
        return self.nuclei / self.area_mm2 if self.area_mm2 > 0 else 0.0

    def to_json(self) -> dict[str, Any]:
        """As a plain dictionary."""
        pairs = [pair._asdict() for pair in self.touching]
        return {**asdict(self), "touching": pairs, "per_mm2": self.per_mm2}

    @property
    def within(self) -> list[str]:
        """How its nuclei look and which types touch, a line each."""
        return within_said(self.medians, self.touching)


def ask_region(
    session: Session, region: Region, against: Region | None = None, *, rng: Rng = 0
) -> RegionAnswer:
    """Say it at once; see :func:`ask_region_step`."""
    return run(ask_region_step(session, region, against, rng=rng))


def ask_region_step(
    session: Session, region: Region, against: Region | None = None, *, rng: Rng = 0
) -> Task[RegionAnswer]:
    """Say what a region holds, beside all else or beside another region.

    What is there at once comes first: the previews are answers that hold less.

    Parameters
    ----------
    session
        With nuclei, spots, or both.
    region, against
        The region, and what it is compared with; all that lies outside by default.
    rng
        Draws the groups of cells for the intervals.

    Raises
    ------
    MethodError
        If neither a nucleus nor a spot lies in the region.
    """
    spots, cells = session.sample.spots, session.cells
    yield Progress(_ASKING, 0, 4)
    in_nuclei = None if session.nuclei is None else region.contains(session.nuclei.yx_um)
    in_spots = None if spots is None else region.contains(spots.yx_um)
    answer = RegionAnswer(
        region.name,
        open_mm2(session, region),
        region.classification,
        against.name if against is not None else "the rest",
        None if in_nuclei is None else int(in_nuclei.sum()),
        None if in_spots is None else int(in_spots.sum()),
        called=session.called,
    )
    if not answer.nuclei and not answer.spots:
        raise MethodError(
            f"Expected nuclei or spots in the region {region.name!r}, found none; "
            "draw it on the tissue."
        )
    yield Progress(_ASKING, 1, 4, _so_far(answer))
    here = None if cells is None else region.contains(cells.yx_um)
    # without an image a spot's cells lie at its centre, and no nucleus is counted
    if cells is not None and here is not None and (answer.nuclei or session.nuclei is None):
        beside = _beside(here, against, cells.yx_um)
        answer = replace(answer, types=_types(cells, spots, here, beside, rng))
    yield Progress(_ASKING, 2, 4, _so_far(answer))
    if answer.nuclei:
        answer = replace(answer, medians=medians_of(session, region))
    if session.nuclei is not None and in_nuclei is not None:
        guessed = is_estimated(session.nuclei)
        if n := int((guessed & in_nuclei).sum()):
            note = f"{n:,} of its cells are guessed from the counts: where they lie is not known."
            answer = replace(answer, notes=(note,))
        if cells is not None and here is not None:
            answer = replace(answer, touching=touching(cells, here & ~guessed))
    yield Progress(_ASKING, 3, 4, _so_far(answer))
    if spots is not None and in_spots is not None:
        outside = _beside(in_spots, against, spots.yx_um)
        if min(int(in_spots.sum()), int(outside.sum())) >= FEW_SPOTS:
            genes = yield from marking_genes(spots, in_spots, outside)
            answer = replace(answer, genes=genes)
        else:
            note = (
                f"{answer.spots} spots inside and {int(outside.sum())} to compare with: "
                f"genes need {FEW_SPOTS} on each side."
            )
            answer = replace(answer, notes=(*answer.notes, note))
    return answer


def _so_far(answer: RegionAnswer) -> RegionAnswer:
    """The answer as a preview: with a word that more is to come."""
    return replace(answer, notes=(MORE,))


def _beside(inside: Mask, against: Region | None, yx_um: Floats) -> Mask:
    """What the region is compared with; a place in both regions is in neither."""
    return ~inside if against is None else against.contains(yx_um) & ~inside


def _types(
    cells: Cells, spots: Spots | None, here: Mask, beside: Mask, rng: Rng
) -> tuple[TypeShare, ...]:
    codes, n = cells.type_codes, len(cells.types)
    others = np.bincount(codes[beside & (codes >= 0)], minlength=n)
    there = others / max(int(others.sum()), 1)
    known = here & (codes >= 0)
    group = _groups(cells.yx_um[known], spots)
    table = np.zeros((int(group.max(initial=-1)) + 1, n))
    np.add.at(table, (group, codes[known]), 1)
    counts = table.sum(axis=0)
    share = counts / max(counts.sum(), 1.0)
    low, high = _interval(table, rng)
    rows = [
        TypeShare(
            cells.types[k],
            int(counts[k]),
            float(share[k]),
            float(min(low[k], share[k])),
            float(max(high[k], share[k])),
            float(there[k]),
        )
        for k in np.argsort(-counts, kind="stable")
        if counts[k] or there[k] > 0
    ]
    return tuple(rows)


def _groups(yx_um: Floats, spots: Spots | None) -> npt.NDArray[np.intp]:
    """(cell,) number of its group: nearest spot, or square of 100 µm where there are no spots."""
    if spots is not None:
        tree = _TREES((spots.yx_um,), None, lambda: cKDTree(spots.yx_um))
        _, nearest = tree.query(yx_um) if len(yx_um) else (None, np.zeros(0, int))
        raw = np.asarray(nearest)
    else:
        squares = np.floor(yx_um / 100.0).astype(np.int64)
        raw = squares[:, 0] * 2**31 + squares[:, 1]
    return np.unique(raw, return_inverse=True)[1]


def _interval(table: Floats, rng: Rng) -> tuple[Floats, Floats]:
    """95 % interval of each type's share, groups drawn anew with replacement."""
    n, k = table.shape
    if n < 2:
        return np.zeros(k), np.ones(k)
    draws = np.random.default_rng(rng).multinomial(n, np.full(n, 1 / n), size=_DRAWS)
    sums = draws @ table
    shares = sums / np.maximum(sums.sum(axis=1, keepdims=True), 1.0)
    low, high = np.quantile(shares, [0.025, 0.975], axis=0)
    return low, high
