"""Which function answers which question, and which package it calls."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from spotscope.model import MissingDependencyError
from spotscope.pipeline.analyses._difference import difference
from spotscope.pipeline.analyses._ligands import ligands_of_cells
from spotscope.pipeline.analyses._ligands_spots import ligands_of_spots
from spotscope.pipeline.analyses._neighbours import neighbours
from spotscope.pipeline.analyses._params import Question
from spotscope.pipeline.analyses._variable import variable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spotscope.model import Task
    from spotscope.pipeline.analyses._answer import Answer
    from spotscope.pipeline.analyses._material import Material
    from spotscope.pipeline.analyses._params import AnalyseParams

    Analysis = Callable[[Material, AnalyseParams, int], Task[tuple[Answer, ...]]]

__all__ = ["ANALYSES", "PACKAGES", "missing_packages", "require_analysis"]

#: One question may have several answers; one of them failing does not take the others along.
ANALYSES: dict[Question, tuple[Analysis, ...]] = {
    Question.NEIGHBOURS: (neighbours,),
    Question.LIGANDS: (ligands_of_spots, ligands_of_cells),
    Question.VARIABLE: (variable,),
    Question.DIFFERENCE: (difference,),
}
PACKAGES = ("squidpy", "liana", "scanpy", "flashs")


def missing_packages() -> tuple[str, ...]:
    """Packages of the extra that are not installed; none is loaded to find out."""
    return tuple(name for name in PACKAGES if find_spec(name) is None)


def require_analysis(missing: Sequence[str] | None = None) -> None:
    """See that the extra is there.

    Raises
    ------
    MissingDependencyError
        If it is not; says how to get it.
    """
    lacking = missing_packages() if missing is None else missing
    if lacking:
        raise MissingDependencyError(
            f"Analyses of neighbours and genes need {' and '.join(lacking)}, not installed here. "
            "Install what they need with: pip install 'spotscope[analysis]'"
        )
