"""A StarDist model as the stardist package keeps it: a folder, or a zip of one.

    config.json, thresholds.json, weights_best.h5 (or weights_last.h5)

A zip is read where it lies: nothing is unpacked to disk, so no name in it can lead anywhere.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.methods.segmentation.stardist._config import NetworkConfig
from spotscope.methods.segmentation.stardist._keras import read_keras
from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from spotscope.methods.segmentation.stardist._keras import Layers

__all__ = ["KerasModel", "fingerprint", "read_config", "read_folder"]

_CONFIG, _THRESHOLDS = "config.json", "thresholds.json"
_WEIGHTS = ("weights_best.h5", "weights_last.h5", "weights_now.h5")
#: Files named where a folder is no model.
_SHOWN = 5
#: Files of a model are a few megabytes; a zip may claim to hold far more.
_LARGEST = 1 << 30


@dataclass(frozen=True, slots=True, eq=False)
class KerasModel:
    """What a model folder holds.

    Parameters
    ----------
    config
        Shape of the network.
    prob, nms
        Its thresholds.
    layers
        Its tensors as Keras names them.
    """

    config: NetworkConfig
    prob: float
    nms: float
    layers: Layers


def read_folder(path: Path) -> KerasModel:
    """Read a model folder, or a zip of one.

    Raises
    ------
    ReadError
        If a file is missing, damaged, or not of a 2-D StarDist.
    """
    files = _files(path)
    weights = _weights(files, path)
    found = _thresholds(files.get(_THRESHOLDS), path)
    config = read_config(path)
    layers = read_keras(io.BytesIO(files[weights].read()), f"{path} ({weights})")
    return KerasModel(config, found["prob"], found["nms"], layers)


def read_config(path: Path) -> NetworkConfig:
    """Read the shape of the network alone; quick.

    Raises
    ------
    ReadError
        If a file is missing, or it is not the configuration of a 2-D StarDist.
    """
    files = _files(path)
    _weights(files, path)
    try:
        return NetworkConfig.from_json(json.loads(files[_CONFIG].read()))
    except (ValueError, TypeError, AttributeError) as err:
        raise ReadError(
            f"Expected the configuration of a StarDist model in {path}, found a config.json that "
            f"cannot be understood ({err}); export the model again."
        ) from err


def _weights(files: Mapping[str, _File], path: Path) -> str:
    """Name of the weights to read."""
    weights = next((name for name in _WEIGHTS if name in files), None)
    weights = weights or min((name for name in files if name.endswith(".h5")), default=None)
    if _CONFIG not in files or weights is None:
        listed = ", ".join(sorted(files)[:_SHOWN]) + (" and more" if len(files) > _SHOWN else "")
        raise ReadError(
            f"Expected a StarDist model (config.json and weights_best.h5) in {path}, found "
            f"{listed or 'neither'}; give the folder, or a zip of it."
        )
    return weights


def fingerprint(path: Path) -> str:
    """Fingerprint the configuration and the weights of a model folder or zip.

    Raises
    ------
    ReadError
        If there is neither.
    """
    digest = hashlib.blake2b(digest_size=16)
    for name, file in sorted(_files(path).items()):
        if name.endswith((".json", ".h5")):
            digest.update(name.encode() + b"\0" + file.read())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a folder, or a member of a zip."""

    path: Path
    member: str | None = None

    def read(self) -> bytes:
        try:
            return self._content()
        # RuntimeError: locked by a password, or packed in a way that Python does not know
        except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as err:
            raise ReadError(
                f"Expected a StarDist model in {self.path}, found {self.member or 'a file'} "
                f"damaged or locked ({err}); fetch or copy it again."
            ) from err

    def _content(self) -> bytes:
        if self.member is None:
            return self.path.read_bytes()
        with zipfile.ZipFile(self.path) as archive:
            size = archive.getinfo(self.member).file_size
            if size > _LARGEST:
                raise ReadError(
                    f"Expected a StarDist model in {self.path}, found {self.member!r} of "
                    f"{size / 1e9:.1f} GB; give a zip of a model folder."
                )
            return archive.read(self.member)


def _files(path: Path) -> Mapping[str, _File]:
    """Files by name; of a zip also those in the one folder it may hold."""
    if path.is_dir():
        return {one.name: _File(one) for one in path.iterdir() if one.is_file()}
    if not path.is_file():
        raise ReadError(
            f"Expected a StarDist model folder or zip at {path}, found nothing there; give 'he', "
            "'watershed', or the path of a model."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            members = [name for name in archive.namelist() if not name.endswith("/")]
    except (zipfile.BadZipFile, OSError) as err:
        raise ReadError(
            f"Expected a StarDist model folder or zip at {path}, found another kind of file; "
            "give the folder that holds config.json, or a zip of it."
        ) from err
    return {name.rsplit("/", 1)[-1]: _File(path, name) for name in reversed(members)}


def _thresholds(file: _File | None, path: Path) -> dict[str, float]:
    found: dict[str, Any] = {"prob": 0.5, "nms": 0.4}
    try:
        if file is not None:
            found |= json.loads(file.read())
        known = {name: float(np.clip(found[name], 1e-6, 1 - 1e-6)) for name in ("prob", "nms")}
    except (ValueError, TypeError) as err:
        raise ReadError(
            f"Expected the thresholds prob and nms in {path}, found a thresholds.json that cannot "
            f"be understood ({err}); remove it to use 0.5 and 0.4."
        ) from err
    return known
