"""Where the nuclei are.

Two ways: the watershed (haematoxylin by colour deconvolution, a threshold that follows the stain,
touching nuclei parted), which needs no training and is the floor; and StarDist networks, run in
torch. Both give outlines as rays with a probability.
"""

from spotscope.methods.segmentation._dispatch import (
    check,
    fit,
    identity,
    models,
    predict,
    references,
    select,
)
from spotscope.methods.segmentation._draw import LabelDrawer
from spotscope.methods.segmentation._fitted import FittedSegmentation
from spotscope.methods.segmentation._info import info
from spotscope.methods.segmentation._params import SegmentationParams

__all__ = [
    "FittedSegmentation",
    "LabelDrawer",
    "SegmentationParams",
    "check",
    "fit",
    "identity",
    "info",
    "models",
    "predict",
    "references",
    "select",
]
