"""What a network is shown of a slide: its colours, its nuclear channel, or the light of a picture.

A network of one channel knows bright nuclei on dark ground. Microscopes often export those as a
colour picture; then it is shown the brightest of the three colours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation._stain import is_bright_field
from spotscope.model import MethodError

if TYPE_CHECKING:
    from spotscope.methods.segmentation._grid import Window
    from spotscope.methods.segmentation._params import SegmentationParams
    from spotscope.methods.segmentation.stardist._config import NetworkConfig
    from spotscope.model import Slide

__all__ = ["check_channels", "network_pixels", "network_thumbnail"]

_THUMBNAIL_PX = 1024
#: Models that know H&E: three channels of light are no colours to them.
_OF_STAIN = ("he", "2D_versatile_he")


def check_channels(slide: Slide, params: SegmentationParams, config: NetworkConfig) -> None:
    """See that a slide has the channels a network looks at; no pixel is read.

    Raises
    ------
    MethodError
        If it has not.
    """
    wanted, there = config.n_channel_in, slide.levels[0].shape[2]
    if params.model in _OF_STAIN and not slide.is_rgb:
        bits = 8 * slide.levels[0].dtype.itemsize
        deep = there == 3 and bits > 8
        advice = "export it with 8 bits a colour, or " if deep else ""
        raise MethodError(
            f"Expected a colour image of stained tissue for the model {params.model!r}, found "
            f"{there} channel(s) of light{f' of {bits} bits' if deep else ''} in {slide.name}; "
            f"{advice}use 'fluo' and its nuclear channel."
        )
    light = wanted == 1 and (slide.is_rgb or params.channel < there)
    if light or (wanted > 1 and wanted == there):
        return
    advice = "'fluo', or 'watershed'" if wanted == 3 and not slide.is_rgb else "'watershed'"
    raise MethodError(
        f"Expected {'one channel' if wanted == 1 else f'{wanted} channels'} for the model "
        f"{params.model!r}, found {there} in {slide.name}; use {advice}, or a model trained on "
        "such images."
    )


def network_pixels(window: Window, wanted: int, channel: int) -> npt.NDArray[np.float32]:
    """(y, x, wanted) pixels of a window, at the working resolution."""
    if wanted > 1:
        return window.pixels(range(wanted))
    if window.source.shape[2] == 3 and window.source.dtype == np.uint8:
        return window.pixels(range(3)).max(axis=2, keepdims=True)
    return window.pixels((channel,))


def network_thumbnail(
    slide: Slide, params: SegmentationParams, config: NetworkConfig
) -> tuple[npt.NDArray[np.generic], float]:
    """A small image of the slide to find tissue on, (y, x, 3) colour or (y, x) light; its mpp.

    Raises
    ------
    MethodError
        If a network for fluorescence is shown a bright field.
    """
    small = slide.thumbnail(_THUMBNAIL_PX)
    mpp = slide.extent_um[0] / small.shape[0]
    if not slide.is_rgb:
        return small[..., params.channel], mpp
    if config.n_channel_in > 1:
        return small, mpp
    if is_bright_field(small):
        raise MethodError(
            f"Expected fluorescence, bright nuclei on dark ground, for the model {params.model!r}, "
            f"found a bright field in {slide.name}; use 'he', or 'watershed'."
        )
    return small.max(axis=2), mpp
