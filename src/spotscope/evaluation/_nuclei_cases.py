"""Tiles whose nuclei were drawn by hand, and who may look at them.

*training* tiles are what the shipped networks learned from; thresholds and calibrations are fitted
on the *development* patients; the table that is shown is of the *reporting* patients, on whom
nothing was trained, tuned or chosen. H&E is parted by patient. Which fluorescence images share a
culture is not known: they are parted by image, each part with every kind of image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["NucleiCase", "nuclei_cases"]

Part = Literal["training", "development", "reporting"]
Stain = Literal["he", "fluo"]

#: One patient of every organ of which there are two or more, and two glioblastomas.
_HE_REPORTING = {
    "TCGA-E2-A1B5-01Z-00-DX1",
    "TCGA-B0-5711-01Z-00-DX1",
    "TCGA-50-5931-01Z-00-DX1",
    "TCGA-G9-6363-01Z-00-DX1",
    "TCGA-KB-A93J-01A-01-TS1",
    "09",
    "10",
}
_HE_DEVELOPMENT = {
    "TCGA-18-5592-01Z-00-DX1",
    "TCGA-A7-A13E-01Z-00-DX1",
    "TCGA-B0-5710-01Z-00-DX1",
    "TCGA-G9-6356-01Z-00-DX1",
    "08",
}
#: Every fifth of the images in the order of their size and of the size of their nuclei.
_FLUO_REPORTING = {
    "feffce59a1a3", "bf7691b0a798", "e66f25e175ab", "1db1cddf28e3", "8fdc34509a0c",
    "a6e81120d1cb", "ff599c7301da", "a5e695fce80d", "b61d3fb0d0eb", "43cf6b2ec0b0",
}  # fmt: skip
_FLUO_DEVELOPMENT = {
    "1f9e429c12f4", "4d40de30a3db", "2cfa857e63be", "1c2f9e121fc2", "5953af5080d9",
    "89be66f88612", "c9f305be1731", "4dbbb275960a", "5f9d29d6388c", "79dfcbc9361e",
}  # fmt: skip
#: By the tissue source site in a TCGA name.
_ORGANS = {
    "18": "lung", "21": "lung", "38": "lung", "49": "lung", "50": "lung or liver",
    "A7": "breast", "AR": "breast", "E2": "breast", "B0": "kidney", "HE": "kidney",
    "CH": "prostate", "G9": "prostate", "DK": "bladder", "KB": "stomach", "RD": "stomach",
    "NH": "colon",
}  # fmt: skip
_SETS: tuple[tuple[Stain, str, str], ...] = (
    ("he", "monuseg/train", ".png"),
    ("he", "gbm40_nuclei", ".png"),
    ("fluo", "dsb2018_fluo_test", ".tif"),
)
_MPP = 0.25
#: Nuclei are no smaller than this: a tile where half of them are was scanned at half the size.
_SMALLEST_UM = 4.0
#: Of images at any magnification the pixel is taken to be that of the working resolution.
_MPP_LIGHT = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class NucleiCase:
    """A tile with its nuclei.

    Parameters
    ----------
    name
        Of the file.
    stain
        ``he`` or ``fluo``: also the name of the network that ships for it.
    organ
        Where it is known.
    part
        Who may look at it.
    image
        (y, x, c) uint8.
    labels
        (y, x) int32, 0 between nuclei.
    mpp
        µm per pixel.
    """

    name: str
    stain: Stain
    organ: str
    part: Part
    image: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int32]
    mpp: float


def nuclei_cases(
    data: Path, part: Part | None = "reporting", stain: Stain | None = None
) -> Iterator[NucleiCase]:
    """Tiles one at a time, by set and name.

    Parameters
    ----------
    data
        Holds ``monuseg``, ``gbm40_nuclei`` and ``dsb2018_fluo_test``; sets that are not there are
        left out.
    part, stain
        Which; None: all.

    Raises
    ------
    ReadError
        If none of the sets is there.
    """
    there = [(kind, data / folder, ending) for kind, folder, ending in _SETS]
    there = [one for one in there if one[1].is_dir() and stain in (None, one[0])]
    if not there:
        raise ReadError(
            f"Expected tiles with hand-drawn nuclei ({', '.join(s[1] for s in _SETS)}) in {data}, "
            "found none; give the folder of the data sets (--data)."
        )
    for kind, folder, ending in there:
        for path in sorted((folder / "images").glob(f"*{ending}")):
            if part in (None, _part(path.stem)):
                yield _case(kind, path, folder / "labels" / f"{path.stem}.tif")


def _part(name: str) -> Part:
    if name in _HE_REPORTING | _FLUO_REPORTING:
        return "reporting"
    return "development" if name in _HE_DEVELOPMENT | _FLUO_DEVELOPMENT else "training"


def _case(kind: Stain, path: Path, drawn: Path) -> NucleiCase:
    import tifffile
    from PIL import Image

    labels = np.ascontiguousarray(tifffile.imread(drawn), np.int32)
    if kind == "fluo":
        image: npt.NDArray[Any] = np.asarray(tifffile.imread(path), np.uint8)[..., None]
        return NucleiCase(path.stem, kind, "cells", _part(path.stem), image, labels, _MPP_LIGHT)
    image = np.asarray(Image.open(path).convert("RGB"))
    parts = path.stem.split("-")
    organ = _ORGANS.get(parts[1], "") if len(parts) > 2 else "brain"
    return NucleiCase(path.stem, kind, organ, _part(path.stem), image, labels, _mpp(labels))


def _mpp(labels: npt.NDArray[np.int32]) -> float:
    area = np.bincount(labels.ravel())[1:]
    across = np.sqrt(np.median(area[area > 0]) * 4 / np.pi)
    return 2 * _MPP if across * _MPP < _SMALLEST_UM else _MPP
