"""Layer data of a session as the canvas needs it: whose it is, and in which colours."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from napari.utils.colormaps import AVAILABLE_COLORMAPS, Colormap, ensure_colormap

from spotscope import layers
from spotscope.model import CellKey

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import numpy.typing as npt
    from napari.types import LayerData

    from spotscope.layers import Colour
    from spotscope.model import Reference, Sample, Session

__all__ = [
    "KEY",
    "UNKNOWN",
    "Pinned",
    "by_label",
    "cell_colormap",
    "cell_colours",
    "cell_support",
    "cell_types",
    "fill_by_counts",
    "labelled",
    "makers",
    "sample_layers",
    "seen_by",
    "seen_colours",
    "spot_looks",
    "spots_data",
    "two_looks",
]

#: Where a layer of ours says, in its metadata, what it belongs to.
KEY = "spotscope"
#: Name under which nuclei without a type are shown, hidden and counted.
UNKNOWN = "unknown"
#: Rims of nuclei before they have types: not a colour of any stain.
FOUND = (0.0, 0.85, 0.75, 1.0)
#: Rims of spots on no bright image: seen on a black canvas and on a white one.
BARE_RIM = (0.55, 0.55, 0.58, 1.0)


class Pinned(NamedTuple):
    """A look of the nuclei that was kept: (nucleus + 1,) codes and their (256, 4) colours."""

    codes: npt.NDArray[np.uint8]
    table: npt.NDArray[np.float32]


def sample_layers(sample: Sample, reference: Reference | None = None) -> list[LayerData]:
    """Layers of a sample, for those who add layers themselves (readers, Sample data).

    Their metadata carries the sample: a dock that is open, or opened later, takes it from there.
    """
    made = []
    if sample.slide is not None:
        made.append(("slide", layers.slide_layer(sample.slide, sample.name)))
    if sample.spots is not None:
        made.append(("spots", spots_data(sample)))
    return [labelled(part, data, sample, reference) for part, data in made]


def spots_data(sample: Sample) -> LayerData:
    """Spots as discs, or, where they are many and square, as an image."""
    assert sample.spots is not None
    grid = layers.bin_grid(sample.spots)
    if grid is not None:
        return layers.bins_layer(grid, sample.name)
    data = layers.spots_layer(sample.spots, sample.name)
    if not _is_bright(sample):
        data[1]["border_color"][:] = BARE_RIM
    return data


def _is_bright(sample: Sample) -> bool:
    """Whether spots lie on a stained section, where dark rims are seen."""
    return sample.slide is not None and sample.slide.is_rgb


def labelled(
    part: str, data: LayerData, sample: Sample, reference: Reference | None = None
) -> LayerData:
    about = {"part": part, "sample": sample, "reference": reference}
    if sample.slide is not None and sample.slide.source is not None:
        about["path"] = str(sample.slide.source)
    kwargs = dict(data[1])
    kwargs["metadata"] = {**kwargs.get("metadata", {}), KEY: about}
    return data[0], kwargs, data[2]


def makers(session: Session) -> dict[str, Callable[[], LayerData] | None]:
    """How to make each layer of a session, from bottom to top; None for what it does not have."""
    sample = session.sample
    slide = partial(layers.slide_layer, sample.slide, sample.name) if sample.slide else None
    spots = partial(spots_data, sample) if sample.spots else None
    nuclei = None
    if session.labels is not None and session.nuclei is not None:
        nuclei = partial(layers.nuclei_layer, session, cell_colours(session))
    return {"slide": slide, "nuclei": nuclei, "spots": spots}


def cell_types(session: Session) -> tuple[str, ...]:
    """Names of the types of a session's cells, none before typing."""
    return session.cells.types if session.cells is not None else ()


def fill_by_counts(counts: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """(spot, 4) fill: viridis over log(1 + count), from none to the most."""
    height = np.log1p(counts.astype(float))
    steps = np.asarray(ensure_colormap("viridis").map(np.linspace(0, 1, 512)), float)
    steps[:, 3] = 0.9
    return steps[np.rint(height * (511 / max(float(height.max()), 1e-9))).astype(np.intp)]


def spot_looks(
    sample: Sample,
    fill: npt.NDArray[np.float64] | None,
    selected: int | None,
    *,
    dimmed: bool = False,
) -> dict[str, Any]:
    """Fill and rims of a sample's spots, as napari names them; the selected one stands out.

    Where the image is dimmed, rims are those of spots without one.
    """
    spots = sample.spots
    assert spots is not None
    plain = layers.spots_layer(spots, "", colours=fill)[1]
    rims, widths = plain["border_color"], np.full(spots.n, plain["border_width"])
    if dimmed or not _is_bright(sample):
        rims[:] = BARE_RIM
    if selected is not None:
        rims[selected] = layers.rgba(layers.SELECTION)
        widths[selected] = 2.5 * plain["border_width"]
    return {"face_color": plain["face_color"], "border_color": rims, "border_width": widths}


def cell_colours(session: Session, looks: layers.TypeLooks | None = None) -> dict[str, Colour]:
    """Colour of every type of a session's cells, and of every name given by hand."""
    return (looks or layers.TypeLooks()).colours_of(cell_types(session))


def cell_support(session: Session) -> npt.NDArray[np.float32] | None:
    """(nucleus + 1,) how sure the type of every label is; None before typing."""
    if session.cells is None or session.nuclei is None:
        return None
    obs = session.cells.table.obs
    found = obs[CellKey.SUPPORT].to_numpy(np.float32)
    return by_label(session, obs[CellKey.LABEL_ID].to_numpy(np.int64), found)


def by_label(
    session: Session, labels: npt.NDArray[np.integer[Any]], values: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """(nucleus + 1,) values by label, 0 where there is none."""
    assert session.nuclei is not None
    table = np.zeros(int(session.nuclei.last_label) + 1, np.float32)
    drawn = (labels > 0) & (labels < len(table))
    table[labels[drawn]] = values[drawn]
    return table


def cell_colormap(
    session: Session,
    hidden: Collection[str],
    looks: layers.TypeLooks | None = None,
    *,
    fades: bool = False,
) -> Colormap:
    """Colours of the codes of a session's nuclei; ``fades``: of types and confidence.

    napari's layer controls set a colour map again by its name, and keep the first of a name:
    the name is ours alone, and what it stood for before is forgotten.
    """
    types = cell_types(session)
    table = layers.nuclei_colormap(types, (looks or layers.TypeLooks()).table(types), hidden)
    if fades:
        table = layers.faded_colormap(table, len(types))
    if session.cells is None:
        table[-1] = FOUND
    return _with_rims(table, f"{session.sample.name} · cell types")


def two_looks(sample: str, table: npt.NDArray[np.float32]) -> Colormap:
    """Colours of two looks that stand side by side, from :func:`spotscope.layers.joined`."""
    return _with_rims(table, f"{sample} · side by side")


def seen_colours(
    colours: Mapping[str, layers.Colour], eyes: layers.Eyes
) -> dict[str, layers.Colour]:
    """Colours by name as other eyes see them."""
    rgb = np.array(list(colours.values()), float).reshape(-1, 3) / 255
    seen = np.rint(255 * layers.as_seen(rgb, eyes)).astype(int).tolist()
    return {name: (r, g, b) for name, (r, g, b) in zip(colours, seen, strict=True)}


def seen_by(colours: Colormap, eyes: layers.Eyes) -> Colormap:
    """A colour map of ours as other eyes see it."""
    if eyes is layers.Eyes.ALL:
        return colours
    table = np.array(colours.colors, np.float32)
    table[:, :3] = layers.as_seen(table[:, :3], eyes)
    AVAILABLE_COLORMAPS.pop(colours.name, None)
    return Colormap(**layers.as_colormap(table, colours.name))


def _with_rims(table: npt.NDArray[np.float32], name: str) -> Colormap:
    for code, rim in zip(layers.RIM_CODES, layers.MARK_RIMS, strict=True):
        table[code] = rim
    AVAILABLE_COLORMAPS.pop(name, None)
    return Colormap(**layers.as_colormap(table, name))
