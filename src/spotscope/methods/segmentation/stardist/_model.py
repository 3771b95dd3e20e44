"""A StarDist model ready to run, by name or by place.

What a network calls 0.7 another calls 0.4. So that one threshold means the same for every model,
its probability p is read through a logistic curve,

    logit q = b logit p + a:

for a model that ships, a and b were fitted on held-back patients, and q is the share of such
objects that match a nucleus; for a folder, b = 1 and its own threshold becomes our default.

Outlines of a folder are what its network says at the centre of a nucleus, as the stardist package
reads them; those of a model of ours may be what a share of its pixels agrees on (see ``_agreed``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation.stardist._folder import fingerprint, read_config, read_folder
from spotscope.methods.segmentation.stardist._keras import to_state
from spotscope.methods.segmentation.stardist._official import OFFICIAL, official_place
from spotscope.methods.segmentation.stardist._own import (
    OWN,
    own_agreement,
    own_fingerprint,
    own_licence,
    read_own,
    read_own_config,
)
from spotscope.methods.segmentation.stardist._require import require
from spotscope.model import ReadError

if TYPE_CHECKING:
    from spotscope.methods.segmentation.stardist._config import NetworkConfig
    from spotscope.methods.segmentation.stardist._network import StarNetwork

__all__ = [
    "Calibration",
    "StarModel",
    "identity",
    "licence",
    "load_model",
    "model_config",
    "shipped",
]

_WEIGHTS = Path(__file__).with_name("weights")
#: The threshold every model's own is brought to: the default of the parameter ``probability``.
_OURS = 0.45


@dataclass(frozen=True, slots=True)
class Calibration:
    """logit q = slope · logit p + shift."""

    slope: float
    shift: float

    def __call__(self, prob: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(…) q of p."""
        p = np.clip(prob, 1e-6, 1 - 1e-6).astype(np.float64)
        odds = np.exp(self.shift) * (p / (1 - p)) ** self.slope
        return (odds / (1 + odds)).astype(np.float32)

    def undo(self, q: float) -> float:
        """P of q."""
        q = min(max(q, 1e-6), 1 - 1e-6)
        odds = (q / (1 - q) * np.exp(-self.shift)) ** (1 / self.slope)
        return float(odds / (1 + odds))

    @classmethod
    def through(cls, p: float, q: float = _OURS) -> Calibration:
        """The curve of slope 1 that takes p to q."""
        return cls(1.0, float(np.log(q / (1 - q)) - np.log(p / (1 - p))))


@dataclass(frozen=True, slots=True, eq=False)
class StarModel:
    """A network and how to read it.

    Parameters
    ----------
    network
        In evaluation mode, channels last.
    config
        Its shape.
    calibration
        From its probability to ours.
    agreement
        Share of a nucleus' pixels that agree on its outline; 0: nobody is asked.
    """

    network: StarNetwork
    config: NetworkConfig
    calibration: Calibration
    agreement: float = 0.0


def shipped() -> tuple[str, ...]:
    """Names of the models that come with spotscope."""
    return tuple(sorted(path.stem for path in _WEIGHTS.glob("*.safetensors")))


def identity(model: str) -> str:
    """Tell a model from any other, by the content of its files.

    Raises
    ------
    ReadError
        If there is no such model.
    """
    path = _place(model)
    return own_fingerprint(path) if path.suffix == OWN else fingerprint(path)


def licence(model: str) -> str:
    """Licence of a model's weights; "" where its files name none.

    Raises
    ------
    ReadError
        If there is no such model.
    """
    path = _place(model)
    return own_licence(path) if path.suffix == OWN else ""


def _place(model: str) -> Path:
    """Where a model lies."""
    if model in shipped():
        return _WEIGHTS / f"{model}{OWN}"
    if not model.strip():
        raise ReadError(
            "Expected the name or the path of a model, found nothing; give 'he', 'fluo', "
            "'watershed', or the path of a model."
        )
    path = Path(model).expanduser()
    if model in OFFICIAL and not path.exists():
        return official_place(model)
    own = path / f"model{OWN}"
    return own if own.is_file() else path


def model_config(model: str) -> NetworkConfig:
    """Shape of a model's network; neither torch nor the weights are loaded.

    Raises
    ------
    ReadError
        If there is no such model.
    """
    path = _place(model)
    return read_own_config(path) if path.suffix == OWN else read_config(path)


def load_model(model: str, device: str = "cpu") -> StarModel:
    """Load a model; the last few are kept.

    Parameters
    ----------
    model
        Name of a shipped or an official one, or path of a StarDist folder or zip, of a
        ``.safetensors`` file of ours, or of a folder that ``spotscope train nuclei`` wrote.
    device
        Where its network computes.

    Raises
    ------
    ReadError
        If there is no such model, or it cannot be read.
    MissingDependencyError
        If torch is not installed.
    """
    return _load(model, identity(model), device)


@lru_cache(maxsize=4)
def _load(model: str, content: str, device: str) -> StarModel:
    """Load a model; ``content`` makes a changed folder another one."""
    del content
    require("torch")
    from spotscope.methods.segmentation.stardist._network import StarNetwork

    path, config = _place(model), model_config(model)
    network = StarNetwork(config)
    if path.suffix == OWN:
        (slope, shift), state, network.tops = read_own(path)
        agreement = own_agreement(path)
        calibration = Calibration(slope, shift)
    else:
        found, agreement = read_folder(path), 0.0
        calibration = Calibration.through(found.prob)
        shapes = {
            name: tuple(tensor.shape)
            for name, tensor in network.state_dict().items()
            if not name.endswith("num_batches_tracked")
        }
        state = to_state(found.layers, shapes, config.unet_prefix, str(path))
    return StarModel(_ready(network, state, device), config, calibration, agreement)


def _spelled(shape: tuple[int, ...] | None) -> str:
    return "none" if shape is None else " × ".join(map(str, shape)) or "one number"


def _ready(network: StarNetwork, state: dict[str, Any], device: str) -> StarNetwork:
    import torch

    tensors = {
        name: torch.from_numpy(np.asarray(value, np.float32)) for name, value in state.items()
    }
    wanted, found = (
        {n: tuple(t.shape) for n, t in kept.items() if not n.endswith("num_batches_tracked")}
        for kept in (network.state_dict(), tensors)
    )
    if other := sorted(n for n in {*wanted, *found} if wanted.get(n) != found.get(n)):
        first = other[0]
        raise ReadError(
            f"Expected weights of the layers that the configuration names, found others "
            f"({len(other)}, such as {first}: {_spelled(found.get(first))} in place of "
            f"{_spelled(wanted.get(first))}); give weights and configuration of one model."
        )
    network.load_state_dict(tensors, strict=False)
    network.eval().requires_grad_(False)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.to(device)
