"""How the nuclei look: a code each, a colour a code, hidden types, a threshold, rims or filled.

While ν moves, those whose type is another than before the hand took the dial are marked by a rim.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope import layers
from spotscope.widgets.canvas._layer_data import (
    Pinned,
    cell_colormap,
    cell_support,
    cell_types,
    seen_by,
    two_looks,
)
from spotscope.widgets.canvas._nu_changes import NuChanges
from spotscope.widgets.canvas._nuclei_ahead import NucleiAhead
from spotscope.widgets.canvas._nuclei_codes import codes_and_marks, without_unsure
from spotscope.widgets.canvas._two_looks import TwoLooks

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from napari.layers import Layer
    from napari.types import LayerData
    from napari.utils.colormaps import Colormap

    from spotscope.model import Session
    from spotscope.widgets.canvas._stack import Stack

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
        #: names and colours given by hand
        self.looks = layers.TypeLooks()
        #: whether nuclei fade whose type is not sure, and (nucleus + 1,) how sure it is
        self.fades = False
        self.support: npt.NDArray[np.float32] | None = None
        #: whether nuclei are marked whose type ν has changed
        self.marks_changes = True
        self.changes = NuChanges()
        #: nuclei of a view that are shown in the place of the session's, or None
        self.ahead: NucleiAhead | None = None
        #: what is shown on the two sides of a line, if there is one
        self.two = TwoLooks()
        #: (nucleus + 1,) nuclei that were chosen elsewhere, such as in a plot: they have a rim
        self.chosen: npt.NDArray[np.bool_] | None = None
        #: through whose eyes the colours are shown
        self.eyes = layers.Eyes.ALL
        self._behind = False
        #: whether the labels that are drawn are those of a session that went before
        self._outdated = False

    def turn_to(self, session: Session) -> None:
        """Show another session's nuclei from when they are dressed on, all of them."""
        self._outdated = True
        self._session, self.hidden, self.threshold = session, frozenset(), 0.0
        self.inferred = self.ahead = None
        self.looks = layers.TypeLooks.from_json(session.view.get("legend"))
        self.fades = bool(session.view.get("fades", False))
        self.two = TwoLooks(self.two.stencil)
        self.forget_changes()

    def dress(self, session: Session, data: LayerData) -> LayerData:
        """New nuclei, in the colours wanted now, whatever their lookup has shown before."""
        self._session, self.inferred, self.ahead, self._outdated = session, None, None, False
        lookup = data[1]["metadata"]["lookup"]
        assert session.nuclei is not None
        assert session.labels is not None
        self.codes = layers.nuclei_codes(session.nuclei.last_label, session.cells)
        lookup.show_plainly(session.labels.levels, self.codes)
        lookup.outline = self.outlines or session.cells is None
        self.support = cell_support(session)
        data[1]["colormap"] = seen_by(self._type_colours(session), self.eyes)
        self.chosen = None
        self._behind = self.threshold > 0 or self.fades
        self.forget_changes()
        return data

    def catch_up(self) -> None:
        """Bring the layer, whose data have just come, up to what was wanted meanwhile."""
        if self._behind:
            self._behind = False
            self.paint()
            self._look_up()

    def show_types(self, session: Session, codes: npt.NDArray[np.uint8]) -> None:
        """Show new types of the same nuclei; those of an edit are there already."""
        before = self._session
        if before is session and codes is self.codes and self.ahead is None:
            return
        self._session, self.codes = session, codes
        self.support = cell_support(session)
        self.changes.rest()
        self.show_ahead(None)
        if before is None or cell_types(before) != cell_types(session):
            self.paint()
        self._look_up()

    def forget_changes(self) -> None:
        """Mark nothing, until ν moves again."""
        self.changes.forget()

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
        self.support = cell_support(session)
        self.forget_changes()
        boxes = boxes if self.ahead is None else None  # they tell from the session's own labels
        was, self.ahead, self.inferred = self.inferred, None, None
        self._look_up((levels, boxes))
        if was is not None or before is None or cell_types(before) != cell_types(session):
            self.paint()

    def show_ahead(self, ahead: NucleiAhead | None) -> None:
        """Show nuclei of a view in the place of the session's; None shows the session's again."""
        layer, session = self._layer(), self._session
        if layer is None or session is None or ahead is self.ahead:
            return
        self.ahead, self.threshold = ahead, 0.0
        shown = ahead or NucleiAhead.of(session, self.codes)
        was, self.inferred = self.inferred, shown.inferred
        self._look_up((shown.levels, None))
        if was is not None or self.inferred is not None:
            self.paint()

    def show_codes(
        self, codes: npt.NDArray[np.uint8], support: npt.NDArray[np.float32] | None = None
    ) -> None:
        """Show other codes of the same nuclei, and how sure they are, while a hand moves."""
        if len(codes) == len(self.codes):
            if support is not None:
                self.changes.begin(self.codes)
            self.codes = codes
            self.support = self.support if support is None else support
            self._look_up()

    def show_looks(self, looks: layers.TypeLooks) -> None:
        """Show other names and colours."""
        self.looks = looks
        self.paint()

    def show_fading(self, fades: bool) -> None:
        """Let nuclei fade whose type is not sure, or not."""
        self.fades = fades
        self.paint()
        self._look_up()

    def show_changes(self, shown: bool) -> None:
        """Mark nuclei whose type ν has changed, or not."""
        self.marks_changes = shown
        self._look_up()

    def show_inferred(self, inferred: tuple[npt.NDArray[np.uint8], Colormap] | None) -> None:
        """Show inferred values in the place of types; None shows types again."""
        if inferred is None and self.inferred is None:
            return
        if self.ahead is not None or (inferred is not None and len(inferred[0]) != len(self.codes)):
            return  # of nuclei that are not the ones drawn
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
        if self.changes.changed(self.codes) is not None:
            self._look_up()

    def show_two(self, two: TwoLooks) -> None:
        """Show two looks on two sides of a line, or one again."""
        self.two = two
        self.paint()
        self._look_up()

    def move_stencil(self, stencil: layers.Stencil) -> None:
        """Move the line between two looks, after the mouse."""
        layer = self._layer()
        if layer is not None and self.two.stencil is not None:
            self.two = replace(self.two, stencil=stencil)
            layer.metadata["lookup"].move(stencil)
            layer.refresh(extent=False, thumbnail=False)

    def choose(self, chosen: npt.NDArray[np.bool_] | None) -> None:
        """Draw a rim around nuclei that were chosen elsewhere; None around none."""
        if chosen is not None or self.chosen is not None:
            self.chosen = chosen
            self._look_up()

    def see_with(self, eyes: layers.Eyes) -> None:
        """Show colours as other eyes see them."""
        self.eyes = eyes
        self.paint()

    def pin(self) -> Pinned | None:
        """The look of this moment; None before there are nuclei."""
        if self._session is None or self._session.nuclei is None:
            return None
        codes, _ = self._codes_and_marks()
        return Pinned(codes, self._colours().colors)

    def paint(self) -> None:
        """New colours of the codes: 256 numbers."""
        layer = self._layer()
        if layer is not None and self._session is not None:
            if self._joins:
                self._look_up()  # codes and colours of two looks go together
            else:
                layer.colormap = seen_by(self._colours(), self.eyes)

    def _look_up(self, renewed: tuple[Sequence[Any], Any] | None = None) -> None:
        """New codes of the nuclei, and, in boxes, other labels; drawn only where one looks."""
        layer = self._layer()
        if layer is None or self._session is None or self._session.nuclei is None:
            return
        codes, marked = self._codes_and_marks()
        nuclei = self._session.nuclei if self.ahead is None else self.ahead.nuclei
        codes = without_unsure(codes, nuclei, self.threshold)
        lookup = layer.metadata["lookup"]
        bare = self._session.cells is None and self.inferred is None
        lookup.outline = self.outlines or bare
        beside = None
        if self._joins:
            codes, beside = self._join(layer, codes)
            marked = None
        elif self.two.stencil is not None:
            beside = np.zeros_like(codes), self.two.stencil
        if renewed is not None:
            lookup.renew(renewed[0], codes, renewed[1], marked, beside)
        else:
            lookup.recolour(codes, marked, beside)
        layer.refresh(extent=False, thumbnail=False)

    @property
    def _joins(self) -> bool:
        """Whether two looks with colours of their own are shown, or one that leaves no rims."""
        plain = self.two.only_hides and self.inferred is None
        return self.two.stencil is not None and not plain

    def _join(self, layer: Layer, codes: npt.NDArray[np.uint8]) -> tuple[Any, Any]:
        now = Pinned(codes, np.asarray(self._colours().colors, np.float32))
        codes, beside, table = self.two.joined(now)
        assert self._session is not None
        layer.colormap = seen_by(two_looks(self._session.sample.name, table), self.eyes)
        return codes, (beside, self.two.stencil)

    def _colours(self) -> Colormap:
        assert self._session is not None
        return self._type_colours(self._session) if self.inferred is None else self.inferred[1]

    def _codes_and_marks(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_] | None]:
        return codes_and_marks(self, cell_types(self._session) if self._session else ())

    def _type_colours(self, session: Session) -> Colormap:
        return cell_colormap(session, self.hidden, self.looks, fades=self.fades)

    def _layer(self) -> Layer | None:
        """The layer, if what it draws are the nuclei that are meant."""
        layer = None if self._outdated else self._stack.get("nuclei")
        self._behind |= layer is None
        return layer
