"""Training a StarDist network on annotated images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from spotscope.methods.segmentation.stardist._losses import star_loss
from spotscope.methods.segmentation.stardist._network import StarNetwork
from spotscope.methods.segmentation.stardist._samples import Sampler
from spotscope.training import Trained, TrainParams, train

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from spotscope.methods.segmentation.stardist._config import NetworkConfig
    from spotscope.methods.segmentation.stardist._samples import Annotated
    from spotscope.model import Task

__all__ = ["collate", "new_network", "train_nuclei"]

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]

#: Batches that validation looks at, the same every time.
_VALIDATION = 4

#: A network that starts at a likely answer need not first learn it.
_FIRST_RADIUS, _FIRST_LOGIT = 7.0, -2.0


def new_network(config: NetworkConfig, seed: int) -> StarNetwork:
    """Return an untrained network; its rays begin at the size of a small nucleus."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = StarNetwork(config)
    for name, first in (("dist", _FIRST_RADIUS), ("prob", _FIRST_LOGIT)):
        torch.nn.init.constant_(network.layer(name).bias, first)
    return network


def train_nuclei(
    images: Sequence[Annotated],
    config: NetworkConfig,
    params: TrainParams,
    *,
    validation: Sequence[Annotated] = (),
    mpp: float = 0.5,
    zooms: Sequence[float] = (),
    stain: float = 1.0,
    crop_px: int = 192,
    batch: int = 8,
    seed: int = 0,
    folder: Path | None = None,
    start: Mapping[str, torch.Tensor] | None = None,
    device: torch.device | str = "cpu",
) -> Task[tuple[StarNetwork, Trained]]:
    """Train a network on annotated images.

    Parameters
    ----------
    images
        To learn from.
    config, mpp
        Shape and resolution of the network.
    params
        Of the trainer.
    validation
        Images that are looked at beside, and not learned from.
    zooms, stain
        How sizes and stains are varied (:class:`Sampler`).
    crop_px, batch
        Side and number of the crops of a step.
    seed
        Of first weights and crops.
    folder
        Where to keep the state, and to go on from.
    start
        Weights to begin with, by name; random ones by default.
    device
        Where to compute.

    Returns
    -------
    The network with its averaged weights, in evaluation mode, and how it went.
    """
    sampler = Sampler(images, config, mpp, crop_px, zooms=zooms, stain=stain)
    beside = None
    if validation:
        beside = Sampler(validation, config, mpp, crop_px, zooms=zooms, stain=stain)
    network = new_network(config, seed)
    if start is not None:
        network.load_state_dict(start)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def draw(rng: np.random.Generator) -> Batch:
        return collate([sampler.draw(rng) for _ in range(batch)], device)

    def loss(module: torch.nn.Module, example: Batch) -> torch.Tensor:
        image, prob, dist = example
        found = module(image)
        return star_loss(found[0], found[1], prob, dist)

    def validate(module: torch.nn.Module) -> float:
        assert beside is not None
        rngs = [np.random.default_rng([seed, n, 1]) for n in range(_VALIDATION)]
        crops = [[beside.draw(rng) for _ in range(batch)] for rng in rngs]
        return float(np.mean([float(loss(module, collate(some, device))) for some in crops]))

    trained = yield from train(
        network,
        draw,
        loss,
        params,
        seed=seed,
        folder=folder,
        device=device,
        validate=validate if beside is not None else None,
    )
    return network, trained


def collate(crops: Sequence[object], device: torch.device | str = "cpu") -> Batch:
    """Stack crops into tensors (n, c, y, x)."""
    stacks = [
        np.stack([getattr(crop, name) for crop in crops]) for name in ("image", "prob", "dist")
    ]
    image, prob, dist = (torch.from_numpy(stack).to(device) for stack in stacks)
    return image.contiguous(memory_format=torch.channels_last), prob, dist
