"""Which parameters of cell typing a sample can feel: the others are not worth showing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.pipeline.segmentation._thumbnail import is_thumbnail

if TYPE_CHECKING:
    from spotscope.model import Session

__all__ = ["applying", "as_applying"]

_OF_BEADS = frozenset({"bead_doubt", "bead_gain"})
_OF_POISSON = frozenset({"background", "candidate_share", "cell_size"})


def applying(session: Session | None, params: CellTypingParams) -> frozenset[str]:
    """Names of the parameters that make a difference.

    Doublet mode is for beads, which have no image; its thresholds for that mode. Nuclei have looks
    where there is an image. Background and smallest share belong to Poisson evidence, which
    ``auto`` may still choose.

    Parameters
    ----------
    session
        Of the sample; None before one is open.
    params
        As they are set now.
    """
    names = set(CellTypingParams.model_fields)
    sample = None if session is None else session.sample
    pictured = sample is None or (sample.slide is not None and not is_thumbnail(sample))
    names -= {"mode"} if pictured else {"looks"}
    if pictured or params.mode != "doublet":
        names -= _OF_BEADS
    if params.evidence == "moments":
        names -= _OF_POISSON
    return frozenset(names)


def as_applying(session: Session | None, params: CellTypingParams) -> CellTypingParams:
    """The same parameters, those that do not apply as they are by default."""
    names, usual = applying(session, params), CellTypingParams()
    rest = {n: getattr(usual, n) for n in CellTypingParams.model_fields if n not in names}
    return params.model_copy(update=rest)
