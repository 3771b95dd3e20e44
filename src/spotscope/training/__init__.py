"""One torch trainer for every network: AdamW, a cosine, a running average, checkpoints.

The parameters alone are loaded with this room: torch comes in when the trainer is first asked for,
so that a window or a command line can show what there is to be turned.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from spotscope.training._params import TrainParams

if TYPE_CHECKING:
    from spotscope.training._checkpoint import load_checkpoint, save_checkpoint
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

_PLACES = {
    "Trained": "_trainer",
    "learning_rate": "_schedule",
    "load_checkpoint": "_checkpoint",
    "save_checkpoint": "_checkpoint",
    "train": "_trainer",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'spotscope.training' has no attribute {name!r}")
    return getattr(import_module(f"spotscope.training.{_PLACES[name]}"), name)
