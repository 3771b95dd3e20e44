"""One torch trainer for every network: AdamW, a cosine, a running average, checkpoints.

Importing this room loads torch; nothing that a window or a command line loads at once may do so.
"""

from spotscope.training._checkpoint import load_checkpoint, save_checkpoint
from spotscope.training._params import TrainParams
from spotscope.training._schedule import learning_rate
from spotscope.training._trainer import Trained, train

__all__ = [
    "TrainParams",
    "Trained",
    "learning_rate",
    "load_checkpoint",
    "save_checkpoint",
    "train",
]
