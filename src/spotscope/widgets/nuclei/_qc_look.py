"""What nuclei can be coloured by while they are checked: codes, colours and words. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from napari.utils.colormaps import AVAILABLE_COLORMAPS, Colormap

from spotscope import layers
from spotscope.model import EditMark, MeasureKey

if TYPE_CHECKING:
    from spotscope.layers import Colour
    from spotscope.model import Session

__all__ = ["Look", "Looked", "look_at", "swatches", "values_of"]


class Look(StrEnum):
    """What the colour of a nucleus says."""

    TYPE = "type"
    PROBABILITY = "probability"
    AREA = "area"
    HAEMATOXYLIN = "haematoxylin"
    EDITED = "edited"
    CLASS = "class"  # what others marked nuclei as; the last, as only some nuclei have one


#: Looks that show words, not numbers.
WORDS = (Look.TYPE, Look.EDITED, Look.CLASS)
#: Colours from low to high.
_COLOURS = {Look.PROBABILITY: "sure", Look.AREA: "amount", Look.HAEMATOXYLIN: "amount"}
_UNITS = {Look.PROBABILITY: "", Look.AREA: " µm²", Look.HAEMATOXYLIN: " OD"}


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """Nuclei in the colours of a look.

    Parameters
    ----------
    codes
        (largest label + 1,) colour codes.
    colormap
        Of the codes.
    said
        What the colours mean, for the corner of the canvas.
    """

    codes: npt.NDArray[np.uint8]
    colormap: Colormap
    said: str


def values_of(session: Session, look: Look) -> npt.NDArray[np.float32] | None:
    """(nucleus,) the number a look shows; None where it shows none, or nothing was measured."""
    nuclei = session.nuclei
    if nuclei is None or look in WORDS:
        return None
    if look is Look.PROBABILITY:
        return nuclei.probability
    if look is Look.AREA:
        return nuclei.area_um2().astype(np.float32)
    return session.measures.get(MeasureKey.HAEMATOXYLIN)


def look_at(
    session: Session,
    look: Look,
    values: npt.NDArray[np.floating[Any]] | None = None,
    shown: tuple[float, float] | None = None,
    scale: tuple[float, float] | None = None,
) -> Looked | None:
    """Nuclei in the colours of a look; None where those of their types are wanted.

    Parameters
    ----------
    session
        With nuclei.
    look
        What to show.
    values
        (nucleus,) in place of those the session has, while they are measured.
    shown
        Range of values that is drawn; all by default.
    scale
        Values at the ends of the colours; those of the nuclei by default.
    """
    nuclei = session.nuclei
    if nuclei is None or look is Look.TYPE or (look is Look.CLASS and nuclei.classes is None):
        return None
    name = f"{session.sample.name} · nuclei by {look}"
    if look is Look.EDITED:
        marks = session.measures.get(MeasureKey.EDITED, np.zeros(nuclei.n, np.uint8))
        codes = layers.mark_codes(nuclei.label_id, marks)
        return Looked(codes, _colormap(layers.mark_colormap(), name), "corrected nuclei")
    if look is Look.CLASS and nuclei.classes is not None:
        codes = layers.class_codes(nuclei.label_id, nuclei.classes)
        return Looked(
            codes, _colormap(layers.class_colormap(nuclei.classes), name), "class, as it was marked"
        )
    values = values_of(session, look) if values is None else values
    if values is None or len(values) != nuclei.n:
        values = np.full(nuclei.n, np.nan, np.float32)
    low, high = scale_of(values, look) if scale is None else scale
    codes = layers.measure_codes(nuclei.label_id, values, (low, high), shown)
    said = f"{look} · {_said_range(values, (low, high), shown)}{_UNITS[look]}"
    return Looked(codes, _colormap(layers.measure_colormap(ramp(look, 254)), name), said)


def _said_range(
    values: npt.NDArray[np.floating[Any]],
    scale: tuple[float, float],
    shown: tuple[float, float] | None,
) -> str:
    """What is drawn: the ends of the colours, or of the brush, and how many lie under it."""
    low, high = np.clip(scale if shown is None else shown, *scale).tolist()
    said = f"{_spell(low)} to {_spell(high)}"
    if shown is None:
        return said
    n = int(((values >= shown[0]) & (values <= shown[1])).sum())
    return f"{n:,} of {len(values):,} nuclei, {said}"


def ramp(look: Look, n: int) -> npt.NDArray[np.float64]:
    """(n, 3) colours of a look from low to high."""
    return layers.measure_ramp(_COLOURS[look], n)


def scale_of(values: npt.NDArray[np.floating[Any]], look: Look) -> tuple[float, float]:
    """Values at the ends of the colours: 0 to 1 of a probability, else all but the extremes."""
    known = values[np.isfinite(values)]
    if look is Look.PROBABILITY or not len(known):
        return 0.0, 1.0
    low, high = np.quantile(known, [0.01, 0.99])
    # nuclei that are all alike have an axis too, of more than single precision tells apart
    return float(low), float(max(high, low + 1e-3 * max(abs(low), 1.0)))


def swatches(session: Session, look: Look) -> list[tuple[Colour, str]]:
    """Colour and words of every kind of nucleus that a look tells apart, and how many they are."""
    nuclei = session.nuclei
    if nuclei is None:
        return []
    if look is Look.CLASS and nuclei.classes is not None:
        colours, counts = layers.class_colours(nuclei.classes), nuclei.classes.counts()
        said = [(colours[name], f"{name} {n:,}") for name, n in counts.items() if n]
        unmarked = nuclei.n - sum(counts.values())
        return [*said, (layers.UNKNOWN_COLOUR, f"unmarked {unmarked:,}")] if unmarked else said
    marks = session.measures.get(MeasureKey.EDITED, np.zeros(nuclei.n, np.uint8))
    found = np.bincount(marks, minlength=len(EditMark))
    return [
        (colour, f"{mark.name.lower()} {found[mark]:,}")
        for mark, colour in layers.MARK_COLOURS.items()
        if mark is not EditMark.NONE and found[mark]
    ]


def _colormap(table: npt.NDArray[np.float32], name: str) -> Colormap:
    # napari keeps the first colour map of a name: what it stood for before is forgotten
    AVAILABLE_COLORMAPS.pop(name, None)
    return Colormap(**layers.as_colormap(table, name))


def _spell(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{round(value, 2):g}"
