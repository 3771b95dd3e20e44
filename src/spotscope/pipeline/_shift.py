"""How far the spots lie off the image, by their counts and its stain."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.methods import alignment
from spotscope.model import MethodError, Progress, Sample, Session, SpotKey, optical_density
from spotscope.pipeline._block_means import block_means

if TYPE_CHECKING:
    from spotscope.methods.alignment import DensityMap, ShiftFound
    from spotscope.model import Slide, Spots, Task

__all__ = ["as_figures", "measure_alignment"]

#: µm of a pixel in which density is told; a spot is ten of them wide.
_PIXEL_UM = 5.0


def measure_alignment(session: Session, *, seed: int = 0) -> Task[ShiftFound]:
    """Tell from counts and image how far the spots are off; nothing is moved.

    Parameters
    ----------
    session
        With slide and spots; nuclei, where there are any, are looked at too.
    seed
        Of the bootstrap.

    Raises
    ------
    MethodError
        If there is no slide or no spots, or too few of them.
    """
    slide, spots = _both(session.sample)
    alignment.check_spots(spots.n)
    lattice = spots.lattice
    raw = yield from _density(slide, spots)
    if session.nuclei is not None and session.nuclei.n:
        raw = _with_nuclei(raw, session.nuclei.yx_um)
    yield Progress("measuring the alignment", 1, 2)
    image = alignment.disc_means(raw, lattice.diameter_um)
    used = np.ones(spots.n, bool)
    if SpotKey.OUTSIDE_REGION in spots.table.obs:
        used = ~spots.flagged(SpotKey.OUTSIDE_REGION)
    found = alignment.estimate_shift(
        spots.umis[used], spots.yx_um[used], lattice.pitch_um, image, rng=seed
    )
    yield Progress("measuring the alignment", 2, 2)
    return found


def as_figures(found: ShiftFound) -> dict[str, Any]:
    """What was measured, as JSON."""
    return {
        "down_um": round(found.yx_um[0], 2),
        "right_um": round(found.yx_um[1], 2),
        "radius_um": round(found.radius_um, 2),
        "agreement": round(found.agreement, 4),
        "at_best": round(found.at_best, 4),
        "tells": found.tells,
        "sentence": found.sentence,
    }


def _both(sample: Sample) -> tuple[Slide, Spots]:
    if sample.slide is None or sample.spots is None:
        raise MethodError(
            f"Expected an image and spots to lay upon each other, found one alone in {sample.name};"
            " add the other (--image)."
        )
    return sample.slide, sample.spots


def _density(slide: Slide, spots: Spots) -> Task[DensityMap]:
    """(feature, y, x) stain around the spots: of H&E haematoxylin and all stain, else channels."""
    margin = 2 * spots.lattice.pitch_um
    around = spots.yx_um.min(axis=0) - margin, spots.yx_um.max(axis=0) + margin
    is_rgb = slide.is_rgb
    means = yield from block_means(slide, _PIXEL_UM, lambda part: _planes(part, is_rgb), around)
    if min(means.values.shape[1:]) < 2:
        raise MethodError("Expected spots on the image, found them beside it; check the sample.")
    return means


def _planes(part: Any, is_rgb: bool) -> Any:
    if not is_rgb:
        return np.moveaxis(part.astype(np.float32), -1, 0)
    from skimage.color import rgb2hed

    haematoxylin = rgb2hed(part)[..., 0].astype(np.float32)
    return np.stack([haematoxylin, optical_density(part).mean(axis=-1)])


def _with_nuclei(raw: DensityMap, yx_um: Any) -> DensityMap:
    """One more plane: nuclei by their centres."""
    edges = [
        raw.origin_um[axis] + (np.arange(raw.values.shape[axis + 1] + 1) - 0.5) * raw.um_per_px
        for axis in (0, 1)
    ]
    counted, _, _ = np.histogram2d(yx_um[:, 0], yx_um[:, 1], bins=edges)
    return replace(raw, values=np.concatenate([raw.values, counted[None].astype(np.float32)]))
