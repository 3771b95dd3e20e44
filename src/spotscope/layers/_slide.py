"""The slide as an image layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.layers._names import LayerPart, layer_name

if TYPE_CHECKING:
    from spotscope.model import Slide

__all__ = ["slide_layer"]

LayerTuple = tuple[Any, dict[str, Any], str]


def slide_layer(slide: Slide, sample: str | None = None) -> LayerTuple:
    """The slide as a multiscale image layer in µm.

    Parameters
    ----------
    slide
        Colour, or one fluorescence channel shown in grey.
    sample
        Name of the sample; the slide's own by default.
    """
    name = sample or slide.name
    common = {
        "multiscale": True,
        "scale": (slide.mpp, slide.mpp),
        "units": ("um", "um"),
        # a level has up to twice the pixels of the screen each way: of four, the nearest alone
        # would be seen, and dark nuclei would become specks
        "interpolation2d": "linear",
    }
    if slide.is_rgb:
        # limits are given, or napari reads pixels to find them
        kwargs = {"name": layer_name(name, LayerPart.HE), "rgb": True, "contrast_limits": (0, 255)}
        return list(slide.levels), common | kwargs, "image"
    small = slide.thumbnail(512)[..., 0]
    low, high = (float(value) for value in np.quantile(small, [0.01, 0.999]))
    kwargs = {
        "name": layer_name(name, LayerPart.IMAGE),
        "rgb": False,
        "colormap": "gray",
        "contrast_limits": (low, max(high, low + 1e-6)),
    }
    return [level[..., 0] for level in slide.levels], common | kwargs, "image"
