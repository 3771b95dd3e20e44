"""Results as plain napari layer tuples; colours and lookup tables."""

from spotscope.layers._bins import BINS_FROM, BinGrid, bin_grid, bins_layer
from spotscope.layers._confidence import confidence_steps, faded_codes, faded_colormap
from spotscope.layers._expression import (
    LEVELS,
    expression_codes,
    expression_colormap,
    expression_top,
)
from spotscope.layers._eyes import Eyes, as_seen
from spotscope.layers._lookup import LookupLevel, LookupPyramid
from spotscope.layers._lookup_rims import RIM_CODES
from spotscope.layers._measures import (
    MARK_COLOURS,
    class_codes,
    class_colormap,
    class_colours,
    mark_codes,
    mark_colormap,
    measure_codes,
    measure_colormap,
    measure_ramp,
)
from spotscope.layers._names import LayerPart, layer_name, layer_order
from spotscope.layers._nuclei import (
    MAX_TYPES,
    as_colormap,
    nuclei_codes,
    nuclei_colormap,
    nuclei_layer,
    nuclei_lut,
    nuclei_values,
)
from spotscope.layers._over import (
    EXCLUDED,
    LANDMARK,
    LANDMARK_RIM,
    MARK_RIMS,
    NAME,
    NAME_RIM,
    REGION,
    SELECTION,
    rgba,
)
from spotscope.layers._palette import PALETTE, UNKNOWN_COLOUR, Colour, paler, type_colours
from spotscope.layers._slide import slide_layer
from spotscope.layers._spots import RING_WIDTH, spots_layer
from spotscope.layers._stencil import Disc, RightOf, Stencil, joined
from spotscope.layers._type_looks import TypeLooks

__all__ = [
    "BINS_FROM",
    "EXCLUDED",
    "LANDMARK",
    "LANDMARK_RIM",
    "LEVELS",
    "MARK_COLOURS",
    "MARK_RIMS",
    "MAX_TYPES",
    "NAME",
    "NAME_RIM",
    "PALETTE",
    "REGION",
    "RIM_CODES",
    "RING_WIDTH",
    "SELECTION",
    "UNKNOWN_COLOUR",
    "BinGrid",
    "Colour",
    "Disc",
    "Eyes",
    "LayerPart",
    "LookupLevel",
    "LookupPyramid",
    "RightOf",
    "Stencil",
    "TypeLooks",
    "as_colormap",
    "as_seen",
    "bin_grid",
    "bins_layer",
    "class_codes",
    "class_colormap",
    "class_colours",
    "confidence_steps",
    "expression_codes",
    "expression_colormap",
    "expression_top",
    "faded_codes",
    "faded_colormap",
    "joined",
    "layer_name",
    "layer_order",
    "mark_codes",
    "mark_colormap",
    "measure_codes",
    "measure_colormap",
    "measure_ramp",
    "nuclei_codes",
    "nuclei_colormap",
    "nuclei_layer",
    "nuclei_lut",
    "nuclei_values",
    "paler",
    "rgba",
    "slide_layer",
    "spots_layer",
    "type_colours",
]
