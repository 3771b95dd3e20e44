"""Learning a network from tiles, without asking for torch before it is time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import field_validator

from spotscope.methods.segmentation.stardist._agreed import AGREEMENT
from spotscope.methods.segmentation.stardist._config import NetworkConfig
from spotscope.methods.segmentation.stardist._model import load_model
from spotscope.methods.segmentation.stardist._own import OWN, write_own
from spotscope.methods.segmentation.stardist._require import require
from spotscope.model import MethodError, Params, param

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from spotscope.methods.segmentation.stardist._samples import Annotated
    from spotscope.model import Task
    from spotscope.training import TrainParams

__all__ = ["MODEL", "Learned", "NetworkParams", "learn", "write_model"]

#: Name of the weights inside a folder that holds a model of ours.
MODEL = f"model{OWN}"
_LARGEST_CROP, _COLOURS = 192, 3
#: Of the working resolution: beyond it nuclei are specks, or fill a crop.
_CLOSEST, _FARTHEST = 0.2, 5.0


class NetworkParams(Params):
    """What a new network is like, and what it is shown."""

    start: str = param(
        "",
        title="Start from",
        description="A model to go on learning from: 'he', 'fluo' or a path. Its shape is kept. "
        "Empty: random weights.",
    )
    model_mpp: float = param(
        0.5,
        title="Working resolution (µm per pixel)",
        description="Images are shown in pixels of this size. Turning it up is faster and loses "
        "small nuclei.",
        ge=0.1,
        le=1.2,
    )
    filters: int = param(
        32,
        title="Filters",
        description="Of the first level. Turning it up makes a network that can learn more, and "
        "is slower by its square.",
        ge=4,
        le=128,
    )
    zooms: str = param(
        "",
        title="Zooms",
        description="Pixel sizes that crops are shown at, over the working resolution, such as "
        "0.8,0.9,1,1.12,1.25. A wider range knows nuclei of more sizes and learns slower. Empty: "
        "these for H&E, 0.6 to 1.6 for fluorescence.",
    )
    stain: float = param(
        1.0,
        title="Change of stain",
        description="How far from its own the stain of a crop of H&E is shown; 1 as between "
        "laboratories. Turning it up learns more stains, slower.",
        ge=0.0,
        le=3.0,
    )
    batch: int = param(
        8,
        title="Crops a step",
        description="How many crops a step learns from. Turning it up takes more memory and time.",
        ge=1,
        le=256,
    )

    @field_validator("zooms")
    @classmethod
    def _check_zooms(cls, text: str) -> str:
        try:
            found = [float(part) for part in text.split(",")] if text.strip() else []
        except ValueError:
            found = [np.nan]
        if not all(_CLOSEST <= zoom <= _FARTHEST for zoom in found):
            raise ValueError(
                f"Expected numbers from {_CLOSEST:g} to {_FARTHEST:g} with commas between, such as "
                "0.8,1,1.25"
            )
        return text

    @property
    def zoom_steps(self) -> tuple[float, ...]:
        """The zooms as numbers; none where those of the stain are taken."""
        return tuple(map(float, self.zooms.split(","))) if self.zooms.strip() else ()


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """A network that has learned.

    Parameters
    ----------
    config
        Its shape.
    weights
        Arrays by the network's names.
    validation
        (step, loss) on images it did not learn from.
    """

    config: NetworkConfig
    weights: Mapping[str, Any]
    validation: tuple[tuple[int, float], ...] = ()


def learn(
    images: Sequence[Annotated],
    shape: NetworkParams,
    params: TrainParams,
    *,
    validation: Sequence[Annotated] = (),
    folder: Path | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> Task[Learned]:
    """Train a network.

    Parameters
    ----------
    images
        To learn from; all of the same number of channels.
    shape
        Of the network, and what it begins with.
    params
        Of the trainer.
    validation
        Images that are looked at beside, and not learned from.
    folder
        Where the state is kept and gone on from.
    seed
        Of first weights and crops.
    device
        Where to compute.

    Raises
    ------
    MethodError
        If images differ in their channels, are too small, or do not fit the model to start from.
    """
    require("torch")
    from spotscope.methods.segmentation.stardist._train import train_nuclei

    channels = {one.image.shape[2] for one in (*images, *validation)}
    if len(channels) != 1:
        raise MethodError(
            f"Expected images of one kind, found some of {min(channels, default=0)} and some of "
            f"{max(channels, default=0)} channels; train a network for each."
        )
    config, start = _beginning(shape, channels.pop())
    network, trained = yield from train_nuclei(
        images,
        config,
        params,
        validation=validation,
        mpp=shape.model_mpp,
        zooms=shape.zoom_steps,
        stain=shape.stain,
        crop_px=_crop_px((*images, *validation), config, shape.model_mpp),
        batch=shape.batch,
        seed=seed,
        folder=folder,
        start=start,
        device=device,
    )
    state = network.state_dict()
    weights = {name: value.detach().cpu().float().numpy() for name, value in state.items()}
    return Learned(config, weights, trained.validation)


def _beginning(shape: NetworkParams, channels: int) -> tuple[NetworkConfig, Any]:
    if not shape.start:
        new = NetworkConfig(
            n_channel_in=channels,
            grid=(2, 2),
            unet_n_filter_base=shape.filters,
            net_conv_after_unet=2 * shape.filters,
        )
        return new, None
    model = load_model(shape.start)
    if model.config.n_channel_in != channels:
        raise MethodError(
            f"Expected images of {model.config.n_channel_in} channels for the model "
            f"{shape.start!r}, found {channels}; start from another model, or from none."
        )
    return model.config, model.network.state_dict()


def _crop_px(images: Sequence[Annotated], config: NetworkConfig, mpp: float) -> int:
    """As large as the smallest image allows, and the poolings divide."""
    divisor = int(np.lcm(*config.divisor))
    smallest = min(min(one.labels.shape) * one.mpp for one in images) / mpp
    return max(int(min(_LARGEST_CROP, smallest) // divisor), 1) * divisor


def write_model(
    folder: Path,
    learned: Learned,
    calibration: tuple[float, float],
    facts: Mapping[str, Any],
    tops: Mapping[str, Any] | None = None,
) -> Path:
    """Write a model that ``--model FOLDER`` reads; returns the path of its weights.

    With ``tops``, the largest values by layer, it computes in whole numbers of eight bits where
    that is quickest. Of colours its outlines are what pixels agree on (see ``_agreed``).
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MODEL
    agreement = AGREEMENT if learned.config.n_channel_in == _COLOURS else 0.0
    facts = {**facts, "agreement": agreement}
    write_own(path, learned.config, learned.weights, calibration, facts, tops)
    return path
