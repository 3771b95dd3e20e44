"""``python -m spotscope.pipeline._compile_ahead``: compile what the first run needs, for later.

A small tissue goes through the main job, so that every kernel is compiled for exactly what it will
be called with, and kept on disk where the next program finds it. Besides, the cache of steps keeps
the little that is learned from its reference, and lets it go like any other.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.evaluation import make_demo
from spotscope.methods import segmentation
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.expression import ExpressionParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import Progress, Session, run
from spotscope.pipeline._cache import StepCache
from spotscope.pipeline._compiled import mark_compiled
from spotscope.pipeline._demo import DEMO_FILES
from spotscope.pipeline._read import read_reference, read_sample
from spotscope.pipeline.cell_typing._step import typing_step
from spotscope.pipeline.expression._decompose import decompose_step
from spotscope.pipeline.segmentation._edit_types import settle_types
from spotscope.pipeline.segmentation._import_nuclei import import_step
from spotscope.pipeline.segmentation._step import segmentation_step

if TYPE_CHECKING:
    from spotscope.model import Task

__all__ = ["compile_task", "main"]

#: Of the tissue; a few spots are enough.
_SIDE_PX = 768
#: Nobody waits for it: how far it stands back, as Unix and Windows count.
_NICE, _BELOW_NORMAL = 10, 0x4000


def compile_task(folder: Path) -> Task[Session]:
    """Take a small tissue through the main job; ``folder`` holds what that leaves, for a while."""
    yield from make_demo(0, size_px=_SIDE_PX).writing(folder)
    files = {role: folder / name for role, name in DEMO_FILES.items()}
    sample = yield from read_sample(files["spots"], image=files["image"])
    reference = yield from read_reference(files["reference"])
    cache, drawn = StepCache(folder / "steps"), folder / "truth" / "labels.tif"
    # who begins at once finds nuclei first: what comes after that is compiled meanwhile
    session = yield from import_step(Session(sample), drawn, cache=cache)
    typed = yield from typing_step(session, reference, CellTypingParams(), cache=cache)
    yield Progress("settling cell types", 0, 1)
    settle_types(typed.session, typed.fitted, 8.0, quick=True)
    told = yield from decompose_step(typed.session, reference, ExpressionParams(), cache=cache)
    ways = [SegmentationParams(model=segmentation.WATERSHED)]
    if all(find_spec(name) for name in ("torch", "stardist")):
        ways.insert(0, SegmentationParams())
    for params in ways:
        yield from segmentation_step(Session(sample), params, cache=cache)
    return told.session


def main() -> None:
    """Compile, and leave a mark."""
    _stand_back()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="spotscope-", ignore_cleanup_errors=True) as place:
        run(compile_task(Path(place)))
    mark_compiled()


def _stand_back() -> None:
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL)
    else:
        os.nice(_NICE)


if __name__ == "__main__":
    main()
