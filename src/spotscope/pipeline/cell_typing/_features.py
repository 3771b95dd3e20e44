"""Numbers of the nuclei that may tell of their types: size, shape and stain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import segmentation
from spotscope.model import MeasureKey, is_estimated

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.model import Session, Task

__all__ = ["nucleus_features"]


def nucleus_features(
    session: Session,
) -> Task[tuple[Session, npt.NDArray[np.float64] | None]]:
    """(nucleus, feature) area, eccentricity and, on a colour slide, mean density of the stain.

    Returns
    -------
    The session, which holds the stain so that the slide is read once; and the features, None
    without nuclei that were seen. Cells that were counted look like nothing: not a number.
    """
    nuclei, slide = session.nuclei, session.sample.slide
    if nuclei is None or is_estimated(nuclei).all():
        return session, None
    columns = [nuclei.area_um2(), segmentation.eccentricity(nuclei)]
    if slide is not None and slide.is_rgb:
        key = str(MeasureKey.HAEMATOXYLIN)
        known = session.measures.get(key, np.full(nuclei.n, np.nan, np.float32))
        missing = np.flatnonzero(np.isnan(known) & ~is_estimated(nuclei))
        if len(missing):
            found = yield from segmentation.measure_stain(slide, nuclei, missing)
            known = np.where(np.isnan(known), found, known)
            session = replace(session, measures={**session.measures, key: known})
        columns.append(known)
    features = np.stack([np.asarray(column, float) for column in columns], axis=1)
    features[is_estimated(nuclei)] = np.nan
    return session, features
