"""What layers are called, and in which order they lie."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LayerPart", "layer_name", "layer_order"]


class LayerPart(StrEnum):
    """The layers of a sample, from the lowest to the highest."""

    HE = "H&E"
    IMAGE = "image"  # a slide that is not H&E
    NUCLEI = "nuclei"
    CELLS = "cells"  # where some of them were estimated, not seen
    SPOTS = "spots"
    EXPRESSION = "expression"  # outline of the spots that expression was inferred in
    REGIONS = "regions"  # that were drawn to be asked
    REGION_NAMES = "region names"  # beside them
    DRAWING = "drawing"  # what the hand is drawing while nuclei are corrected
    LANDMARKS = "landmarks"  # pairs of places by which spots are moved


def layer_name(sample: str, part: LayerPart | str) -> str:
    """The name of a sample's layer: "C2 · nuclei".

    Raises
    ------
    ValueError
        If there is no such part.
    """
    return f"{sample} · {LayerPart(part)}"


def layer_order(names: Iterable[str]) -> list[str]:
    """Sort layer names from bottom to top; layers that are not ours stay above, as they came."""
    rank = {str(part): i for i, part in enumerate(LayerPart)}
    return sorted(names, key=lambda name: rank.get(name.rpartition(" · ")[2], len(rank)))
