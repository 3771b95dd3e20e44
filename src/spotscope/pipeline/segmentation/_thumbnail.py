"""Images in which nuclei cannot be told apart, and which of them nobody asked to look at.

Space Ranger puts a thumbnail beside the spots. It is a picture to look at, and no reason not to
type: cells are guessed there as without an image. One that was given is meant to be looked at, so
that it is too coarse is said, and nothing is guessed in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.methods.segmentation import COARSEST_MPP

if TYPE_CHECKING:
    from spotscope.model import Sample

__all__ = ["is_thumbnail", "too_coarse"]


def too_coarse(sample: Sample) -> bool:
    """Whether a sample has an image, and one in which nuclei cannot be told apart."""
    return sample.slide is not None and sample.slide.mpp > COARSEST_MPP


def is_thumbnail(sample: Sample) -> bool:
    """Whether that image was found beside the spots, and not given."""
    found = "path" in sample.opened and "image" not in sample.opened
    if sample.slide is None or sample.spots is None or not found or not too_coarse(sample):
        return False
    lost = sample.slide.lost  # then it is an overview, maybe of an image that was no thumbnail
    return lost is None or lost.mpp > COARSEST_MPP
