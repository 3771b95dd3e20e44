"""How the nuclei look: a code each, a colour a code, hidden types, a threshold, rims or filled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.widgets._layer_data import cell_colormap, cell_types

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from napari.layers import Layer
    from napari.types import LayerData
    from napari.utils.colormaps import Colormap

    from spotscope.model import Session
    from spotscope.widgets._stack import Stack

__all__ = ["NucleiView"]


class NucleiView:
    """Keeps what is wanted, and brings the nuclei layer up to it whenever there is one."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._session: Session | None = None
        #: (nucleus + 1,) colour code of every label, whatever is hidden
        self.codes: npt.NDArray[np.uint8] = np.zeros(1, np.uint8)
        self.hidden: frozenset[str] = frozenset()
        self.outlines = False
        #: nuclei that are less sure are not drawn, until the next run
        self.threshold = 0.0
        #: codes and colours of inferred values that stand in the place of types, or None
        self.inferred: tuple[npt.NDArray[np.uint8], Colormap] | None = None
        self._behind = False

    def turn_to(self, session: Session) -> None:
        """Show another session's nuclei from now on, all of them."""
        self._session, self.hidden, self.threshold = session, frozenset(), 0.0
        self.inferred = None

    def dress(self, session: Session, data: LayerData) -> LayerData:
        """New nuclei, in the colours that are wanted now."""
        self._session, self.inferred = session, None
        lookup = data[1]["metadata"]["lookup"]
        self.codes = lookup.lut
        lookup.outline = self.outlines or session.cells is None
        data[1]["colormap"] = cell_colormap(session, self.hidden)
        self._behind = self.threshold > 0
        return data

    def catch_up(self) -> None:
        """Bring the layer, whose data have just come, up to what was wanted meanwhile."""
        if self._behind:
            self._behind = False
            self.paint()
            self._look_up()

    def show_types(self, session: Session, codes: npt.NDArray[np.uint8]) -> None:
        """Show new types of the same nuclei, from :func:`spotscope.layers.nuclei_codes`."""
        before = self._session
        self._session, self.codes = session, codes
        if before is None or cell_types(before) != cell_types(session):
            self.paint()
        self._look_up()

    def show_edited(
        self,
        session: Session,
        levels: Sequence[Any],
        codes: npt.NDArray[np.uint8],
        boxes: Sequence[tuple[int, int, int, int]] | None,
    ) -> None:
        """Show nuclei of which some have changed; values that were shown go, types come back."""
        before = self._session
        self._session, self.codes, self.threshold = session, codes, 0.0
        layer = self._layer()
        if layer is None:
            return
        layer.metadata["lookup"].renew(levels, codes, boxes)
        if self.inferred is not None or before is None or cell_types(before) != cell_types(session):
            self.inferred = None
            self.paint()
        self._look_up()

    def show_codes(self, codes: npt.NDArray[np.uint8]) -> None:
        """Show other codes of the same nuclei and types, while a hand moves."""
        if len(codes) == len(self.codes):
            self.codes = codes
            self._look_up()

    def show_inferred(self, inferred: tuple[npt.NDArray[np.uint8], Colormap] | None) -> None:
        """Show inferred values in the place of types; None shows types again."""
        if inferred is None and self.inferred is None:
            return
        if inferred is not None and len(inferred[0]) != len(self.codes):
            return  # of nuclei that are no longer the ones drawn
        self.inferred = inferred
        self.paint()
        self._look_up()

    def show_threshold(self, probability: float) -> None:
        """Hide the nuclei that are less sure than this, until the next run."""
        self.threshold = probability
        self._look_up()

    def show_outlines(self, shown: bool) -> None:
        """Draw rims, or filled; before they have types nuclei are always rims."""
        self.outlines = shown
        self._look_up()

    def hide_types(self, names: frozenset[str]) -> None:
        """Hide the nuclei of these types."""
        self.hidden = frozenset(names)
        self.paint()

    def paint(self) -> None:
        """New colours of the codes: 256 numbers."""
        layer = self._layer()
        if layer is not None and self._session is not None:
            types = cell_colormap(self._session, self.hidden)
            layer.colormap = types if self.inferred is None else self.inferred[1]

    def _look_up(self) -> None:
        """New codes of the nuclei: one number each, drawn only where one looks."""
        layer = self._layer()
        if layer is None or self._session is None or self._session.nuclei is None:
            return
        codes = self.codes if self.inferred is None else self.inferred[0]
        if self.threshold > 0:
            unsure = self._session.nuclei.probability < self.threshold
            codes = codes.copy()
            codes[self._session.nuclei.label_id[unsure]] = 0
        lookup = layer.metadata["lookup"]
        bare = self._session.cells is None and self.inferred is None
        lookup.outline = self.outlines or bare
        lookup.lut = codes
        layer.refresh(extent=False, thumbnail=False)

    def _layer(self) -> Layer | None:
        layer = self._stack.get("nuclei")
        self._behind |= layer is None
        return layer
