"""spotscope turns a tissue slide into cells one can read.

>>> import spotscope
>>> session = spotscope.read("outs/", image="slide.tif")
>>> session = spotscope.segment(session)
>>> typed = spotscope.type_cells(session, "reference.h5ad")
>>> opened = spotscope.decompose(typed.session)
>>> spotscope.save(opened.session, "OUT")

Importing this takes milliseconds: a verb brings in what it needs when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spotscope.pipeline import (
        align,
        analyse,
        correct,
        decompose,
        estimate_cells,
        hold_classes,
        hold_types,
        impute,
        load,
        overview,
        read,
        save,
        segment,
        take_nuclei,
        type_cells,
        view,
    )

__version__ = version("spotscope")

__all__ = [
    "__version__",
    "align",
    "analyse",
    "correct",
    "decompose",
    "estimate_cells",
    "hold_classes",
    "hold_types",
    "impute",
    "load",
    "overview",
    "read",
    "save",
    "segment",
    "take_nuclei",
    "type_cells",
    "view",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'spotscope' has no attribute {name!r}")
    return getattr(import_module("spotscope.pipeline"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
