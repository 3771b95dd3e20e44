"""The same network, made ready to run: what does not change between images is done once.

- A normalisation after a convolution is a scale and a shift of its weights and bias.
- Weights are brought to the kind of number that is computed in once.
- On a processor convolution and ReLU run as one operation of oneDNN, so that the result is not read
  and written once more; torch has it for its own compiler, and where it does not, nothing changes.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from spotscope.methods.segmentation.stardist._eight_bits import EightBits
from spotscope.methods.segmentation.stardist._network import Convolution, StarNetwork

if TYPE_CHECKING:
    from spotscope.methods.segmentation.stardist._precision import Precision

__all__ = ["faster"]


def faster(network: StarNetwork, precision: Precision) -> nn.Module:
    """A copy of the network for one kind of number, made when it is first asked for.

    Parameters
    ----------
    network
        In evaluation mode; its weights are not changed after this.
    precision
        What it computes in.
    """
    if precision not in network.ready:
        if precision == "int8":
            full = faster(network, "float32")
            assert isinstance(full, StarNetwork)
            made: nn.Module = EightBits(full, network.tops)
        else:
            made = _folded(network, getattr(torch, precision))
        network.ready[precision] = made.requires_grad_(False)
    return network.ready[precision]


def _folded(network: StarNetwork, dtype: torch.dtype) -> StarNetwork:
    made = copy.deepcopy(network, {id(network.ready): {}})  # without the other copies
    one_step = next(made.parameters()).device.type == "cpu" and _has_one_step()
    for part in made.modules():
        if isinstance(part, Convolution):
            _fold(part)
            part.one_step = one_step
    made.to(dtype).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return made


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
