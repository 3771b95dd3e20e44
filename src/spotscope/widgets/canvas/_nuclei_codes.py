"""The codes nuclei are drawn by: of types, of inferred values or of a view ahead; and the marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope import layers

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np
    import numpy.typing as npt

    from spotscope.model import StarConvex
    from spotscope.widgets.canvas._nuclei_view import NucleiView

__all__ = ["codes_and_marks", "without_unsure"]


def codes_and_marks(
    view: NucleiView, types: Collection[str]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_] | None]:
    """Codes as they are drawn, whatever the threshold, and the nuclei to be marked."""
    if view.ahead is not None:
        return view.ahead.codes, None
    codes, chosen = view.codes, view.chosen
    if chosen is not None and len(chosen) != len(codes):
        chosen = None
    if view.inferred is not None:
        return view.inferred[0], chosen
    if view.fades and view.support is not None and len(view.support) == len(codes):
        codes = layers.faded_codes(codes, view.support, len(types))
    if chosen is not None or not view.marks_changes:
        return codes, chosen
    return codes, view.changes.seen(view.codes, types, view.hidden)


def without_unsure(
    codes: npt.NDArray[np.uint8], nuclei: StarConvex, threshold: float
) -> npt.NDArray[np.uint8]:
    """Codes that leave out the nuclei that are less sure than a threshold."""
    if threshold > 0:
        codes = codes.copy()
        codes[nuclei.label_id[nuclei.probability < threshold]] = 0
    return codes
