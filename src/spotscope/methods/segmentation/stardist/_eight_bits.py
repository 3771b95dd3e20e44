"""A network in whole numbers of eight bits, which processors multiply two to four times as fast.

A value x of channel c is told in steps s_c, a filter's weight w in steps t of its own:

    x ≈ s_c q,  0 ≤ q ≤ 255,      w s_c / s_out ≈ t r,  -127 ≤ r ≤ 127,
    Σ w x / s_out = t Σ r q,

so sums are of whole numbers and exact, whatever tile they are taken in. Of a layer's channels with
the largest values m_c (see ``_tops``), M the largest of them,

    s_c = √(m_c M) / 255:

half way between a step for each channel, which leaves its weights to be told coarsely, and one for
all, which does so with its values (as Nagel et al. 2019, Xiao et al. 2023; exact, as ReLU takes a
positive factor through). What the heads read, and the heads, stay in float32.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spotscope.methods.segmentation.stardist._config import NetworkConfig
    from spotscope.methods.segmentation.stardist._network import StarNetwork

__all__ = ["IMAGE", "EightBits", "can_be_whole", "multiplies_whole"]

Floats = npt.NDArray[np.float32]
#: Name under which the least and the largest value of an image are kept.
IMAGE = "image"
_LEVELS, _LARGEST = 255, 127
_BEFORE_HEADS = ("features", "features_class")


def can_be_whole(config: NetworkConfig) -> bool:
    """Whether a network of this shape can be told in whole numbers: ReLUs, and odd kernels."""
    last = config.unet_last_activation or config.unet_activation
    return (
        config.unet_activation == last == "relu"
        and all(k % 2 for k in config.unet_kernel_size)
        and config.net_conv_after_unet > 0
        and config.unet_n_conv_per_depth > 1
    )


def multiplies_whole() -> bool:
    """Whether this processor adds up products of eight bits without rounding, and torch uses it.

    Others add pairs of them in 16 bits first, and cut off what is too large.
    """
    asked = getattr(torch.cpu, "get_capabilities", None)
    found = asked() if asked is not None else {}
    return bool(found.get("avx512_vnni") or found.get("avx_vnni")) and _as_it_should()


class EightBits(nn.Module):
    """A network told in whole numbers.

    Parameters
    ----------
    network
        In float32, its normalisations folded into its convolutions; not changed.
    tops
        Largest value of every channel by layer, and (2,) ``image``: least and largest of an image.
    """

    def __init__(self, network: StarNetwork, tops: Mapping[str, Floats]) -> None:
        super().__init__()
        low, high = map(float, tops[IMAGE])
        self._step = (high - low) / _LEVELS
        self._zero = round(-low / self._step)
        steps = {IMAGE: torch.full((network.config.n_channel_in,), self._step)}
        for name, top in tops.items():
            if name != IMAGE:
                most = torch.from_numpy(np.asarray(top, np.float32)).clamp(min=1e-4)
                steps[name] = torch.sqrt(most * most.max()) / _LEVELS
        self.network = copy.deepcopy(network, {id(network.ready): {}})
        for name, before in _sources(network.config).items():
            part = network.layer(name).convolution
            coming = torch.cat([steps[one] for one in before])
            going = None if name in _BEFORE_HEADS else steps[name]
            zero = self._zero if before == [IMAGE] else 0
            self.network.layers[name] = _Whole(part, coming, going, zero)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(n, c, y, x) image in float32; as :meth:`StarNetwork.forward`."""
        told = (x / self._step + self._zero).round_().clamp_(0, _LEVELS).to(torch.uint8)
        found: tuple[torch.Tensor, ...] = self.network(
            told.contiguous(memory_format=torch.channels_last)
        )
        return found


class _Whole(nn.Module):
    """A convolution and its ReLU, from whole numbers to whole numbers, or to float32.

    Parameters
    ----------
    part
        The convolution in float32.
    coming
        (in,) step of every channel that comes.
    going
        (out,) step of every channel that goes; None where values go as they are.
    zero
        Which whole number 0 comes as.
    """

    def __init__(
        self, part: nn.Conv2d, coming: torch.Tensor, going: torch.Tensor | None, zero: int
    ) -> None:
        super().__init__()
        assert part.bias is not None
        unit = torch.ones(part.out_channels) if going is None else going
        weight = part.weight * (coming[None, :] / unit[:, None])[..., None, None]
        self._bias = part.bias / unit
        self._step = (weight.abs().amax((1, 2, 3)) / _LARGEST).clamp(min=1e-12)
        told = _told(weight / self._step[:, None, None, None], carry=part.in_channels < _FEW)
        self._zero, self._whole = zero, going is not None
        self._pad = [int(k) // 2 for k in part.kernel_size]
        self._no_zero = torch.zeros(part.out_channels, dtype=torch.int32)
        self._weight = torch.ops.onednn.qconv_prepack(
            told.to(torch.int8), self._step, 1.0, zero, [1, 1], self._pad, [1, 1], 1, None
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, in, y, x) whole numbers to (n, out, y, x)."""
        kind = torch.uint8 if self._whole else torch.float32
        found: torch.Tensor = torch.ops.onednn.qconv2d_pointwise(
            x, 1.0, self._zero, self._weight, self._step, self._no_zero, self._bias,
            [1, 1], self._pad, [1, 1], 1, 1.0, 0, kind, "relu", [], "",
        )  # fmt: skip
        return found


#: Channels of an image are few and much alike: see :func:`_told`.
_FEW = 8


def _told(weight: torch.Tensor, *, carry: bool) -> torch.Tensor:
    """(out, in, y, x) weights in steps, as whole numbers.

    With ``carry`` what one is rounded by goes to the next, so that a filter's sum, which is what it
    answers where neighbours are alike, stays.
    """
    if not carry:
        return weight.round()
    flat = weight.permute(0, 2, 3, 1).reshape(len(weight), -1)
    told, left = torch.empty_like(flat), torch.zeros(len(flat))
    for i in range(flat.shape[1]):
        wanted = flat[:, i] + left
        told[:, i] = wanted.round().clamp(-_LARGEST, _LARGEST)
        left = wanted - told[:, i]
    n_out, n_in, height, width = weight.shape
    return told.reshape(n_out, height, width, n_in).permute(0, 3, 1, 2)


def _sources(config: NetworkConfig) -> dict[str, list[str]]:
    """Which layers every convolution before the heads reads, in the order of its channels."""
    found: dict[str, list[str]] = {}
    now = [IMAGE]

    def follow(name: str) -> None:
        nonlocal now
        found[name], now = now, [name]

    pools = int(np.log2(max(config.grid)))
    depth, per_level = config.unet_n_depth, config.unet_n_conv_per_depth
    for n in range(pools * per_level):
        follow(f"conv2d_{n}" if n else "conv2d")
    skips = []
    for level in range(depth):
        for i in range(per_level):
            follow(f"down_level_{level}_no_{i}")
        skips += now
    for i in [*range(per_level - 1), per_level]:
        follow(f"middle_{i}")
    for level in reversed(range(depth)):
        now = [*now, skips[level]]
        for i in [*range(per_level - 1), per_level]:
            follow(f"up_level_{level}_no_{i}")
    wide = _BEFORE_HEADS if config.n_classes is not None else _BEFORE_HEADS[:1]
    return found | dict.fromkeys(wide, now)


def _as_it_should() -> bool:
    """Whether this torch has the operation, and it gives what it should, padded zeros included."""
    part = nn.Conv2d(2, 3, 3, padding=1)
    with torch.no_grad():
        part.weight.copy_(torch.linspace(127, -127, 54).round().reshape(3, 2, 3, 3))
        part.bias.copy_(torch.tensor([5.0, 0.0, -5.0]))  # type: ignore[union-attr]
        told = (torch.arange(50).reshape(1, 2, 5, 5) * 5 % 256).to(torch.uint8)
        expected = torch.relu(part(told.float() - 100))
        try:
            found = _Whole(part, torch.ones(2), None, 100)(
                told.contiguous(memory_format=torch.channels_last)
            )
        except (AttributeError, RuntimeError, TypeError):
            return False
    return torch.allclose(found, expected, atol=0.5)
