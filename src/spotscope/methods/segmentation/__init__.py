"""Where the nuclei are.

Haematoxylin by colour deconvolution, a threshold that follows the stain, touching nuclei parted by
watershed, outlines as rays: the simplest honest way, and the floor for a trained network.
"""

from spotscope.methods.segmentation._check import check
from spotscope.methods.segmentation._draw import LabelDrawer
from spotscope.methods.segmentation._fit import fit
from spotscope.methods.segmentation._fitted import FittedSegmentation
from spotscope.methods.segmentation._info import info
from spotscope.methods.segmentation._params import SegmentationParams
from spotscope.methods.segmentation._tiles import predict, select

__all__ = [
    "FittedSegmentation",
    "LabelDrawer",
    "SegmentationParams",
    "check",
    "fit",
    "info",
    "predict",
    "select",
]
