"""The largest value every channel of a network takes on some images.

To tell values in whole numbers one must know how large they become (see ``_eight_bits``). Values
beyond, on other images, are told as the largest.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation.stardist._eight_bits import IMAGE
from spotscope.methods.segmentation.stardist._faster import faster
from spotscope.methods.segmentation.stardist._network import Convolution, StarNetwork
from spotscope.methods.segmentation.stardist._precision import in_precision

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch
    from torch import nn

__all__ = ["Tops", "watched"]

Tops = dict[str, npt.NDArray[np.float32]]


@contextmanager
def watched(network: StarNetwork, seen: Tops) -> Iterator[None]:
    """Remember the largest values while a network looks at images, in float32, on this thread.

    Parameters
    ----------
    network
        Where it lies, it computes.
    seen
        What :class:`~spotscope.methods.segmentation.stardist._eight_bits.EightBits` asks for; it is
        added to as images are looked at.
    """
    full = faster(network, "float32")
    assert isinstance(full, StarNetwork)

    def look(name: str, values: torch.Tensor) -> None:
        top = values.amax((0, 2, 3)).cpu().numpy()
        seen[name] = np.maximum(seen.get(name, top), top)

    def of_image(_: nn.Module, given: tuple[torch.Tensor]) -> None:
        now = np.array([given[0].min(), given[0].max()], np.float32)
        low, high = seen.get(IMAGE, now)
        seen[IMAGE] = np.array([min(low, now[0]), max(high, now[1])], np.float32)

    hooks = [full.register_forward_pre_hook(of_image)]
    for name, part in full.layers.items():
        if isinstance(part, Convolution):
            hooks.append(
                part.register_forward_hook(
                    lambda _part, _given, found, name=name: look(name, found)
                )
            )
    try:
        with in_precision("float32"):
            yield
    finally:
        for hook in hooks:
            hook.remove()
