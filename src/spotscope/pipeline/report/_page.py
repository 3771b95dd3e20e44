"""The page of a figure, by matplotlib: image, outlines or spots, scale bar, title and legend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.model import Region, Session
    from spotscope.pipeline.report._layers import Drawn

__all__ = ["NOT_FOR_DIAGNOSIS", "Box", "lay_out", "round_length"]

NOT_FOR_DIAGNOSIS = "For research. Not for diagnosis."
Box = tuple[float, float, float, float]
#: mm: margins for title, legend and scale.
_TOP_MM, _BOTTOM_MM, _LEGEND_MM, _EDGE_MM = 9.0, 7.0, 46.0, 3.0
#: Beyond so many outlines they become pixels: no drawing program opens them otherwise.
_MANY = 20_000
#: Drawn at once: a moment's work.
_PART = 2_000
#: How far the image fades to white behind coloured nuclei.
_FADE = 0.45


def lay_out(
    session: Session,
    drawn: Drawn,
    image: npt.NDArray[np.uint8] | None,
    box: Box,
    region: Region | None,
    width_mm: float,
) -> tuple[Any, list[Any]]:
    """The page: title above, picture, scale bar in it, legend beside it, a line below.

    Returns
    -------
    The figure, and the artists in it that take the time.
    """
    from matplotlib.figure import Figure

    y0, x0, y1, x1 = box
    height_mm = width_mm * (y1 - y0) / (x1 - x0)
    beside = _LEGEND_MM if drawn.on else 0.0
    page = (width_mm + beside + 2 * _EDGE_MM, height_mm + _TOP_MM + _BOTTOM_MM)
    figure = Figure(figsize=(page[0] / 25.4, page[1] / 25.4))
    place = (_EDGE_MM / page[0], _BOTTOM_MM / page[1], width_mm / page[0], height_mm / page[1])
    axes = figure.add_axes(place)
    axes.set(xlim=(x0, x1), ylim=(y1, y0), xticks=[], yticks=[])
    if image is not None:
        faded = drawn.on == "nuclei"
        picture = 255 - ((255 - image) * (1 - _FADE)).astype(np.uint8) if faded else image
        axes.imshow(picture, extent=(x0, x1, y1, y0), interpolation="antialiased", aspect="auto")
        axes.set(xlim=(x0, x1), ylim=(y1, y0))
    shapes = _on_image(axes, session, drawn, box)
    if region is not None:
        corners = np.vstack([region.polygon_yx_um, region.polygon_yx_um[:1]])
        axes.plot(corners[:, 1], corners[:, 0], color="white", lw=1.6)
        axes.plot(corners[:, 1], corners[:, 0], color="black", lw=0.8, ls="--")
    _scale_bar(axes, box)
    name = session.sample.name + (f" · {region.name}" if region is not None else "")
    title = f"{name}{' · ' if drawn.title else ''}{drawn.title}"
    top = 1 - _TOP_MM / 2 / page[1]
    figure.text(place[0], top, title, va="center", ha="left", fontsize=9, weight="bold")
    said = f"spotscope {_version()} · {NOT_FOR_DIAGNOSIS}"
    figure.text(place[0], _BOTTOM_MM / 2 / page[1], said, va="center", ha="left", fontsize=5.5)
    if beside:
        left = (width_mm + 2 * _EDGE_MM) / page[0]
        inside = region.name if region is not None else ""
        scale = shapes[0] if shapes else None
        _legend(figure, drawn, scale, left, place, beside / page[0], inside)
    return figure, shapes


def _on_image(axes: Any, session: Session, drawn: Drawn, box: Box) -> list[Any]:
    """Nuclei or spots within the box, some thousands at a time; all of one colour scale."""
    from matplotlib.collections import EllipseCollection, PolyCollection

    if not drawn.on:
        return []
    spots = session.sample.spots
    if drawn.on == "spots":
        assert spots is not None
        yx, reach = spots.yx_um[drawn.rows], spots.lattice.diameter_um / 2
    else:
        assert session.nuclei is not None
        yx, reach = session.nuclei.yx_um[drawn.rows], 15.0
    low, high = np.array(box[:2]) - reach, np.array(box[2:]) + reach
    inside = ((yx >= low) & (yx <= high)).all(axis=1)
    looks: dict[str, Any] = {"linewidths": 0.2, "edgecolors": (0, 0, 0, 0.55)}
    found, rows = [], np.flatnonzero(inside)
    for first in range(0, max(len(rows), 1), _PART):
        part = rows[first : first + _PART]
        if drawn.on == "spots":
            size = np.full(len(part), 2 * reach)
            shapes: Any = EllipseCollection(
                size, size, np.zeros_like(size), units="xy", offsets=yx[part][:, ::-1],
                offset_transform=axes.transData, **looks
            )  # fmt: skip
        else:
            assert session.nuclei is not None
            polygons = session.nuclei.take(drawn.rows[part]).polygons()[..., ::-1]
            shapes = PolyCollection(list(polygons), **looks)
        if drawn.colours is not None:
            shapes.set_facecolor(drawn.colours[part])
        elif drawn.values is not None:
            shapes.set_array(drawn.values[part])
            shapes.set_cmap("viridis")
            shapes.set_clim(0, max(drawn.top, 1e-9))
        shapes.set_rasterized(len(rows) > _MANY)
        axes.add_collection(shapes, autolim=False)
        found.append(shapes)
    return found


def _legend(
    figure: Any,
    drawn: Drawn,
    scale: Any,
    left: float,
    place: tuple[float, ...],
    width: float,
    within: str,
) -> None:
    if drawn.values is not None:
        bar = figure.add_axes((left, place[1] + place[3] * 0.3, width * 0.07, place[3] * 0.4))
        figure.colorbar(scale, cax=bar)
        bar.set_ylabel(drawn.unit)
        return
    from matplotlib.patches import Patch

    rows = [
        Patch(facecolor=colour, edgecolor="0.3", linewidth=0.4, label=f"{name}  {count:,}")
        for name, colour, count in drawn.legend
    ]
    figure.legend(
        handles=rows,
        loc="upper left",
        bbox_to_anchor=(left, place[1] + place[3]),
        frameon=False,
        borderaxespad=0.0,
        handlelength=1.0,
        handleheight=1.0,
        fontsize=7,
        title=f"{drawn.called} in {within}" if within else drawn.called,
        alignment="left",
    )


def _scale_bar(axes: Any, box: Box) -> None:
    """A round length of about a quarter of the width, black on white to be seen on any stain."""
    width, height = box[3] - box[1], box[2] - box[0]
    length = round_length(width / 4)
    x1, y = box[3] - 0.04 * width, box[2] - 0.04 * height
    said = f"{length / 1000:g} mm" if length >= 1000 else f"{length:g} µm"
    for colour, lw in (("white", 4.0), ("black", 2.0)):
        axes.plot([x1 - length, x1], [y, y], color=colour, lw=lw, solid_capstyle="butt")
    bubble = {
        "boxstyle": "square,pad=0.15",
        "facecolor": "white",
        "edgecolor": "none",
        "alpha": 0.8,
    }
    middle = (x1 - length / 2, y - 0.015 * height)
    axes.text(*middle, said, ha="center", va="bottom", fontsize=7, bbox=bubble)


def round_length(most_um: float) -> float:
    """The longest of 1, 2, 5, 10, … µm that is no longer than ``most_um``."""
    ten = 10.0 ** np.floor(np.log10(most_um))
    return float(max(step * ten for step in (1, 2, 5) if step * ten <= most_um * 1.0001))


def _version() -> str:
    import spotscope

    return spotscope.__version__
