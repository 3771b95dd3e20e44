"""What can be turned when nuclei are looked for."""

from __future__ import annotations

from typing import Literal

from spotscope.model import Params, param

__all__ = ["SegmentationParams"]

#: An image of so many working pixels is looked at in mirrors too and done in seconds all the same.
_SMALL_PX = 1 << 20
#: What only the one kind of model goes by.
_OF_WATERSHED = frozenset({"sensitivity", "split", "smoothing_um", "min_area_um2", "max_area_um2"})
_OF_NETWORKS = frozenset({"overlap", "flips"})


class SegmentationParams(Params):
    """Parameters of the nucleus finder; lengths in µm, so that they hold for every scanner."""

    probability: float = param(
        0.45,
        title="Probability",
        description="Nuclei less certain than this are left out. Turning it up keeps fewer, "
        "surer nuclei. Acts at once.",
        live=True,
        ge=0.0,
        le=1.0,
    )
    overlap: float = param(
        0.3,
        title="Overlap",
        description="How much of the smaller of two nuclei a network may say both cover; beyond "
        "it the less certain one is left out. Turning it up keeps more crowded nuclei, and more "
        "doubles. The watershed's never overlap. Acts at once.",
        live=True,
        ge=0.0,
        le=0.6,
    )
    model: str = param(
        "auto",
        title="Model",
        description="'he' (H&E) and 'fluo' (fluorescence, DAPI) are networks that come with "
        "spotscope; 'auto' takes the one of the slide's stain. 'watershed' needs no network, is "
        "faster and errs more. Or the name of an official StarDist model, or the path of a model "
        "folder or zip.",
    )
    sensitivity: float = param(
        0.5,
        title="Sensitivity",
        description="How pale a nucleus may be beside its surroundings. Turning it up finds "
        "more and larger nuclei, and more that are none.",
        ge=0.05,
        le=0.95,
    )
    split: float = param(
        0.5,
        title="Splitting",
        description="How readily touching nuclei are parted. Turning it up cuts more clumps, "
        "and more single nuclei in two.",
        ge=0.0,
        le=1.0,
    )
    smoothing_um: float = param(
        0.5,
        title="Smoothing (µm)",
        description="Blur before thresholding. Turning it up ignores grain inside nuclei, and "
        "loses the smallest.",
        ge=0.0,
        le=5.0,
    )
    min_area_um2: float = param(
        12.0,
        title="Smallest nucleus (µm²)",
        description="Anything smaller is taken for debris by the watershed and left out. Networks "
        "know nuclei by their looks and need no such limit.",
        ge=1.0,
        le=500.0,
    )
    max_area_um2: float = param(
        400.0,
        title="Largest nucleus (µm²)",
        description="Anything larger is taken for a fold, a clump or ink by the watershed and "
        "left out.",
        ge=10.0,
        le=5000.0,
    )
    channel: int = param(
        0,
        title="Nuclear channel",
        description="In a fluorescence image, the channel in which nuclei shine (0 is the first). "
        "Colour images need none.",
        ge=0,
        le=63,
    )
    model_mpp: float = param(
        0.5,
        title="Working resolution (µm per pixel)",
        description="The slide is looked at in pixels of this size. Turning it up is faster "
        "and blurs small nuclei.",
        ge=0.1,
        le=1.2,
    )
    flips: Literal["auto", "always", "never"] = param(
        "auto",
        title="Mirror images too",
        description="A network is asked about every tile four times, mirrored and not, and the "
        "mean is taken. Finds nuclei a little better, in about three times the time. 'auto': on "
        "images of up to 1024 × 1024 working pixels. The watershed does not look.",
    )
    tile_px: int = param(
        1024,
        title="Tile (pixels)",
        description="The slide is worked through in squares of this size. Turning it up takes "
        "more memory; the nuclei found stay the same.",
        ge=128,
        le=8192,
    )
    halo_um: float = param(
        32.0,
        title="Tile margin (µm)",
        description="How far around a tile is read so that nuclei on its rim are seen whole.",
        ge=16.0,
        le=200.0,
    )

    def acting(self, *, coloured: bool) -> frozenset[str]:
        """Names of those that can change what is found; ``coloured``: on a slide of H&E."""
        idle = _OF_NETWORKS if self.model == "watershed" else _OF_WATERSHED
        return frozenset(type(self).model_fields) - idle - ({"channel"} if coloured else set())

    def mirrors(self, shape: tuple[int, int]) -> bool:
        """Whether a network is asked about the mirror images too of a slide of so many pixels.

        Parameters
        ----------
        shape
            (y, x) of the slide at the working resolution; alike for all its tiles.
        """
        if self.flips == "auto":
            return shape[0] * shape[1] <= _SMALL_PX
        return self.flips == "always"
