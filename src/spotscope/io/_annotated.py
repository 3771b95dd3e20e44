"""Images and their label images, two folders with files of the same names, to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.io._reading import read_error
from spotscope.io._slide import image_source, is_slide
from spotscope.model import Progress, check_mpp

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from spotscope.model import Task

__all__ = ["AnnotatedTile", "read_annotated"]

_STAGE = "reading the images"


@dataclass(frozen=True, slots=True, eq=False)
class AnnotatedTile:
    """An image with its nuclei.

    Parameters
    ----------
    name
        Of the file, without its ending.
    image
        (y, x, c) uint8.
    labels
        (y, x) int32, 1 … n, 0 between nuclei.
    mpp
        µm per pixel.
    """

    name: str
    image: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int32]
    mpp: float


def read_annotated(
    images: Path, labels: Path, mpp: float | None = None
) -> Task[list[AnnotatedTile]]:
    """Read all images of a folder with the label images that bear their names.

    Parameters
    ----------
    images, labels
        Folders. What is deeper than 8 bits is brought to 8, from the darkest pixel to the 99.9th
        percentile.
    mpp
        µm per pixel; wins over what the files say.

    Raises
    ------
    ReadError
        If a folder or a label image is missing, a size differs, or no pixel size is known.
    """
    pictures, drawn = _by_name(images), _by_name(labels)
    lost = sorted(set(pictures) - set(drawn))
    if lost:
        raise read_error(
            labels,
            f"Expected a label image named {lost[0]!r} in {str(labels)!r}, found none; give every "
            "image in the first folder a label image of its name in the second.",
        )
    tiles = []
    for done, (name, path) in enumerate(pictures.items()):
        yield Progress(_STAGE, done, len(pictures))
        tiles.append(_tile(name, path, drawn[name], mpp))
    return tiles


def _by_name(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise read_error(
            folder, f"Expected a folder at {str(folder)!r}, found none; check the path."
        )
    found = {path.stem: path for path in sorted(folder.iterdir()) if is_slide(path)}
    if not found:
        raise read_error(
            folder,
            f"Expected PNG, JPEG or TIFF images in {str(folder)!r}, found none; check the path.",
        )
    return found


def _tile(name: str, path: Path, drawn: Path, mpp: float | None) -> AnnotatedTile:
    source, of_labels = image_source(path), image_source(drawn)
    if of_labels.shape[2] != 1 or of_labels.dtype.kind not in "iu":
        raise read_error(
            drawn,
            f"Expected one whole number a pixel in {drawn.name!r}, found {of_labels.shape[2]} of "
            f"{of_labels.dtype}; give the label image, not a picture.",
        )
    if source.shape[:2] != of_labels.shape[:2]:
        raise read_error(
            drawn,
            f"Expected {source.shape[0]} × {source.shape[1]} pixels in {drawn.name!r}, as in its "
            f"image, found {of_labels.shape[0]} × {of_labels.shape[1]}; give the pair that belongs "
            "together.",
        )
    size = check_mpp(source.mpp_of(path, mpp), path.name)
    numbers, place = np.unique(_whole(of_labels)[..., 0], return_inverse=True)
    # numbers 1 … n whatever the file calls them
    ranks = np.cumsum(numbers > 0) * (numbers > 0)
    labels = ranks[place].reshape(of_labels.shape[:2]).astype(np.int32)
    return AnnotatedTile(name, _eight_bits(_whole(source)), labels, size)


def _whole(source: Any) -> npt.NDArray[Any]:
    bands: Iterable[Any]
    bands = source.bands() if source.bands is not None else [source.levels()[0].compute()]
    return np.concatenate([np.asarray(band) for band in bands])


def _eight_bits(image: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if image.dtype == np.uint8:
        return image
    low, high = float(image.min()), float(np.percentile(image, 99.9))
    scaled = (image.astype(np.float32) - low) / max(high - low, 1e-6)
    return np.clip(np.rint(255 * scaled), 0, 255).astype(np.uint8)
