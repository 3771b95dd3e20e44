"""Colours of what is drawn over a slide: chosen here, once, so that no two mean the same.

    regions     green lines, named beside them
    selection   blue: a clicked spot, spots chosen in a plot or table, the points there, and what a
                tool is about to change
    excluded    red areas, filled, while nuclei are corrected: the fill tells them from regions
    landmarks   yellow signs with a dark rim, while spots are moved
    marked      a white line in a dark one around nuclei: changed, held or chosen

Green and blue are the furthest, in OKLab and for all eyes (see ``_palette_search``), from eosin,
haematoxylin, glass, a black canvas, DAPI, the yellow end of the colours of a gene, and each other.
The yellow of landmarks is theirs alone, apart from that end and a choice in a legend of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spotscope.layers._palette import Colour

__all__ = [
    "EXCLUDED",
    "LANDMARK",
    "LANDMARK_RIM",
    "MARK_RIMS",
    "NAME",
    "NAME_RIM",
    "REGION",
    "SELECTION",
    "rgba",
]

REGION: Colour = (0, 153, 0)
SELECTION: Colour = (0, 153, 255)
EXCLUDED: Colour = (242, 89, 64)
LANDMARK: Colour = (255, 217, 0)
LANDMARK_RIM: Colour = (17, 17, 17)
#: Letters of the name of a region, and the rim around them: read on any ground by one of the two.
NAME: Colour = (0, 51, 0)
NAME_RIM: Colour = (255, 255, 255)
#: Outer and inner line around nuclei that are marked: seen on any stain and any type.
MARK_RIMS = ((0.0, 0.0, 0.0, 0.9), (1.0, 1.0, 1.0, 1.0))


def rgba(colour: Colour, alpha: float = 1.0) -> tuple[float, float, float, float]:
    """A colour as napari takes it: red, green, blue and alpha, 0 to 1."""
    red, green, blue = colour
    return red / 255, green / 255, blue / 255, alpha
