"""The network on an image: pad, run, cut.

Channels-last, in the quickest kind of number (see ``_precision``); probabilities and distances come
back in float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

    from spotscope.methods.segmentation.stardist._network import StarNetwork
    from spotscope.methods.segmentation.stardist._precision import Precision

__all__ = ["reach_px", "run_network"]

Floats = npt.NDArray[np.float32]


def run_network(
    network: StarNetwork, image: Floats, *, precision: Precision | None = None
) -> tuple[Floats, ...]:
    """Run a network on one image.

    Parameters
    ----------
    network
        In evaluation mode.
    image
        (y, x, c) normalised.
    precision
        What to compute in; by default the quickest that the machine multiplies natively.

    Returns
    -------
    prob (y, x), dist (y, x, ray) in pixels of the image, and with a class head its probabilities
    (y, x, class): on the grid, whose point (i, j) is the image's pixel (i, j) · grid.
    """
    import torch

    from spotscope.methods.segmentation.stardist._faster import faster
    from spotscope.methods.segmentation.stardist._precision import precisions

    height, width = image.shape[:2]
    padded = _padded(image, network.config.divisor)
    x = torch.from_numpy(padded)[None].permute(0, 3, 1, 2)  # a view: channels are last in memory
    device = next(network.parameters()).device
    chosen = precision or precisions(network)[0]
    dtype = torch.bfloat16 if chosen == "bfloat16" else torch.float32
    with torch.inference_mode():
        found = faster(network, chosen)(x.to(device, dtype))
    grid_y, grid_x = network.config.grid
    rows, columns = -(-height // grid_y), -(-width // grid_x)
    heads = [_cut(head, rows, columns) for head in found]
    prob = torch.sigmoid(heads[0])[..., 0].numpy()
    # a distance below a thousandth is an outline that turned inside out
    dist = heads[1].clamp(min=1e-3).numpy()
    classes = tuple(torch.softmax(head, dim=-1).numpy() for head in heads[2:])
    return prob, dist, *classes


def reach_px(network: StarNetwork) -> int:
    """How far a pixel's answer depends on the image, in pixels; a multiple of the divisor."""
    config = network.config
    half = max(config.unet_kernel_size) // 2
    per_level, pool = config.unet_n_conv_per_depth, max(config.unet_pool)
    step, reach = 1, 0
    while step < max(config.grid):
        reach += per_level * half * step + step
        step *= 2
    levels = [step * pool**level for level in range(config.unet_n_depth + 1)]
    reach += sum(2 * per_level * half * level + level for level in levels[:-1])
    reach += per_level * half * levels[-1] + half * step
    divisor = int(np.lcm(*config.divisor))
    return -(-reach // divisor) * divisor


def _padded(image: Floats, divisor: tuple[int, int]) -> Floats:
    """Mirrored at the end, to a size the poolings divide."""
    extra = [-size % d for size, d in zip(image.shape[:2], divisor, strict=True)]
    if any(extra):
        image = np.pad(image, ((0, extra[0]), (0, extra[1]), (0, 0)), mode="reflect")
    return np.ascontiguousarray(image, np.float32)


def _cut(head: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    return head[0].permute(1, 2, 0)[:rows, :columns].float().cpu()
