"""Weights as Keras wrote them, read through h5py; numbers only, nothing is ever unpickled.

A weights file lists its layers in order and, under each, tensors such as ``features/kernel:0``. The
convolutions before the U-Net and the normalisations bear no name of their own: Keras counts them
(conv2d_4, conv2d_5, …) from wherever it stood, so they are taken in their order.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation.stardist._require import require
from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Layers", "read_keras", "to_state"]

#: Tensors of every layer, by layer and by name (kernel, bias, gamma …).
Layers = dict[str, dict[str, npt.NDArray[np.float32]]]

_COUNTED = re.compile(r"^(conv2d|batch_normalization)(?:_(\d+))?$")
_NORM = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def read_keras(file: BinaryIO, what: str) -> Layers:
    """Read a Keras weights file, or a whole model that Keras saved.

    Parameters
    ----------
    file
        The HDF5 file, opened.
    what
        Its name in errors.

    Raises
    ------
    ReadError
        If it is no such file.
    """
    require("h5py")
    import h5py

    try:
        with h5py.File(file, "r") as root:
            group = root.get("model_weights", root)
            names = [_text(name) for name in group.attrs["layer_names"]]
            return {name: _tensors(group[name]) for name in names}
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as err:
        raise ReadError(
            f"Expected weights as Keras writes them (.h5) in {what}, found a file that cannot be "
            f"read as such ({err}); export the model again."
        ) from err


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _tensors(layer: Any) -> dict[str, npt.NDArray[np.float32]]:
    found = {}
    for path in map(_text, layer.attrs["weight_names"]):
        short = path.rsplit("/", 1)[-1].split(":", 1)[0]
        found[short] = np.asarray(layer[path], np.float32)
    return found


def to_state(
    layers: Layers, shapes: Mapping[str, tuple[int, ...]], prefix: str, what: str
) -> dict[str, npt.NDArray[np.float32]]:
    """Put the tensors under the names of our network.

    Parameters
    ----------
    layers
        From :func:`read_keras`.
    shapes
        Of every tensor of the network that takes part, by its name there.
    prefix
        What the U-Net's layer names begin with.
    what
        The file's name in errors.

    Raises
    ------
    ReadError
        If a layer is missing, or is not of the size that the configuration says.
    """
    renamed = _renamed({name: kept for name, kept in layers.items() if kept}, prefix)
    state: dict[str, npt.NDArray[np.float32]] = {}
    wanted = list(dict.fromkeys(name.split(".")[1] for name in shapes))
    normed = [name for name in wanted if f"layers.{name}.norm.weight" in shapes]
    for name in wanted:
        tensors = dict(renamed.get(name, {}))
        if name in normed:
            place = normed.index(name)
            tensors |= renamed.get(f"batch_normalization_{place}" if place else _BATCH, {})
        state |= _layer_state(name, tensors)
    for name, shape in shapes.items():
        found = state[name].shape if name in state else None
        if found != shape:
            raise ReadError(
                f"Expected a tensor {name!r} of {shape} in {what}, as config.json says, found "
                f"{found or 'none'}; give the weights and the configuration of one model."
            )
    return {name: state[name] for name in shapes}


_BATCH = "batch_normalization"


def _renamed(layers: Layers, prefix: str) -> Layers:
    """Named layers without the prefix; counted ones counted from 0."""
    counted: dict[str, list[tuple[int, str]]] = {"conv2d": [], _BATCH: []}
    named: Layers = {}
    for name, tensors in layers.items():
        match = _COUNTED.match(name)
        if match:
            counted[match[1]].append((int(match[2] or 0), name))
        else:
            named[name.removeprefix(prefix)] = tensors
    for kind, found in counted.items():
        for place, (_, name) in enumerate(sorted(found)):
            named[f"{kind}_{place}" if place else kind] = layers[name]
    return named


def _layer_state(
    name: str, tensors: Mapping[str, npt.NDArray[np.float32]]
) -> dict[str, npt.NDArray[np.float32]]:
    state = {}
    if "kernel" in tensors and tensors["kernel"].ndim == 4:
        # Keras keeps (y, x, in, out), torch (out, in, y, x)
        kernel = tensors["kernel"].transpose(3, 2, 0, 1)
        state[f"layers.{name}.convolution.weight"] = np.ascontiguousarray(kernel)
    if "bias" in tensors:
        state[f"layers.{name}.convolution.bias"] = tensors["bias"]
    for keras, torch in _NORM.items():
        if keras in tensors:
            state[f"layers.{name}.norm.{torch}"] = tensors[keras]
    return state
