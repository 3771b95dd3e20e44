"""``overview.png``: the slide with its spots, and beside it the same with nuclei by cell type.

Everything is drawn three times as large and then shrunk, so that a nucleus of two pixels still has
a shape. Colours are handed in: the picture and the window show the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from spotscope.model import Progress, is_estimated, run
from spotscope.pipeline.report._legend import (
    COLUMN_PX,
    INK,
    ROW_PX,
    SOFT_INK,
    UNTYPED_GREY,
    draw_legend,
    draw_scale_bar,
    legend_entries,
)
from spotscope.pipeline.report._letters import font, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.model import StarConvex, Task
    from spotscope.pipeline.report._legend import Entry

__all__ = ["draw_overview", "overview_task"]

Floats = npt.NDArray[np.float64]

#: Longest side of a panel, and the space about it, in pixels of the finished picture.
PANEL_PX, MARGIN_PX, GAP_PX = 900, 40, 24
TITLE_PX = 92
SUPERSAMPLED = 3
PAPER = (255, 255, 255)
#: Nuclei drawn between two reports.
_PART = 5_000
#: How far the slide fades to white behind the coloured nuclei.
FADE = 0.58
#: How far it loses its colour there.
GREYED = 0.6


@dataclass(frozen=True, slots=True)
class _Panel:
    """Where µm fall in a panel: its size in pixels, and pixels per µm."""

    width: int
    height: int
    scale: float

    def to_px(self, yx_um: Floats) -> Floats:
        """(..., 2) (y, x) in µm to (x, y) in enlarged pixels, as Pillow wants them."""
        return np.asarray(yx_um)[..., ::-1] * (self.scale * SUPERSAMPLED)


def overview_task(
    thumbnail: npt.NDArray[np.uint8] | None,
    extent_um: tuple[float, float],
    yx_um: Floats,
    codes: npt.NDArray[np.integer],
    types: Sequence[str],
    colours: npt.NDArray[np.uint8],
    spots_yx_um: Floats | None,
    spot_diameter_um: float | None,
    title: str,
    *,
    outlines: StarConvex | None = None,
) -> Task[Image.Image]:
    """Draw the overview of a finished run.

    Parameters
    ----------
    thumbnail
        (y, x, 3) the slide, made small; None draws on white.
    extent_um
        (y, x) size of the slide.
    yx_um
        (cell, 2) centres.
    codes
        (cell,) index into ``types``; -1 is drawn grey, and so are ``outlines`` when it is empty.
    types
        Names.
    colours
        (type, 3).
    spots_yx_um
        (spot, 2) centres, or None.
    spot_diameter_um
        Their diameter, or None.
    title
        First line of the picture.
    outlines
        The cells' nuclei, in the same order; without them cells are dots of 8 µm.

    Returns
    -------
    RGB picture.
    """
    if spots_yx_um is None or spot_diameter_um is None:
        spots_yx_um, spot_diameter_um = np.zeros((0, 2)), 1.0
    if outlines is not None and len(codes) == 0:
        yx_um, codes = outlines.yx_um, np.full(outlines.n, -1)
    assert len(codes) == len(yx_um), (len(codes), len(yx_um))
    scale = PANEL_PX / max(extent_um)
    panel = _Panel(round(extent_um[1] * scale), round(extent_um[0] * scale), scale)
    base = _base(thumbnail, panel)
    faded = Image.blend(
        Image.blend(base, base.convert("L").convert("RGB"), GREYED),
        Image.new("RGB", base.size, PAPER),
        FADE,
    )
    left = _with_spots(base, panel, spots_yx_um, spot_diameter_um)
    shapes = _dots(yx_um) if outlines is None else outlines.polygons()
    right = yield from _with_cells(faded, panel, yx_um, shapes, _palette(codes, colours))

    seen = outlines is None or not is_estimated(outlines).any()
    called = f"{len(yx_um):,} {'nuclei' if seen else 'cells'}"
    facts = _facts(called, len(spots_yx_um), spot_diameter_um, extent_um)
    return _page(panel, left, right, title, facts, legend_entries(codes, types, colours))


def draw_overview(*args: Any, **more: Any) -> Image.Image:
    """Draw it at once; see :func:`overview_task`."""
    return run(overview_task(*args, **more))


def _facts(cells: str, n_spots: int, diameter_um: float, extent_um: tuple[float, float]) -> str:
    size = f"{extent_um[1] / 1000:.2f} × {extent_um[0] / 1000:.2f} mm"
    spots = f"{n_spots:,} spots of {diameter_um:g} µm" if n_spots else "no spots"
    return f"{cells}  ·  {spots}  ·  {size}"


def _page(
    panel: _Panel,
    left: Image.Image,
    right: Image.Image,
    title: str,
    facts: str,
    entries: list[Entry],
) -> Image.Image:
    """Title, facts, the two panels, the legend."""
    inner = 2 * panel.width + GAP_PX
    rows = max(1, -(-len(entries) * COLUMN_PX // inner))
    top = MARGIN_PX + TITLE_PX
    below = top + panel.height + GAP_PX
    page = Image.new("RGB", (inner + 2 * MARGIN_PX, below + rows * ROW_PX + MARGIN_PX), PAPER)
    draw = ImageDraw.Draw(page)
    draw.text((MARGIN_PX, MARGIN_PX - 8), written(title), INK, font(34))
    draw.text((MARGIN_PX, MARGIN_PX + 40), written(facts), SOFT_INK, font(20))
    for image, x in ((left, MARGIN_PX), (right, MARGIN_PX + panel.width + GAP_PX)):
        page.paste(image, (x, top))
        quarter_um = panel.width / panel.scale / 4
        draw_scale_bar(page, (x, top + panel.height), panel.scale, quarter_um)
    draw_legend(draw, entries, (MARGIN_PX, below), rows)
    return page


def _base(thumbnail: npt.NDArray[np.uint8] | None, panel: _Panel) -> Image.Image:
    size = (panel.width, panel.height)
    if thumbnail is None:
        return Image.new("RGB", size, PAPER)
    return Image.fromarray(thumbnail).convert("RGB").resize(size, Image.Resampling.LANCZOS)


def _palette(
    codes: npt.NDArray[np.integer], colours: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """(cell, 3) colour of every cell: -1 takes the grey that stands last."""
    return np.concatenate([colours, [UNTYPED_GREY]]).astype(np.uint8)[codes]


def _dots(yx_um: Floats) -> Floats:
    turn = 2 * np.pi * np.arange(12) / 12
    return yx_um[:, None] + 4.0 * np.stack([np.sin(turn), np.cos(turn)], axis=1)


def _with_spots(base: Image.Image, panel: _Panel, yx_um: Floats, diameter_um: float) -> Image.Image:
    """Rings at the spots' true size: dark with a light edge, to be seen on any stain."""
    layer = Image.new("RGBA", (panel.width * SUPERSAMPLED, panel.height * SUPERSAMPLED))
    draw = ImageDraw.Draw(layer)
    radius = diameter_um / 2 * panel.scale * SUPERSAMPLED
    for colour, stroke in (((255, 255, 255, 170), 9), ((14, 44, 108, 255), 5)):
        for x, y in panel.to_px(yx_um).tolist():
            grow = radius + stroke / 2
            box = (x - grow, y - grow, x + grow, y + grow)
            draw.ellipse(box, outline=colour, width=stroke)
    return _laid_over(base, layer)


def _with_cells(
    base: Image.Image,
    panel: _Panel,
    yx_um: Floats,
    shapes: Floats,
    colours: npt.NDArray[np.uint8],
) -> Task[Image.Image]:
    """Nuclei filled by type; one smaller than a pixel and a half is drawn that large."""
    layer = Image.new("RGBA", (panel.width * SUPERSAMPLED, panel.height * SUPERSAMPLED))
    draw = ImageDraw.Draw(layer)
    centre = panel.to_px(yx_um)
    spokes = panel.to_px(shapes) - centre[:, None]
    reach = np.linalg.norm(spokes, axis=-1).mean(axis=-1, keepdims=True)[..., None]
    spokes *= np.maximum(1.0, 0.75 * SUPERSAMPLED / np.maximum(reach, 1e-9))
    corners = (centre[:, None] + spokes).reshape(len(shapes), 2 * shapes.shape[1])
    pairs = zip(corners.tolist(), colours.tolist(), strict=True)
    for done, (polygon, colour) in enumerate(pairs):
        if done % _PART == 0:
            yield Progress("drawing the overview", done, len(corners))
        edge = tuple(int(0.62 * c) for c in colour)
        draw.polygon(polygon, fill=(*colour, 255), outline=(*edge, 255))
    return _laid_over(base, layer)


def _laid_over(base: Image.Image, layer: Image.Image) -> Image.Image:
    small = layer.resize(base.size, Image.Resampling.BOX)
    return Image.alpha_composite(base.convert("RGBA"), small).convert("RGB")
