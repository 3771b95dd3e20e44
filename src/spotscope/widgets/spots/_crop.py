"""The image around a spot with its nuclei: read by a worker, painted by the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPolygonF

from spotscope.model import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from spotscope.layers import Colour
    from spotscope.model import Slide, Task

__all__ = ["Crop", "draw_crop", "read_crop"]


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """A square of a slide.

    Parameters
    ----------
    index
        Of the spot in its middle.
    rgb
        (y, x, 3) uint8.
    origin_um
        (y, x) of the upper left corner of its first pixel.
    mpp
        µm per pixel.
    """

    index: int
    rgb: npt.NDArray[np.uint8]
    origin_um: tuple[float, float]
    mpp: float


def read_crop(
    slide: Slide, index: int, centre_um: tuple[float, float], side_um: float, px: int
) -> Task[Crop]:
    """Read a square of about ``px`` pixels from the level that suits.

    Parameters
    ----------
    slide
        The slide.
    index
        Kept in the result, so that a late answer is known for what it is.
    centre_um
        (y, x).
    side_um
        Of the square; cut where the slide ends.
    px
        Pixels wanted along a side; up to twice as many are read.
    """
    yield Progress("reading the image around the spot", 0, 1)
    number = slide.level_for(side_um / px)
    level, mpp = slide.levels[number], slide.level_mpp(number)
    # pixel i covers (i ± ½) mpp
    low = [round((c - side_um / 2) / mpp) for c in centre_um]
    high = [start + max(1, round(side_um / mpp)) for start in low]
    box = [slice(max(0, a), max(0, b)) for a, b in zip(low, high, strict=True)]
    pixels = np.asarray(level[box[0], box[1]])
    origin = ((box[0].start - 0.5) * mpp, (box[1].start - 0.5) * mpp)
    return Crop(index, _as_rgb(pixels), origin, mpp)


def draw_crop(
    crop: Crop,
    px: int,
    polygons: npt.NDArray[np.float64],
    colours: list[Colour],
    spot: tuple[float, float, float] | None = None,
    numbers: Sequence[int] = (),
) -> QImage | None:
    """Paint outlines, and the spot's rim, over a crop.

    Parameters
    ----------
    crop
        The square.
    px
        Side of the picture, in pixels of the screen.
    polygons
        (nucleus, corner, 2) (y, x) in µm.
    colours
        One a polygon, 0-255.
    spot
        (y, x, radius) in µm, or None.
    numbers
        Written on the nuclei, one a polygon; 0 writes none.

    Returns
    -------
    The picture; None where the square lies outside the slide.
    """
    height, width = crop.rgb.shape[:2]
    if not height or not width:
        return None
    pixels = np.ascontiguousarray(crop.rgb)
    image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    smooth = Qt.TransformationMode.SmoothTransformation
    picture = image.scaled(px, px, Qt.AspectRatioMode.KeepAspectRatio, smooth)
    per_um = picture.width() / (width * crop.mpp)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    origin = np.array(crop.origin_um)
    if spot is not None:
        y, x = (np.array(spot[:2]) - origin) * per_um
        painter.setPen(QPen(QColor(255, 255, 255, 220), 1.5))
        painter.drawEllipse(QPointF(x, y), spot[2] * per_um, spot[2] * per_um)
    for polygon, colour in zip(polygons, colours, strict=True):
        corners = QPolygonF([QPointF(x, y) for y, x in (polygon - origin) * per_um])
        fill = QColor(*colour)
        # a dark rim under the coloured one: it is seen on any stain
        painter.setPen(QPen(QColor(0, 0, 0, 150), 3.0))
        painter.drawPolygon(corners)
        painter.setPen(QPen(fill, 1.7))
        fill.setAlphaF(0.35)
        painter.setBrush(fill)
        painter.drawPolygon(corners)
        painter.setBrush(Qt.BrushStyle.NoBrush)
    _write(painter, [(p - origin) * per_um for p in polygons], numbers)
    painter.end()
    return picture


def _write(
    painter: QPainter, corners: Sequence[npt.NDArray[np.float64]], numbers: Sequence[int]
) -> None:
    """Write numbers in the middle of outlines, dark around light: read on any colour."""
    font = painter.font()
    font.setPixelSize(max(9, painter.device().width() // 14))
    font.setBold(True)
    for outline, number in zip(corners, numbers, strict=False):
        if number:
            y, x = outline.mean(axis=0)
            path = QPainterPath()
            metrics = QFontMetricsF(font)
            wide = metrics.horizontalAdvance(str(number))
            path.addText(QPointF(x - wide / 2, y + metrics.capHeight() / 2), font, str(number))
            painter.strokePath(path, QPen(QColor(0, 0, 0, 200), 2.5))
            painter.fillPath(path, QColor(255, 255, 255))


def _as_rgb(pixels: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    if pixels.ndim == 3 and pixels.shape[2] >= 3 and pixels.dtype == np.uint8:
        return np.asarray(pixels[..., :3])
    grey = np.asarray(pixels[..., 0], dtype=np.float32)
    low, high = np.percentile(grey, (1, 99.5)) if grey.size else (0.0, 1.0)
    scaled = np.clip((grey - low) / max(float(high - low), 1e-9), 0, 1) * 255
    return np.repeat(scaled.astype(np.uint8)[..., None], 3, axis=2)
