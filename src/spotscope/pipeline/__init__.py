"""Steps, their cache and record, the executor."""

from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._demo import write_demo
from spotscope.pipeline._edit import Corrected, edit_step, read_edits
from spotscope.pipeline._edit_labels import PatchedLabels
from spotscope.pipeline._edit_types import settle_types
from spotscope.pipeline._executor import open_executor
from spotscope.pipeline._read import read_reference, read_sample
from spotscope.pipeline._save import open_session, overview, save_session
from spotscope.pipeline._segment import check_segmentation, segmentation_step
from spotscope.pipeline._type import (
    Typed,
    check_typing,
    load_fitted_of,
    retype,
    typing_step,
)
from spotscope.pipeline._verbs import load, read, save, segment, type_cells, view

__all__ = [
    "Corrected",
    "PatchedLabels",
    "StepCache",
    "Typed",
    "check_segmentation",
    "check_typing",
    "edit_step",
    "load",
    "load_fitted_of",
    "open_executor",
    "open_session",
    "overview",
    "read",
    "read_edits",
    "read_reference",
    "read_sample",
    "retype",
    "save",
    "save_session",
    "segment",
    "segmentation_step",
    "settle_types",
    "type_cells",
    "typing_step",
    "user_cache",
    "view",
    "write_demo",
]
