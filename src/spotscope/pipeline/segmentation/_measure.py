"""Numbers that pathologists expect of nuclei: of each one, and of a region."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import segmentation
from spotscope.model import CellKey, EditMark, MeasureKey, MethodError, Region, is_estimated
from spotscope.pipeline.segmentation._nuclei_area import nuclei_area, open_mm2, view_area

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from spotscope.model import Session, StarConvex, Task
    from spotscope.pipeline.segmentation._nuclei_area import Box

__all__ = [
    "NucleiNumbers",
    "measure_step",
    "nuclei_numbers",
    "nucleus_columns",
    "unmeasured",
    "view_numbers",
]


@dataclass(frozen=True, slots=True)
class NucleiNumbers:
    """Nuclei of a region, or of the whole slide.

    Parameters
    ----------
    name
        Of the region.
    count
        Nuclei with their centre in it.
    area_mm2
        Its area without what was excluded; of the whole slide or a view of it, the tissue's.
    of
        What the area is of: "region", "tissue" or "image".
    area_um2, eccentricity, haematoxylin_od
        Medians over its nuclei; NaN where nothing was measured.
    corrected
        Nuclei a person merged, split, drew, or accepted.
    estimated
        Cells that were counted, not seen; in none of the numbers above.
    """

    name: str
    count: int
    area_mm2: float
    of: str
    area_um2: float
    eccentricity: float
    haematoxylin_od: float
    corrected: int
    estimated: int = 0

    @property
    def per_mm2(self) -> float:
        """Nuclei per mm²; NaN without an area."""
        return self.count / self.area_mm2 if self.area_mm2 > 0 else float("nan")

    def to_json(self) -> dict[str, Any]:
        """As a plain dictionary; None for what is not known."""
        values = {**asdict(self), "per_mm2": self.per_mm2}
        return {k: None if v != v else v for k, v in values.items()}


def measure_step(session: Session, rows: npt.NDArray[np.intp] | None = None) -> Task[Session]:
    """Measure the nuclei: eccentricity, and on a colour slide the haematoxylin in each.

    Parameters
    ----------
    session
        With nuclei.
    rows
        Those whose stain is read; those not measured yet by default.

    Raises
    ------
    MethodError
        If there are no nuclei.
    """
    nuclei, slide = session.nuclei, session.sample.slide
    if nuclei is None:
        raise MethodError("Expected nuclei to measure, found none yet; run the Nuclei step first.")
    measures = dict(session.measures)
    measures[str(MeasureKey.ECCENTRICITY)] = _eccentricity(nuclei)
    if slide is not None and slide.is_rgb:
        key = str(MeasureKey.HAEMATOXYLIN)
        known = measures.get(key, np.full(nuclei.n, np.nan, np.float32))
        unknown = unmeasured(session)
        missing = unknown if rows is None else np.intersect1d(rows, unknown)
        if len(missing):
            found = yield from segmentation.measure_stain(slide, nuclei, missing)
            known = np.where(np.isnan(known), found, known)
        measures[key] = known
    return replace(session, measures=measures)


def unmeasured(session: Session) -> npt.NDArray[np.intp]:
    """Rows of nuclei whose stain could be read and was not: of a colour slide alone."""
    nuclei, slide = session.nuclei, session.sample.slide
    if nuclei is None or slide is None or not slide.is_rgb:
        return np.zeros(0, np.intp)
    known = session.measures.get(MeasureKey.HAEMATOXYLIN, np.full(nuclei.n, np.nan, np.float32))
    return np.flatnonzero(np.isnan(known) & ~is_estimated(nuclei))


def nucleus_columns(session: Session) -> dict[str, npt.NDArray[Any]]:
    """(nucleus,) every number there is of the session's nuclei, by the name of its column."""
    if session.nuclei is None:
        return {}
    columns: dict[str, npt.NDArray[Any]] = {
        str(MeasureKey.ECCENTRICITY): _eccentricity(session.nuclei)
    }
    columns |= dict(session.measures)
    if session.cells is not None:
        for key in (CellKey.MARGIN, CellKey.SUPPORT):
            columns[str(key)] = session.cells.table.obs[key].to_numpy(np.float32)
    return columns


def nuclei_numbers(session: Session, region: Region | None = None) -> NucleiNumbers:
    """Count and measure the nuclei of a region, or of the whole slide.

    Raises
    ------
    MethodError
        If there are no nuclei.
    """
    nuclei = _counted(session)
    if region is None:
        everywhere = np.ones(nuclei.n, bool)
        return _numbers(session, session.sample.name, everywhere, nuclei_area(session))
    area = open_mm2(session, region), "region"
    return _numbers(session, region.name, region.contains(nuclei.yx_um), area)


def view_numbers(session: Session, box_um: Box) -> NucleiNumbers:
    """Count and measure the nuclei of a box (y0, x0, y1, x1), in µm, on the tissue in it.

    Raises
    ------
    MethodError
        If there are no nuclei.
    """
    at = _counted(session).yx_um
    inside = np.asarray(((at >= box_um[:2]) & (at < box_um[2:])).all(axis=1))
    return _numbers(session, "view", inside, view_area(session, box_um))


def _counted(session: Session) -> StarConvex:
    if session.nuclei is None:
        raise MethodError("Expected nuclei to count, found none yet; run the Nuclei step first.")
    return session.nuclei


def _numbers(
    session: Session, name: str, inside: npt.NDArray[np.bool_], area: tuple[float, str]
) -> NucleiNumbers:
    """Numbers of some of the nuclei, on an area in mm² and what it is of."""
    nuclei = _counted(session)
    guessed = is_estimated(nuclei) & inside
    inside = inside & ~guessed
    part, none = nuclei.take(inside), np.full(nuclei.n, np.nan)
    stain = session.measures.get(MeasureKey.HAEMATOXYLIN, none)[inside]
    marks = session.measures.get(MeasureKey.EDITED, np.zeros(nuclei.n, np.uint8))[inside]
    return NucleiNumbers(
        name=name,
        count=int(inside.sum()),
        area_mm2=area[0],
        of=area[1],
        area_um2=_median(part.area_um2()),
        eccentricity=_median(segmentation.eccentricity(part)),
        haematoxylin_od=_median(stain),
        corrected=int((marks != EditMark.NONE).sum()),
        estimated=int(guessed.sum()),
    )


def _eccentricity(nuclei: StarConvex) -> npt.NDArray[np.float32]:
    """(nucleus,) of those that were seen."""
    found = np.asarray(segmentation.eccentricity(nuclei), np.float32)
    return np.where(is_estimated(nuclei), np.float32(np.nan), found)


def _median(values: npt.NDArray[Any]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")
