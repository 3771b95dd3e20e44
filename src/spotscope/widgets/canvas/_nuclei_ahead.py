"""Nuclei of a view that stand in the place of the session's, until those of the slide are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spotscope import pipeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    from napari.utils.colormaps import Colormap

    from spotscope.model import Session, StarConvex

__all__ = ["NucleiAhead"]


@dataclass(frozen=True, slots=True, eq=False)
class NucleiAhead:
    """What is drawn of them.

    Parameters
    ----------
    levels, codes
        Their labels, and the code of every label.
    nuclei
        Themselves.
    colormap
        Of the codes; None where they are those of types.
    """

    levels: Sequence[Any]
    codes: npt.NDArray[np.uint8]
    nuclei: StarConvex
    colormap: Colormap | None = None

    @classmethod
    def of(cls, session: Session, codes: npt.NDArray[np.uint8]) -> NucleiAhead:
        """The nuclei of a session, as if they were such."""
        assert session.labels is not None
        assert session.nuclei is not None
        return cls(pipeline.bare_levels(session.labels), codes, session.nuclei)

    @property
    def inferred(self) -> tuple[npt.NDArray[np.uint8], Colormap] | None:
        """Codes and colours that stand in the place of types, or None."""
        return None if self.colormap is None else (self.codes, self.colormap)
