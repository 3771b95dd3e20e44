"""The same network, made ready to run: what does not change between images is done once.

- A normalisation after a convolution is a scale and a shift of its weights and bias.
- Weights are brought to bfloat16 once, where that is computed in.
- On a processor convolution and ReLU run as one operation of oneDNN, so that the result is not read
  and written once more; torch has it for its own compiler, and where it does not, nothing changes.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
from torch.nn.utils.fusion import fuse_conv_bn_eval

from spotscope.methods.segmentation.stardist._network import Convolution

if TYPE_CHECKING:
    from spotscope.methods.segmentation.stardist._network import StarNetwork

__all__ = ["faster"]


def faster(network: StarNetwork, dtype: torch.dtype) -> StarNetwork:
    """A copy of the network for one kind of number, made when it is first asked for.

    Parameters
    ----------
    network
        In evaluation mode; its weights are not changed after this.
    dtype
        ``float32`` or ``bfloat16``.
    """
    if dtype not in network.ready:
        made = copy.deepcopy(network)
        made.ready = {}
        one_step = next(made.parameters()).device.type == "cpu" and _has_one_step()
        for part in made.modules():
            if isinstance(part, Convolution):
                _fold(part)
                part.one_step = one_step
        made.to(dtype).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        network.ready[dtype] = made.requires_grad_(False)
    return network.ready[dtype]


def _fold(part: Convolution) -> None:
    if part.norm is not None:
        part.convolution = fuse_conv_bn_eval(part.convolution, part.norm)
        part.norm = None


def _has_one_step() -> bool:
    """Whether this torch computes convolution and ReLU together, and as it should."""
    image = torch.linspace(-1, 1, 50).reshape(1, 2, 5, 5)
    kernel, bias = torch.linspace(1, -2, 54).reshape(3, 2, 3, 3), torch.tensor([0.5, 0.0, -0.5])
    try:
        found = torch.ops.mkldnn._convolution_pointwise(
            image, kernel, bias, (1, 1), (1, 1), (1, 1), 1, "relu", [], ""
        )
    except (AttributeError, RuntimeError, TypeError):
        return False
    expected = torch.relu(torch.nn.functional.conv2d(image, kernel, bias, padding=1))
    return torch.allclose(found, expected, atol=1e-4)
