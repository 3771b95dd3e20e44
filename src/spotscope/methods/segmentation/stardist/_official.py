"""The models of the stardist project, by their names.

They are not shipped: their weights are not ours to give. A name is looked for in the folders of
``SPOTSCOPE_MODELS`` (one, or several as in ``PATH``), then in the user's cache
(``spotscope/models``) and in that of Keras, where the stardist package keeps what it has fetched;
then it is fetched from the project's own address. Addresses and SHA-256 checksums are those that
the stardist package 0.9.2 itself names (``stardist/models/__init__.py``).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from spotscope.model import ReadError, cache_home

__all__ = ["OFFICIAL", "find_official", "models_cache", "official_place"]

#: SHA-256 of the zips.
OFFICIAL = {
    "2D_versatile_fluo": "4ad678d0758eed6e55625f1b5ae30771e59adb79f1239e09b9772eac8846c3dd",
    "2D_versatile_he": "f1696ef0631bd7e1c0e5c0d3017e2b4c6a95e284c6aab9c22fc2f08317817b28",
    "2D_paper_dsb2018": "4c11cf68512341d9e8ce3d1278c64ceb8ac400582739f85fcab079a2e82840d2",
}
_ADDRESS = "https://github.com/stardist/stardist-models/releases/download/v0.1/python_{name}.zip"
#: Far above the largest of them.
_LARGEST = 100_000_000
_WAIT_S = 20.0


def official_place(name: str) -> Path:
    """Folder or zip of an official model; fetched where it is nowhere yet.

    Parameters
    ----------
    name
        One of :data:`OFFICIAL`.

    Raises
    ------
    ReadError
        If it is nowhere and cannot be fetched, or what is fetched has another checksum.
    """
    return find_official(name) or _download(name)


def find_official(name: str) -> Path | None:
    """Where an official model lies on this machine, if it does."""
    named = os.environ.get("SPOTSCOPE_MODELS", "")
    users = [Path(part).expanduser() for part in named.split(os.pathsep) if part]
    for folder in (*users, models_cache(), Path.home() / ".keras" / "models" / "StarDist2D" / name):
        for place in (
            folder / name,
            folder / f"{name}_extracted" / name,
            folder / f"{name}.zip",
            folder / f"python_{name}.zip",
        ):
            if (place / "config.json").is_file() or place.is_file():
                return place
    return None


def models_cache() -> Path:
    """The user's cache folder for models."""
    return cache_home() / "models"


def _download(name: str) -> Path:
    """Fetch a model and check it; what is not whole never gets its name."""
    from urllib.request import urlopen  # a tenth of a second at the start of every command

    address = _ADDRESS.format(name=name)
    try:
        with urlopen(address, timeout=_WAIT_S) as answer:
            content = answer.read(_LARGEST)
    except (OSError, ValueError) as err:
        raise ReadError(
            f"Expected the StarDist model {name!r} in {models_cache()} or at {address}, found it "
            f"nowhere ({err}); fetch that file on a machine with internet and put it there."
        ) from err
    found = hashlib.sha256(content).hexdigest()
    if found != OFFICIAL[name]:
        raise ReadError(
            f"Expected {address} with the SHA-256 {OFFICIAL[name]}, found {found}; nothing was "
            "kept: try again, or fetch it another way."
        )
    return _keep(models_cache() / f"{name}.zip", content)


def _keep(place: Path, content: bytes) -> Path:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as part:
            part.write(content)
        os.replace(part.name, place)
    except OSError as err:
        raise ReadError(
            f"Expected room for {place.name!r} in {place.parent}, found none ({err}); free some, "
            "or put the file into a folder named in SPOTSCOPE_MODELS."
        ) from err
    return place
