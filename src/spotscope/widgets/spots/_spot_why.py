"""A clicked spot, opened further: what each nucleus may be, what decided, and what is held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject

from spotscope import pipeline
from spotscope.methods import cell_typing
from spotscope.model import CellKey, Progress, SpotscopeError
from spotscope.widgets.canvas._layer_data import UNKNOWN
from spotscope.widgets.cell_typing._held_deeds import hold_by_hand
from spotscope.widgets.dock._requests import sentence
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.parts._bars import Bar, told_apart
from spotscope.widgets.spots._nuclei_list import NucleusRow

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.methods.cell_typing import FittedTyping, SpotReasons
    from spotscope.model import Session, Task
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.spots._spot_card import SpotCard

__all__ = ["SpotWhy", "why_task"]


class SpotWhy(QObject):
    """Coordinates the lower half of the spot card with the workbench."""

    def __init__(
        self, workbench: Workbench, canvas: Canvas, card: SpotCard, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._card = workbench, canvas, card
        self._shown: tuple[Session, int, npt.NDArray[np.int32]] | None = None
        self._runner = Runner(self)
        self._runner.succeeded.connect(self._on_told)
        card.nuclei.hold_requested.connect(self.hold)

    @property
    def busy(self) -> bool:
        """Whether reasons are looked for."""
        return self._runner.running is not None

    def show(
        self, session: Session, index: int | None, owner: npt.NDArray[np.int32] | None
    ) -> None:
        """Show the nuclei of a spot: their types at once, all that they may be when it is known."""
        if index is None or owner is None or session.cells is None:
            self._shown = None
            self._card.nuclei.show_nuclei([], {}, can_hold=False)
            self._card.show_reasons("", [])
            return
        self._shown = session, index, owner
        self._show_nuclei(None)
        fitted = self._bench.fitted
        if fitted is None:
            self._card.show_reasons("", [])
        else:
            self._runner.latest("why", lambda: why_task(session, fitted, index))

    def hold(self, labels: tuple[int, ...], name: str | None) -> None:
        """Hold nuclei to a type, or let them go; the section is typed anew around them."""
        bench = self._bench
        if bench.session is None or bench.fitted is None or bench.session.cells is None:
            return
        try:
            session = pipeline.hold(bench.session, dict.fromkeys(labels, name))
        except SpotscopeError as error:
            self._card.nuclei.said.setText(f"▲ {sentence(error)}")
            return
        called = bench.session.called
        one = "a nucleus" if called == "nuclei" else "a cell"
        who = one if len(labels) == 1 else f"{len(labels):,} {called}"
        shown = self._canvas.nuclei.looks.shown
        hold_by_hand(bench, session, f"{who} {f'held as {shown(name)}' if name else 'let go'}")

    def close(self) -> None:
        """Stop."""
        self._runner.close()

    def _on_told(self, _name: str, told: tuple[Session, int, SpotReasons | None]) -> None:
        session, index, reasons = told
        if self._shown is None or self._shown[0] is not session or self._shown[1] != index:
            return
        self._show_nuclei(reasons)
        self._show_genes(reasons)

    def _show_nuclei(self, reasons: SpotReasons | None) -> None:
        assert self._shown is not None
        session, index, owner = self._shown
        assert session.cells is not None
        looks, colours = self._canvas.nuclei.looks, self._canvas.colours(session)
        obs, held = session.cells.table.obs, pipeline.held_of(session).types
        rows = []
        for cell in np.flatnonzero(owner == index).tolist():
            label = int(obs[CellKey.LABEL_ID].iloc[cell])
            code = int(session.cells.type_codes[cell])
            name = looks.shown(session.cells.types[code]) if code >= 0 else UNKNOWN
            chances: tuple[tuple[str, float], ...] = (
                (name, float(obs[CellKey.SUPPORT].iloc[cell])),
            )
            if reasons is not None and label not in held and cell in reasons.cells:
                at = int(np.flatnonzero(reasons.cells == cell)[0])
                named = dict(zip(reasons.types, map(float, reasons.chance[at]), strict=True))
                summed = looks.shares(named)
                others = sorted((p, other) for other, p in summed.items() if other != name)
                chances = (name, summed.get(name, 0.0)), *((n, p) for p, n in reversed(others))
            rows.append(NucleusRow(label, chances, label in held))
        nuclei = self._card.nuclei
        nuclei.offer([(name, looks.shown(name)) for name in session.cells.types], colours)
        can_hold = self._bench.fitted is not None
        nuclei.show_nuclei(rows, colours, can_hold, session.called)

    def _show_genes(self, reasons: SpotReasons | None) -> None:
        if reasons is None or not reasons.genes:
            self._card.show_reasons("", [])
            return
        looks = self._canvas.nuclei.looks
        one, other = looks.shown(reasons.leading), looks.shown(reasons.rival)
        most = max(abs(gene.nats) for gene in reasons.genes) or 1.0
        session = self._shown[0] if self._shown is not None else None
        colours = self._canvas.colours(session) if session is not None else {}
        nats = told_apart([gene.nats for gene in reasons.genes])
        bars = [
            Bar(
                gene.name,
                abs(gene.nats) / most,
                f"{gene.observed:,} / {gene.expected:,.0f} · {said}",
                colours.get(one if gene.nats > 0 else other),
                inferred=True,
            )
            for gene, said in zip(reasons.genes, nats, strict=True)
        ]
        said = f"What speaks for {one} (+) or {other} (−) · counts / expected · weight a cell"
        self._card.show_reasons(said, bars)


def why_task(session: Session, fitted: FittedTyping, index: int) -> Task[Any]:
    """Ask a fit why a spot has its types; nothing of nuclei that were edited since."""
    yield Progress("asking the spot", 0, 1)
    assert session.cells is not None
    assert session.nuclei is not None
    same = np.array_equal(session.nuclei.yx_um, fitted.state.yx_um)
    if not same or session.cells.types != tuple(fitted.types):
        return session, index, None
    nu = float(session.records["type"].params.get("nu_used", 0.0))
    support = session.cells.table.obs[CellKey.SUPPORT].to_numpy()
    told = cell_typing.why(fitted, session.cells.type_codes, support, nu, index)
    return session, index, told
