"""Numbers of the nuclei that may tell of their types: size, shape and stain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import segmentation
from spotscope.model import MeasureKey

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.model import Session, Task

__all__ = ["nucleus_features"]


def nucleus_features(session: Session) -> Task[npt.NDArray[np.float64] | None]:
    """(nucleus, feature) area, eccentricity and, on a colour slide, mean density of the stain.

    The stain is read from the slide where the session does not hold it. None without nuclei.
    """
    nuclei, slide = session.nuclei, session.sample.slide
    if nuclei is None or not nuclei.n:
        return None
    columns = [nuclei.area_um2(), segmentation.eccentricity(nuclei)]
    if slide is not None and slide.is_rgb:
        known = session.measures.get(MeasureKey.HAEMATOXYLIN, np.full(nuclei.n, np.nan))
        missing = np.flatnonzero(np.isnan(known))
        if len(missing):
            found = yield from segmentation.measure_stain(slide, nuclei, missing)
            known = np.where(np.isnan(known), found, known)
        columns.append(known)
    return np.stack([np.asarray(column, float) for column in columns], axis=1)
