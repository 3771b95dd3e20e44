"""StarDist networks in torch, with the star-convex suppression of the stardist package.

Nothing here loads torch until a network is loaded.
"""

from spotscope.methods.segmentation.stardist._agreed import AGREEMENT, agreed
from spotscope.methods.segmentation.stardist._fit import check_model, fit_network
from spotscope.methods.segmentation.stardist._learn import (
    Learned,
    NetworkParams,
    learn,
    write_model,
)
from spotscope.methods.segmentation.stardist._model import (
    StarModel,
    identity,
    licence,
    load_model,
    shipped,
)
from spotscope.methods.segmentation.stardist._precision import (
    Precision,
    in_precision,
    precisions,
)
from spotscope.methods.segmentation.stardist._predict import predict_tiles
from spotscope.methods.segmentation.stardist._run import run_network
from spotscope.methods.segmentation.stardist._suppress import (
    staying,
    suppress,
    suppress_outlines,
)

__all__ = [
    "AGREEMENT",
    "REFERENCES",
    "Learned",
    "NetworkParams",
    "Precision",
    "StarModel",
    "agreed",
    "check_model",
    "fit_network",
    "identity",
    "in_precision",
    "learn",
    "licence",
    "load_model",
    "precisions",
    "predict_tiles",
    "run_network",
    "shipped",
    "staying",
    "suppress",
    "suppress_outlines",
    "write_model",
]

#: What to cite when a network found the nuclei.
REFERENCES = (
    "Schmidt et al. 2018, MICCAI, 265-273 (StarDist)",
    "Weigert & Schmidt 2022, IEEE ISBIC (StarDist on H&E)",
)
