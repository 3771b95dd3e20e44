"""OME-Zarr images, versions 0.4 and 0.5, as they lie in a folder."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._pixel_size import PixelSize, believable_size, to_um
from spotscope.io._reading import read_error
from spotscope.io._source import Source, lazy
from spotscope.model import Slide, check_mpp

if TYPE_CHECKING:
    from collections.abc import Mapping

    import dask.array as da

__all__ = ["is_ome_zarr", "multiscale", "ome_zarr_source", "open_ome_zarr"]

#: What zarr raises on folders that are not what they say.
DAMAGE = (OSError, ValueError, LookupError, TypeError, AttributeError)


def is_ome_zarr(path: Path) -> bool:
    """Whether the folder is an OME-Zarr image; only its metadata is looked at."""
    return path.is_dir() and _group(path) is not None


def ome_zarr_source(path: Path) -> Source:
    """Read levels, axes and pixel size from the metadata; no chunk is read.

    Raises
    ------
    ReadError
        If the folder is no OME-Zarr, a level is missing, or the image is a stack.
    """
    arrays, axes, pixel = multiscale(path)
    sizes = dict(zip(axes, arrays[0].shape, strict=True))
    deep = {axis: n for axis, n in sizes.items() if axis not in "cyx" and n > 1}
    if deep:
        raise read_error(
            path,
            f"Expected a 2-D image in {path.name!r}, found a stack (axes {''.join(axes)}, shape "
            f"{arrays[0].shape}); save one plane or a projection as its own image.",
        )
    shape = (sizes["y"], sizes["x"], sizes.get("c", 1))

    def levels() -> tuple[da.Array, ...]:
        return tuple(_yxc(array, axes) for array in arrays)

    return Source(shape, np.dtype(arrays[0].dtype), pixel, levels=levels)


def open_ome_zarr(path: Path | str) -> Slide:
    """Open an OME-Zarr that has a pyramid, such as one written by ``write_image_zarr``.

    Raises
    ------
    ReadError
        If it is none, or has no pixel size.
    """
    path = Path(path)
    source = ome_zarr_source(path)
    assert source.levels is not None
    return Slide(source.levels(), check_mpp(source.mpp_of(path), path.name), path.name, path)


class _Level:
    """A Zarr array whose damaged chunks are an error of ours."""

    def __init__(self, array: Any, path: Path) -> None:
        self._array, self._path = array, path
        self.shape: tuple[int, ...] = array.shape
        self.chunks: tuple[int, ...] = array.chunks
        self.dtype: np.dtype[Any] = array.dtype
        self.ndim: int = array.ndim

    def __getitem__(self, key: Any) -> Any:
        try:
            return self._array[key]
        except (*DAMAGE, RuntimeError) as error:
            raise read_error(
                self._path,
                f"Expected image data in {self._path.name!r}, found a chunk that cannot be read "
                f"({error}); copy the folder again.",
            ) from error


def multiscale(path: Path) -> tuple[list[_Level], list[str], PixelSize | None]:
    """Open the levels of an OME-Zarr image or label image.

    Returns
    -------
    Arrays to slice, finest first, the names of their axes, the size of the finest's pixels or None.
    """
    import zarr

    found = _group(path)
    if found is None:
        raise read_error(
            path,
            f"Expected an OME-Zarr image in the folder {path.name!r}, found none (no 'multiscales' "
            "in its metadata); give the folder of one image, often inside 'images'.",
        )
    folder, about = found
    try:
        image = about["multiscales"][0]
        group = zarr.open_group(folder, mode="r")
        arrays = [_Level(group[str(level["path"])], path) for level in image["datasets"]]
        axes = [a["name"] if isinstance(a, dict) else str(a) for a in image.get("axes", "tczyx")]
        if len(axes) != arrays[0].ndim or not {"y", "x"} <= set(axes):
            raise ValueError(f"axes {axes} for shape {arrays[0].shape}")
        arrays = _descending(arrays, axes.index("y"))
        return arrays, axes, _pixel(image)
    except DAMAGE as error:
        raise read_error(
            path,
            f"Expected a whole OME-Zarr in {path.name!r}, found a part missing or damaged "
            f"({error}); copy the whole folder again.",
        ) from error


def _group(path: Path) -> tuple[Path, Mapping[str, Any]] | None:
    """Find the image's folder and its OME attributes: bioformats2raw keeps the first in "0"."""
    import json

    for folder in (path, path / "0"):
        for name in ("zarr.json", ".zattrs"):
            try:
                about = json.loads((folder / name).read_text("utf-8"))
                about = about.get("attributes", {}) if name == "zarr.json" else about
                about = about.get("ome", about)
                if about.get("multiscales"):
                    return folder, about
            except (OSError, ValueError, AttributeError):
                continue
    return None


def _descending(arrays: list[_Level], axis: int) -> list[_Level]:
    """Keep levels as long as each is coarser than the one before."""
    first = [arrays[0]]
    for fine, coarse in itertools.pairwise(arrays):
        if coarse.shape[axis] >= fine.shape[axis]:
            break
        first.append(coarse)
    return first


def _pixel(image: Mapping[str, Any]) -> PixelSize | None:
    """The size of a pixel: the scale of the finest level times the scale of all levels."""
    axes = image.get("axes", [])
    scale = np.ones(len(axes))
    for step in (image["datasets"][0], image):
        for transform in step.get("coordinateTransformations", ()):
            if transform.get("type") == "scale":
                scale = scale * np.asarray(transform["scale"], float)
    um = {
        axis["name"]: to_um(float(size), str(axis.get("unit", "")))
        for axis, size in zip(axes, scale, strict=True)
        if isinstance(axis, dict)
    }
    return believable_size(um.get("y"), um.get("x"))


def _yxc(array: _Level, axes: list[str]) -> da.Array:
    """Turn the axes to (y, x, c); a pixel's channels come in one piece."""
    image = lazy(array, tuple(array.chunks))
    kept = [axis for axis in axes if axis in "cyx"]
    image = image[tuple(slice(None) if axis in kept else 0 for axis in axes)]
    image = image.transpose([kept.index(axis) for axis in "yxc" if axis in kept])
    if "c" not in kept:
        return image[..., None]
    return image.rechunk({2: -1})
