"""Figures for print: PNG, SVG or PDF with legend and scale bar, sharp at the size they are for.

Words stay words and outlines outlines in SVG and PDF, to be changed in any drawing program; the
image under them, and outlines by the ten thousand, are pixels of the resolution asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope import io
from spotscope.model import MethodError, MissingDependencyError, ParamsError, Progress
from spotscope.pipeline.report._colours import in_colours
from spotscope.pipeline.report._layers import what_to_draw
from spotscope.pipeline.report._page import lay_out
from spotscope.pipeline.report._savefig import save_figure

if TYPE_CHECKING:
    from spotscope.model import Region, Session, Task
    from spotscope.pipeline.report._layers import Shown
    from spotscope.pipeline.report._page import Box

__all__ = ["FORMATS", "check_figures", "draw_figure"]

FORMATS = (".png", ".svg", ".pdf")
_WIDTH_MM = 120.0
#: Longest side of the image in a figure, in pixels.
_MOST_PX = 6000
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "spotscope",  # the same figure is the same file
    "pdf.fonttype": 42,
    "font.family": "sans-serif",
    "font.sans-serif": ["Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"],
    "font.size": 8.0,
    "axes.linewidth": 0.6,
    "hatch.linewidth": 0.6,
}


def check_figures(path: Path) -> None:
    """Refuse a figure that cannot be made, before any work is done for it.

    Raises
    ------
    ParamsError
        If the name ends in none of :data:`FORMATS`.
    MissingDependencyError
        If matplotlib is not installed.
    """
    if path.suffix.lower() not in FORMATS:
        raise ParamsError(
            f"Expected a name that ends in {', '.join(FORMATS)}, found {path.name!r}; give one "
            "(-o figure.png)."
        )
    try:
        import matplotlib  # noqa: F401
    except ImportError as err:
        raise MissingDependencyError(
            "matplotlib is not installed, and draws the figures. Install it with: pip install "
            "'spotscope[figures]'"
        ) from err


def draw_figure(
    session: Session,
    path: str | Path,
    *,
    shown: Shown | None = None,
    gene: str | None = None,
    on_cells: bool = False,
    region: Region | None = None,
    box_um: Box | None = None,
    dpi: float = 300.0,
    width_mm: float = _WIDTH_MM,
) -> Task[Path]:
    """Draw a figure of a session.

    Parameters
    ----------
    session
        With what is to be shown.
    path
        Ends in .png, .svg or .pdf.
    shown, gene, on_cells
        What the colours say: ``types``, ``confidence``, ``gene`` (of spots, or ``on_cells``) or
        ``image``; by default the gene if one is given, else types.
    region
        Drawn with its outline, and what lies around it.
    box_um
        (y0, x0, y1, x1) in µm, in place of a region; by default all that was found.
    dpi
        Dots an inch.
    width_mm
        Of the picture, without its legend.

    Raises
    ------
    ParamsError, MethodError, MissingDependencyError, WriteError
        If there is nothing to show, a name is unknown, or it cannot be written.
    """
    path = Path(path)
    check_figures(path)
    if not (36 <= dpi <= 1200 and 20 <= width_mm <= 500):
        raise ParamsError(
            f"Expected 36 to 1200 dots an inch on 20 to 500 mm, found {dpi:g} on {width_mm:g} mm; "
            "give a figure that a page can hold (--dpi 300 --width 120)."
        )
    yield Progress("gathering the figure", 0, 2)
    box = box_um or _box(session, region)
    counted = None if session.nuclei is None else _within(session.nuclei.yx_um, box, region)
    drawn = what_to_draw(session, shown, gene, on_cells, counted)
    yield Progress("gathering the figure", 1, 2)
    image = _image(session, box, min(round(width_mm / 25.4 * dpi), _MOST_PX))
    yield Progress("gathering the figure", 2, 2)
    import matplotlib as mpl

    with mpl.rc_context(_STYLE), io.staged(path) as staging:
        figure, parts = lay_out(session, drawn, image, box, region, width_mm)
        # metadata without a date: the same figure is the same file
        stamp = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
        metadata = stamp.get(path.suffix.lower())
        yield from save_figure(figure, staging, parts, dpi=dpi, metadata=metadata)
    return path


def _within(
    yx_um: npt.NDArray[np.float64], box: Box, region: Region | None
) -> npt.NDArray[np.bool_]:
    """(nucleus,) whether a centre lies in the region, else in the picture."""
    if region is not None:
        return region.contains(yx_um)
    return np.asarray(((yx_um >= box[:2]) & (yx_um <= box[2:])).all(axis=1))


def _box(session: Session, region: Region | None) -> Box:
    """Around the region, else around all spots, else the slide."""
    slide, spots = session.sample.slide, session.sample.spots
    if region is not None:
        low, high = np.array(region.box_um[:2]), np.array(region.box_um[2:])
        margin = 0.08 * float((high - low).max())
    elif spots is not None:
        low, high = spots.yx_um.min(axis=0), spots.yx_um.max(axis=0)
        margin = spots.lattice.pitch_um
    elif slide is not None:
        return (0.0, 0.0, *slide.extent_um)
    else:
        raise MethodError("Expected an image or spots to draw, found none; open a sample.")
    low, high = low - margin, high + margin
    if slide is not None:
        low, high = np.maximum(low, 0), np.minimum(high, slide.extent_um)
    if (high <= low).any():
        raise ParamsError(
            f"Expected a region on {session.sample.name}, found it beside the slide; draw another."
        )
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _image(session: Session, box: Box, width_px: int) -> npt.NDArray[np.uint8] | None:
    """The slide within the box as RGB, on white where the box is larger; about as wide as asked."""
    slide = session.sample.slide
    if slide is None:
        return None
    y0, x0, y1, x1 = box
    high, wide = slide.extent_um
    part = (max(y0, 0.0), max(x0, 0.0), min(y1, high), min(x1, wide))
    if part[2] <= part[0] or part[3] <= part[1]:
        return None
    longest = round(width_px * max(1.0, (y1 - y0) / (x1 - x0)))
    seen = in_colours(slide.window(part, min(longest, _MOST_PX)))
    step = (part[3] - part[1]) / seen.shape[1]
    size = (round((y1 - y0) / step), round((x1 - x0) / step))
    page = np.full((max(size[0], 1), max(size[1], 1), 3), 255, np.uint8)
    row, column = round((part[0] - y0) / step), round((part[1] - x0) / step)
    rows, columns = min(seen.shape[0], size[0] - row), min(seen.shape[1], size[1] - column)
    page[row : row + rows, column : column + columns] = seen[:rows, :columns]
    return page
