"""Compiling before the first tile, so that the first run shows where it is and can be stopped.

The machine code is kept on disk: this costs seconds once after installing, nothing later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.segmentation._distance import distance_to_background
from spotscope.methods.segmentation._flood import flood
from spotscope.methods.segmentation._rays import measure
from spotscope.methods.segmentation._resample import resample
from spotscope.methods.segmentation._stain import stain_signal
from spotscope.model import Progress

if TYPE_CHECKING:
    from spotscope.model import Task

__all__ = ["warm_up"]


def warm_up() -> Task[None]:
    """Run every kernel once on a dot."""
    dot = np.zeros((9, 9), bool)
    dot[3:6, 3:6] = True
    signal = dot.astype(np.float32)
    steps = (
        lambda: stain_signal(np.zeros((9, 9, 3), np.uint8), np.zeros(3, np.float32)),
        lambda: resample(signal, (0, 0), (0, 0, 4, 4), 2.0),
        lambda: distance_to_background(dot),
        lambda: flood(signal, dot, 0.1),
        lambda: measure(dot.astype(np.int32), 1, signal, signal, 1.0),
    )
    for done, step in enumerate(steps):
        yield Progress("getting ready", done, len(steps))
        step()  # type: ignore[no-untyped-call]
