"""A model as spotscope keeps it: weights in safetensors, everything else in a JSON beside them."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.methods.segmentation.stardist._config import NetworkConfig
from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = [
    "OWN",
    "own_agreement",
    "own_fingerprint",
    "own_licence",
    "read_own",
    "read_own_config",
    "write_own",
]

#: Ending of the weights; the JSON has the same name.
OWN = ".safetensors"
#: What the names of largest values begin with, beside the weights.
_TOPS = "top."


def write_own(
    path: Path,
    config: NetworkConfig,
    weights: Mapping[str, Any],
    calibration: tuple[float, float],
    facts: Mapping[str, Any],
    tops: Mapping[str, Any] | None = None,
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
    tops
        Largest values by layer, if it may compute in whole numbers (see ``_eight_bits``).
    """
    from safetensors.numpy import save_file

    kept = {**weights, **{f"{_TOPS}{name}": value for name, value in (tops or {}).items()}}
    half = {name: np.ascontiguousarray(value, np.float16) for name, value in kept.items()}
    save_file(half, path)
    slope, shift = calibration
    found = {
        "config": config.to_json(),
        "calibration": {"slope": slope, "shift": shift},
        **facts,
    }
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    path.with_suffix(".json").write_text(text, encoding="utf-8")


def read_own(path: Path) -> tuple[tuple[float, float], dict[str, Any], dict[str, Any]]:
    """Read calibration, weights, and the largest values by layer (none: not known).

    Raises
    ------
    ReadError
        If one of the two files is missing or damaged.
    """
    from safetensors.numpy import load_file

    with _one_sentence(path):
        curve = _facts(path)["calibration"]
        slope, shift = float(curve["slope"]), float(curve["shift"])
        if not (0 < slope < np.inf and np.isfinite(shift)):
            raise ValueError(f"a calibration of slope {slope:g} and shift {shift:g}")
        found = load_file(path)
        tops = {name: found.pop(name) for name in [*found] if name.startswith(_TOPS)}
        return (slope, shift), found, {name.removeprefix(_TOPS): top for name, top in tops.items()}


def read_own_config(path: Path) -> NetworkConfig:
    """Read the shape of the network alone; quick.

    Raises
    ------
    ReadError
        If the JSON is missing or damaged.
    """
    with _one_sentence(path):
        return NetworkConfig.from_json(_facts(path)["config"])


def own_agreement(path: Path) -> float:
    """Share of a nucleus' pixels that agree on its outline; 0 where the JSON names none.

    Raises
    ------
    ReadError
        If the JSON is missing or damaged.
    """
    with _one_sentence(path):
        share = float(_facts(path).get("agreement", 0.0))
        if not 0 <= share <= 1:
            raise ValueError(f"outlines that a share of {share:g} agrees on")
        return share


def own_licence(path: Path) -> str:
    """Licence of the weights; "" where the JSON names none.

    Raises
    ------
    ReadError
        If the JSON is missing or damaged.
    """
    with _one_sentence(path):
        return str(_facts(path).get("licence", ""))


def own_fingerprint(path: Path) -> str:
    """Fingerprint both files.

    Raises
    ------
    ReadError
        If one is missing.
    """
    digest = hashlib.blake2b(digest_size=16)
    with _one_sentence(path):
        for file in (path, path.with_suffix(".json")):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _facts(path: Path) -> dict[str, Any]:
    return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


@contextmanager
def _one_sentence(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong in reading a model into a ReadError."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as err:
        raise ReadError(
            f"Expected a model of spotscope (.safetensors, with a .json beside it) at {path}, "
            f"found none that can be read ({err}); give another path, or write it again."
        ) from err
