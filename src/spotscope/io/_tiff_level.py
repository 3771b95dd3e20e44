"""One level of a TIFF as something to slice: reads and decodes only the tiles that are touched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.io._one_strip import one_strip, strip_rows
from spotscope.io._tiff_series import DAMAGE, damaged, open_series

if TYPE_CHECKING:
    from tifffile import TiffPage, TiffPageSeries

    from spotscope.io._source import Bands

__all__ = ["TiffLevel"]

_MINISWHITE, _RGB, _PALETTE, _YCBCR = 0, 2, 3, 6
_JPEG = (6, 7, 34892, 33007)
Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Page:
    """Where one page's tiles or strips lie."""

    path: Path
    offsets: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    jpegtables: bytes | None


class TiffLevel:
    """A (y, x, c) image inside a TIFF.

    The file is opened for each read and closed after it: nothing is left open, threads do not
    wait for each other, and the file can be moved or deleted meanwhile.

    Parameters
    ----------
    path
        The file; parts of an OME-TIFF may lie in other files beside it.
    level
        tifffile's description of the level. All of its pages are channels.
    index
        Its number in the pyramid.
    """

    ndim = 3

    def __init__(self, path: Path, level: TiffPageSeries, index: int = 0) -> None:
        self.path = path
        self._index = index
        keyframe = level.keyframe
        self._keyframe: TiffPage = keyframe
        sizes = dict(zip(level.axes, level.shape, strict=True))
        height, width = int(sizes["Y"]), int(sizes["X"])
        n_channels = int(np.prod(level.shape)) // (height * width)
        self._is_planar = keyframe.planarconfig == 2 and keyframe.samplesperpixel > 1
        self._palette = _palette(keyframe)
        keep = 3 if self._palette is not None else _without_alpha(keyframe, n_channels)
        self.shape = (height, width, keep)
        self.dtype = _pixel_dtype(keyframe.dtype, self._palette)
        self._contiguous = level.dataoffset
        self._layout = (np.dtype(keyframe.dtype).newbyteorder(keyframe.parent.byteorder), level)
        self._pages = [] if self._contiguous is not None else [_page(page) for page in level.pages]
        if self._contiguous is None:
            per_page = keyframe.samplesperpixel
            if len(self._pages) * per_page != n_channels:
                raise ValueError(f"{len(self._pages)} pages for {n_channels} channels")
            keyframe.decode  # noqa: B018 - made here once, before threads share it
        self._segment = _segment_px(keyframe)

    def __reduce__(self) -> tuple[Any, tuple[Path, int]]:
        """Travel to another process as the path alone."""
        return _reopened, (self.path, self._index)

    @property
    def reads_anywhere(self) -> bool:
        """Whether a small part can be read without its whole width."""
        return self._contiguous is not None or bool(self._keyframe.is_tiled)

    @property
    def end(self) -> int:
        """Bytes the file must have for pixels that lie in one piece; else 0.

        ImageJ names only the first page of a stack and lets the others follow.
        """
        if self._contiguous is None:
            return 0
        return int(self._contiguous or 0) + int(self._layout[1].nbytes)

    def block_px(self, about: int) -> tuple[int, int]:
        """(y, x) size of a piece: whole tiles, about as large as asked for."""
        height, width = self.shape[:2]
        if self._contiguous is not None:
            return min(about, height), min(about, width)
        tall, wide = self._segment
        block = tall * max(1, about // tall), wide * max(1, about // wide)
        return min(block[0], height), min(block[1], width)

    def in_rows(self) -> Bands | None:
        """Bands of rows by way of a file, where the image is one packed strip; else None."""
        page = self._keyframe
        if len(self._pages) != 1 or not one_strip(page):
            return None
        return strip_rows(self._pages[0].path, page, self.shape[2])

    def __getitem__(self, key: tuple[slice, ...]) -> Array:
        rows, columns, channels = (
            slice(*part.indices(n)) for part, n in zip(key, self.shape, strict=True)
        )
        window = (rows.start, rows.stop, columns.start, columns.stop)
        raw = self._mapped(*window) if self._contiguous is not None else self._decoded(*window)
        return self._as_pixels(raw)[:: rows.step, :: columns.step, channels]

    def _mapped(self, y0: int, y1: int, x0: int, x1: int) -> Array:
        dtype, level = self._layout
        try:
            whole = np.memmap(
                self.path, dtype, "r", offset=int(self._contiguous or 0), shape=tuple(level.shape)
            )
        except DAMAGE as error:
            raise damaged(self.path, error) from error
        axes = level.axes
        order = [axes.index("Y"), axes.index("X")]
        rest = [i for i in range(len(axes)) if i not in order]
        image = whole.transpose(*order, *rest)[y0:y1, x0:x1]
        return np.array(image).reshape(y1 - y0, x1 - x0, -1)

    def _decoded(self, y0: int, y1: int, x0: int, x1: int) -> Array:
        keyframe = self._keyframe
        per_page = keyframe.samplesperpixel
        background = 255 if keyframe.photometric in (_RGB, _YCBCR) else 0
        out = np.full(
            (y1 - y0, x1 - x0, per_page * len(self._pages)), background, np.dtype(keyframe.dtype)
        )
        for i, page in enumerate(self._pages):
            try:
                with page.path.open("rb") as stream:
                    for index in self._segments(y0, y1, x0, x1):
                        if page.sizes[index] == 0:  # a tile that was never scanned
                            continue
                        stream.seek(page.offsets[index])
                        data = stream.read(page.sizes[index])
                        self._place(out, i * per_page, data, index, page, (y0, x0))
            except DAMAGE as error:
                raise damaged(self.path, error) from error
        return out

    def _segments(self, y0: int, y1: int, x0: int, x1: int) -> list[int]:
        """Give numbers of the tiles or strips that touch the window, of every plane."""
        height, width = self.shape[:2]
        tall, wide = self._segment
        down, across = -(-height // tall), -(-width // wide)
        planes = self._keyframe.samplesperpixel if self._is_planar else 1
        return [
            (plane * down + row) * across + column
            for plane in range(planes)
            for row in range(y0 // tall, -(-y1 // tall))
            for column in range(x0 // wide, -(-x1 // wide))
        ]

    def _place(
        self,
        out: Array,
        channel: int,
        data: bytes,
        index: int,
        page: _Page,
        origin: tuple[int, int],
    ) -> None:
        keyframe = self._keyframe
        tables: dict[str, Any] = {}
        if keyframe.compression in _JPEG:
            tables = {"jpegtables": page.jpegtables, "jpegheader": keyframe.jpegheader}
        decoded, (plane, _, top, left, _), _ = keyframe.decode(data, index, **tables)
        if decoded is None:
            return
        tile = decoded[0]
        y, x = top - origin[0], left - origin[1]
        cut = tile[max(0, -y) : out.shape[0] - y, max(0, -x) : out.shape[1] - x]
        y, x = max(0, y), max(0, x)
        first = channel + int(plane)
        out[y : y + cut.shape[0], x : x + cut.shape[1], first : first + cut.shape[2]] = cut

    def _as_pixels(self, raw: Array) -> Array:
        if self._palette is not None:
            return self._palette[raw[..., 0]]
        if self._keyframe.photometric == _MINISWHITE and raw.dtype.kind in "ub":
            raw = ~raw
        if raw.dtype.kind == "b":
            raw = raw.astype(np.uint8) * np.uint8(255)
        return raw[..., : self.shape[2]].astype(self.dtype, copy=False)


def _reopened(path: Path, index: int) -> TiffLevel:
    tif, series = open_series(path)
    with tif:
        return TiffLevel(path, series.levels[index], index)


def _page(page: Any) -> _Page:
    if page is None:
        raise ValueError("a file it refers to is missing")
    offsets, sizes = page.dataoffsets, page.databytecounts
    return _Page(
        Path(page.parent.filehandle.path),
        np.asarray(offsets, np.int64),
        np.asarray(sizes, np.int64),
        page.jpegtables,
    )


def _segment_px(page: TiffPage) -> tuple[int, int]:
    if page.is_tiled:
        return int(page.tilelength), int(page.tilewidth)
    return int(min(page.rowsperstrip, page.imagelength)), int(page.imagewidth)


def _palette(page: TiffPage) -> npt.NDArray[np.uint8] | None:
    """(index, 3) colours of a palette image, or None."""
    if page.photometric != _PALETTE or page.colormap is None:
        return None
    return np.ascontiguousarray(np.asarray(page.colormap).T >> 8).astype(np.uint8)


def _without_alpha(page: TiffPage, n_channels: int) -> int:
    """Channels that are colours: transparency is left out."""
    if page.samplesperpixel != n_channels or not page.extrasamples:
        return n_channels
    colours = {_RGB: 3, _YCBCR: 3}.get(int(page.photometric), 1)
    is_alpha = any(int(extra) in (1, 2) for extra in page.extrasamples)
    return colours if is_alpha or n_channels == colours + 1 else n_channels


def _pixel_dtype(dtype: Any, palette: Any) -> np.dtype[Any]:
    if palette is not None or np.dtype(dtype).kind == "b":
        return np.dtype(np.uint8)
    return np.dtype(dtype)
