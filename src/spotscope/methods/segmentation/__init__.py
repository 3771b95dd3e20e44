"""Where the nuclei are.

Two ways: the watershed (haematoxylin by colour deconvolution, a threshold that follows the stain,
touching nuclei parted), which needs no training and is the floor; and StarDist networks, run in
torch. Both give outlines as rays with a probability.
"""

from spotscope.methods.segmentation._check import COARSEST_MPP
from spotscope.methods.segmentation._count_model import CountModel, fit_counts
from spotscope.methods.segmentation._dispatch import (
    AUTO,
    WATERSHED,
    check,
    computed_in,
    fit,
    identity,
    licence,
    models,
    predict,
    references,
    select,
    staying,
    suited,
)
from spotscope.methods.segmentation._draw import LabelDrawer
from spotscope.methods.segmentation._fit import nuclear_thumbnail
from spotscope.methods.segmentation._fitted import FittedSegmentation
from spotscope.methods.segmentation._from_labels import outlines_of_labels
from spotscope.methods.segmentation._info import info
from spotscope.methods.segmentation._measures import eccentricity, measure_stain
from spotscope.methods.segmentation._params import SegmentationParams
from spotscope.methods.segmentation._same import same_outlines
from spotscope.methods.segmentation._tiles import KeptTiles

__all__ = [
    "AUTO",
    "COARSEST_MPP",
    "WATERSHED",
    "CountModel",
    "FittedSegmentation",
    "KeptTiles",
    "LabelDrawer",
    "SegmentationParams",
    "check",
    "computed_in",
    "eccentricity",
    "fit",
    "fit_counts",
    "identity",
    "info",
    "licence",
    "measure_stain",
    "models",
    "nuclear_thumbnail",
    "outlines_of_labels",
    "predict",
    "references",
    "same_outlines",
    "select",
    "staying",
    "suited",
]
