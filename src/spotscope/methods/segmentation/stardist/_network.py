"""The StarDist network in torch, number for number the one of Keras.

    image → [conv … → max-pool to the grid] → U-Net → features → prob, dist [, class]

prob is the sigmoid of what the head says, dist is linear, in input pixels (Schmidt et al. 2018).
Convolutions pad as Keras does with ``same``: of k - 1 pixels the smaller half stands before, so
even kernels are not centred. Layers carry the names that Keras writes into its files.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn

from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    import numpy.typing as npt

    from spotscope.methods.segmentation.stardist._config import NetworkConfig

__all__ = ["StarNetwork"]

#: Keras's names of activations, with its constants.
ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "relu": F.relu,
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softplus": F.softplus,
    "swish": F.silu,
    "silu": F.silu,
    "linear": lambda x: x,
}


class Convolution(nn.Module):
    """A convolution as Keras pads it, a normalisation if asked for, an activation."""

    def __init__(
        self, n_in: int, n_out: int, kernel: tuple[int, int], activation: str, *, norm: bool
    ) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise ReadError(
                f"Expected an activation among {', '.join(ACTIVATIONS)}, found {activation!r}; "
                "this StarDist model cannot be run here."
            )
        self.convolution = nn.Conv2d(n_in, n_out, kernel)
        # Keras: epsilon 1e-3, and a memory of 0.99
        self.norm = nn.BatchNorm2d(n_out, eps=1e-3, momentum=0.01) if norm else None
        self._activation = ACTIVATIONS[activation]
        #: Set on copies that are ready to run (see ``_faster``).
        self.one_step = False
        self._in_one_step = {"relu": "relu", "linear": "none"}.get(activation)
        before = [(k - 1) // 2 for k in kernel]
        after = [k - 1 - b for k, b in zip(kernel, before, strict=True)]
        self._even = before != after
        self._pad = (before[1], after[1], before[0], after[0])
        if not self._even:
            self.convolution.padding = (before[0], before[1])
        if activation in ("relu", "elu", "gelu", "swish", "silu"):
            nn.init.kaiming_normal_(self.convolution.weight, nonlinearity="relu")
            nn.init.zeros_(self.bias)

    @property
    def bias(self) -> torch.Tensor:
        """(filters,) bias of the convolution."""
        assert self.convolution.bias is not None
        return self.convolution.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, c, y, x) to (n, filters, y, x)."""
        if self._even:
            x = F.pad(x, self._pad)
        if self.one_step and self._in_one_step is not None:
            conv = self.convolution
            return torch.ops.mkldnn._convolution_pointwise(
                x, conv.weight, conv.bias, conv.padding, (1, 1), (1, 1), 1,
                self._in_one_step, [], "",
            )  # fmt: skip
        x = self.convolution(x)
        if self.norm is not None:
            x = self.norm(x)
        return self._activation(x)


class StarNetwork(nn.Module):
    """A StarDist2D network.

    Parameters
    ----------
    config
        Its shape.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        #: Copies that are ready to run, by the kind of number they compute in.
        self.ready: dict[str, nn.Module] = {}
        #: Largest values by layer, where they are known (see ``_tops``).
        self.tops: Mapping[str, npt.NDArray[np.float32]] = {}
        self._pools = _grid_pools(config.grid)
        #: By the names of Keras; the unnamed ones before the U-Net are conv2d, conv2d_1, …
        self.layers = nn.ModuleDict()
        width = config.n_channel_in
        for n in range(len(self._pools) * config.unet_n_conv_per_depth):
            name = f"conv2d_{n}" if n else "conv2d"
            width = self._add(name, width, config.unet_n_filter_base, norm=False)
        width = self._add_unet(width)
        self._base_width = width
        if config.net_conv_after_unet > 0:
            width = self._add("features", width, config.net_conv_after_unet, norm=False)
        self._add_head("prob", width, 1)
        self._add_head("dist", width, config.n_rays)
        if config.n_classes is not None:
            if config.net_conv_after_unet > 0:
                self._add(
                    "features_class", self._base_width, config.net_conv_after_unet, norm=False
                )
            self._add_head("prob_class", width, config.n_classes + 1)

    def _add(
        self, name: str, n_in: int, n_out: int, activation: str | None = None, *, norm: bool
    ) -> int:
        config = self.config
        activation = activation or config.unet_activation
        self.layers[name] = Convolution(n_in, n_out, config.unet_kernel_size, activation, norm=norm)
        return n_out

    def _add_head(self, name: str, n_in: int, n_out: int) -> None:
        self.layers[name] = Convolution(n_in, n_out, (1, 1), "linear", norm=False)

    def layer(self, name: str) -> Convolution:
        """The layer of that name."""
        found = self.layers[name]
        assert isinstance(found, Convolution)
        return found

    def _add_unet(self, width: int) -> int:
        config, norm = self.config, self.config.unet_batch_norm
        depth, per_level = config.unet_n_depth, config.unet_n_conv_per_depth
        skips = []
        for level in range(depth):
            for i in range(per_level):
                name = f"down_level_{level}_no_{i}"
                width = self._add(name, width, config.filters(level), norm=norm)
            skips.append(width)
        for i in range(per_level - 1):
            width = self._add(f"middle_{i}", width, config.filters(depth), norm=norm)
        above = config.filters(max(0, depth - 1))
        width = self._add(f"middle_{per_level}", width, above, norm=norm)
        last = config.unet_last_activation or config.unet_activation
        for level in reversed(range(depth)):
            width += skips[level]
            for i in range(per_level - 1):
                name = f"up_level_{level}_no_{i}"
                width = self._add(name, width, config.filters(level), norm=norm)
            name = f"up_level_{level}_no_{per_level}"
            out, activation = config.filters(max(0, level - 1)), None if level else last
            width = self._add(name, width, out, activation, norm=norm)
        return width

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """What the heads say, before sigmoid and softmax.

        Parameters
        ----------
        x
            (n, c, y, x) image, y and x multiples of ``config.divisor``.

        Returns
        -------
        (n, 1, y, x) logits of prob, (n, ray, y, x) distances in input pixels, and, with a class
        head, (n, class, y, x) logits of the classes; on the grid.
        """
        base = self._unet(self._to_grid(x))
        hidden = self.layers["features"](base) if "features" in self.layers else base
        found = [self.layers["prob"](hidden), self.layers["dist"](hidden)]
        if "prob_class" in self.layers:
            if "features_class" in self.layers:
                base = self.layers["features_class"](base)
            found.append(self.layers["prob_class"](base))
        return tuple(found)

    def _to_grid(self, x: torch.Tensor) -> torch.Tensor:
        n = 0
        for pool in self._pools:
            for _ in range(self.config.unet_n_conv_per_depth):
                x = self.layers[f"conv2d_{n}" if n else "conv2d"](x)
                n += 1
            x = _max_pool(x, pool)
        return x

    def _unet(self, x: torch.Tensor) -> torch.Tensor:
        config = self.config
        depth, per_level = config.unet_n_depth, config.unet_n_conv_per_depth
        skips = []
        for level in range(depth):
            for i in range(per_level):
                x = self.layers[f"down_level_{level}_no_{i}"](x)
            skips.append(x)
            x = _max_pool(x, config.unet_pool)
        for i in [*range(per_level - 1), per_level]:
            x = self.layers[f"middle_{i}"](x)
        pool_y, pool_x = map(float, config.unet_pool)
        for level in reversed(range(depth)):
            x = F.interpolate(x, scale_factor=(pool_y, pool_x), mode="nearest")
            x = torch.cat([x, skips.pop()], dim=1)
            for i in [*range(per_level - 1), per_level]:
                x = self.layers[f"up_level_{level}_no_{i}"](x)
        return x


def _max_pool(x: torch.Tensor, pool: tuple[int, int]) -> torch.Tensor:
    if x.dtype != torch.uint8:
        return F.max_pool2d(x, pool)
    # torch's own has none for whole numbers of this size
    for axis, step in ((2, pool[0]), (3, pool[1])):
        every = (slice(None),) * axis
        x = functools.reduce(
            torch.maximum, [x[(*every, slice(i, None, step))] for i in range(step)]
        )
    return x.contiguous(memory_format=torch.channels_last)


def _grid_pools(grid: tuple[int, int]) -> list[tuple[int, int]]:
    """Max-poolings, each by 2 along the axes that are not yet at the grid."""
    pooled, pools = [1, 1], []
    while tuple(pooled) != tuple(grid):
        pool = (1 + (grid[0] > pooled[0]), 1 + (grid[1] > pooled[1]))
        if pool == (1, 1):
            raise ReadError(
                f"Expected a StarDist grid of powers of 2, found {grid}; "
                "this model cannot be run here."
            )
        pooled = [pooled[0] * pool[0], pooled[1] * pool[1]]
        pools.append(pool)
    return pools
