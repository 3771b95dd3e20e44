"""The area that nuclei are counted on, without what was excluded.

What an exclusion takes away is told by points spread evenly over the box around it: those inside it
by the even-odd rule, on the slide, on tissue where the area is that of the tissue, and in no
exclusion before it. So an area that was excluded twice, or that is glass, is not taken away again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import Region, tissue_mask
from spotscope.pipeline._regions import inside_any

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.model import Session, Slide

__all__ = ["Box", "excluded", "nuclei_area", "open_mm2", "view_area"]

#: (y0, x0, y1, x1) in µm.
Box = tuple[float, float, float, float]

#: Points on a side of the box around a region.
_SAMPLES = 200


def excluded(session: Session) -> tuple[Region, ...]:
    """The regions that are not to be counted on."""
    return tuple(
        Region(edit.note or "excluded", np.array(edit.path_um)) for edit in session.edits.excluded
    )


def nuclei_area(session: Session) -> tuple[float, str]:
    """Area in mm² that nuclei were looked for on, and its word, without exclusions.

    The ``tissue`` where it is known, else the whole ``image``; 0 without either.
    """
    slide, tissue = session.sample.slide, _tissue_mm2(session)
    if tissue > 0:
        mask = _tissue_of(session) if session.edits.excluded else None
        return max(tissue - _out_mm2(session, mask), 0.0), "tissue"
    image = float(np.prod(slide.extent_um)) / 1e6 if slide is not None else 0.0
    return max(image - _out_mm2(session, None), 0.0), "image"


def view_area(session: Session, box_um: Box) -> tuple[float, str]:
    """Area in mm² that :func:`nuclei_area` is made of in a box, and its word; NaN without a slide.

    So a density there and that of the slide are of the same thing: glass is in neither.
    """
    slide, of = session.sample.slide, "tissue" if _tissue_mm2(session) > 0 else "image"
    if slide is None:
        return float("nan"), of
    mask = _tissue_of(session) if of == "tissue" else None
    counted = np.ones((1, 1), bool) if mask is None else mask
    size = np.divide(slide.extent_um, counted.shape)
    y, x = (
        _covered(low, high, step, n)
        for low, high, step, n in zip(box_um[:2], box_um[2:], size, counted.shape, strict=True)
    )
    inside = float(y @ counted @ x) / 1e6
    if mask is not None and mask.any():  # the record's is rounded: all of the slide has as much
        inside *= _tissue_mm2(session) / (mask.mean() * np.prod(slide.extent_um) / 1e6)
    return max(inside - _out_mm2(session, mask, box_um), 0.0), of


def _covered(low: float, high: float, step: float, n: int) -> npt.NDArray[np.float64]:
    """(n,) µm of each of ``n`` pixels in a row that lie between two places."""
    edges = np.clip(np.arange(n + 1) * step, low, max(low, high))
    return np.diff(edges)


def _tissue_mm2(session: Session) -> float:
    """Area of the tissue as the segmentation saw it; 0 where nobody knows."""
    record = session.records.get("segment")
    tissue = record.figures.get("tissue_mm2") if record is not None else None
    return float(tissue) if isinstance(tissue, int | float) else 0.0


def _tissue_of(session: Session) -> npt.NDArray[np.bool_] | None:
    """Where that tissue is; None without a slide."""
    record, slide = session.records.get("segment"), session.sample.slide
    channel = record.params.get("channel", 0) if record is not None else 0
    return None if slide is None else _tissue(slide, int(channel))


def open_mm2(session: Session, region: Region) -> float:
    """Area of a region in mm², as far as it lies on the slide, without what was excluded."""
    slide, out = session.sample.slide, excluded(session)
    y0, x0, y1, x1 = region.box_um
    within = slide is None or bool(
        min(y0, x0) >= 0 and y1 <= slide.extent_um[0] and x1 <= slide.extent_um[1]
    )
    if within and not out:
        return region.area_um2 / 1e6
    points, each = _spread(region, None if slide is None else slide.extent_um)
    points = points[region.contains(points)]
    kept = int((~inside_any(out, points)).sum()) if out and len(points) else len(points)
    return kept * each / 1e6


def _out_mm2(
    session: Session, tissue: npt.NDArray[np.bool_] | None, box_um: Box | None = None
) -> float:
    """What all exclusions together take away, of a box alone if one is given."""
    slide, before, out = session.sample.slide, list[Region](), 0.0
    for region in excluded(session):
        points, each = _spread(region, None if slide is None else slide.extent_um)
        points = points[region.contains(points)] if each > 0 else points[:0]
        if box_um is not None:
            points = points[((points >= box_um[:2]) & (points < box_um[2:])).all(axis=1)]
        if before:
            points = points[~inside_any(before, points)]
        if slide is not None and tissue is not None:
            at = (points / slide.extent_um * tissue.shape).astype(int)
            points = points[tissue[at[:, 0], at[:, 1]]]
        out += len(points) * each / 1e6
        before.append(region)
    return out


def _spread(
    region: Region, within: tuple[float, float] | None = None
) -> tuple[npt.NDArray[np.float64], float]:
    """(point, 2) places spread evenly over the box around a region, and the µm² each stands for.

    ``within``: (y, x) size of the slide in µm; the box ends where it does.
    """
    y0, x0, y1, x1 = region.box_um
    if within is not None:
        (y0, y1), (x0, x1) = np.clip((y0, y1), 0, within[0]), np.clip((x0, x1), 0, within[1])
    steps = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    y, x = np.meshgrid(y0 + steps * (y1 - y0), x0 + steps * (x1 - x0), indexing="ij")
    return np.stack([y.ravel(), x.ravel()], axis=1), float((y1 - y0) * (x1 - x0)) / _SAMPLES**2


@lru_cache(maxsize=1)
def _tissue(slide: Slide, channel: int) -> npt.NDArray[np.bool_]:
    """Where the segmentation saw tissue."""
    params = SegmentationParams(channel=channel)
    return tissue_mask(*segmentation.nuclear_thumbnail(slide, params))
