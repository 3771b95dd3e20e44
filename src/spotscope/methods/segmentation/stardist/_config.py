"""What a StarDist network is made of: the fields of ``config.json`` that shape it.

The names are those of the stardist package, so that its folders read as they are.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NetworkConfig"]

_PAIRS = ("grid", "unet_kernel_size", "unet_pool")


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Shape of a StarDist U-Net; the defaults are those of the stardist package.

    Parameters
    ----------
    n_rays
        Rays of an outline.
    n_channel_in
        Channels of the image.
    grid
        Input pixels per output pixel, (y, x): 1, 2, 4 …
    n_classes
        Classes of objects, without background; None without a class head.
    backbone
        ``unet``, the only one a StarDist2D has.
    unet_n_depth, unet_n_filter_base, unet_n_conv_per_depth, unet_expansion
        Levels; filters of the first; convolutions a level; filters of a level over the one before.
    unet_kernel_size, unet_pool
        (y, x) pixels of a kernel, and by which every level is coarser.
    unet_activation, unet_last_activation
        Keras names.
    unet_batch_norm
        Whether a normalisation stands between convolution and activation.
    unet_prefix
        What the names of the U-Net's layers begin with in a Keras file.
    net_conv_after_unet
        Filters of the convolution before the heads; 0 leaves it out.
    """

    n_rays: int = 32
    n_channel_in: int = 1
    grid: tuple[int, int] = (1, 1)
    n_classes: int | None = None
    backbone: str = "unet"
    unet_n_depth: int = 3
    unet_n_filter_base: int = 32
    unet_n_conv_per_depth: int = 2
    unet_expansion: float = 2
    unet_kernel_size: tuple[int, int] = (3, 3)
    unet_pool: tuple[int, int] = (2, 2)
    unet_activation: str = "relu"
    unet_last_activation: str | None = "relu"
    unet_batch_norm: bool = False
    unet_prefix: str = ""
    net_conv_after_unet: int = 128

    @property
    def divisor(self) -> tuple[int, int]:
        """(y, x) the input's size must be a multiple of."""
        depth = self.unet_n_depth
        y, x = (g * p**depth for g, p in zip(self.grid, self.unet_pool, strict=True))
        return y, x

    def filters(self, level: int) -> int:
        """Filters of a level; the first level is 0."""
        return int(self.unet_n_filter_base * self.unet_expansion**level)

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> NetworkConfig:
        """Take from a ``config.json`` what shapes the network.

        Raises
        ------
        ReadError
            If it is not a 2-D U-Net.
        """
        if int(found.get("n_dim", 2)) != 2:
            raise ReadError(
                f"Expected a 2-D StarDist model, found one of {found['n_dim']} dimensions; "
                "give a model that was trained as StarDist2D."
            )
        if str(found.get("backbone", "unet")).lower() != "unet":
            raise ReadError(
                f"Expected a StarDist model with a U-Net, found the backbone "
                f"{found['backbone']!r}; give a model that was trained as StarDist2D."
            )
        known = {field.name for field in fields(cls)}
        given = {name: value for name, value in found.items() if name in known}
        for name in _PAIRS:
            if name in given:
                given[name] = tuple(map(int, given[name]))
        return cls(**given)
