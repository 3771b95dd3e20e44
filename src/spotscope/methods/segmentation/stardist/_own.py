"""A model as spotscope keeps it: weights in safetensors, everything else in a JSON beside them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.methods.segmentation.stardist._config import NetworkConfig
from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["OWN", "own_fingerprint", "read_own", "write_own"]

#: Ending of the weights; the JSON has the same name.
OWN = ".safetensors"


def write_own(
    path: Path,
    config: NetworkConfig,
    weights: Mapping[str, Any],
    calibration: tuple[float, float],
    facts: Mapping[str, Any],
) -> None:
    """Write a model, in half the size: float16 moves a probability by less than 0.001.

    Parameters
    ----------
    path
        Ends in ``.safetensors``.
    config
        Shape of the network.
    weights
        Arrays by the network's names.
    calibration
        Slope and shift from its probability to ours.
    facts
        Whatever else is to be known of it, as JSON.
    """
    from safetensors.numpy import save_file

    half = {name: np.ascontiguousarray(value, np.float16) for name, value in weights.items()}
    save_file(half, path)
    slope, shift = calibration
    found = {
        "config": config.to_json(),
        "calibration": {"slope": slope, "shift": shift},
        **facts,
    }
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    path.with_suffix(".json").write_text(text, encoding="utf-8")


def read_own(path: Path) -> tuple[NetworkConfig, tuple[float, float], dict[str, Any]]:
    """Read a model: shape, calibration, weights.

    Raises
    ------
    ReadError
        If one of the two files is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        curve = facts["calibration"]
        calibration = float(curve["slope"]), float(curve["shift"])
        return NetworkConfig.from_json(facts["config"]), calibration, load_file(path)
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as err:
        raise ReadError(
            f"Expected a model of spotscope (.safetensors, with a .json beside it) at {path}, "
            f"found none that can be read ({err}); write it again."
        ) from err


def own_fingerprint(path: Path) -> str:
    """Fingerprint both files.

    Raises
    ------
    ReadError
        If one is missing.
    """
    digest = hashlib.blake2b(digest_size=16)
    try:
        for file in (path, path.with_suffix(".json")):
            digest.update(file.read_bytes())
    except OSError as err:
        raise ReadError(
            f"Expected a model of spotscope (.safetensors, with a .json beside it) at {path}, "
            f"found none ({err.strerror}); give another path."
        ) from err
    return digest.hexdigest()
