"""What the Explore card asks, answered: genes, spots, parts, saving and coming back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QFileDialog, QWidget

from spotscope.io import read_gene_sets
from spotscope.model import CellKey, SpotscopeError
from spotscope.widgets.canvas._colour_scale import amount
from spotscope.widgets.canvas._hover import HoverDesk
from spotscope.widgets.compare._compare import CompareDesk
from spotscope.widgets.explore._analysis import AnalysisDesk
from spotscope.widgets.explore._gene_query import score_of_spots
from spotscope.widgets.explore._linked import LinkedDesk
from spotscope.widgets.explore._linked_looks import GeneShown
from spotscope.widgets.history._deeds import KEY
from spotscope.widgets.regions._regions import RegionsDesk
from spotscope.widgets.spots._spot_desk import SpotDesk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from spotscope.model import Sample, Session
    from spotscope.pipeline import Typed
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.explore._explore_card import ExploreCard

__all__ = ["Explorer"]

SETS = "Gene sets (*.gmt *.csv *.tsv *.txt);;All files (*)"


class Explorer(QObject):
    """Coordinates the Explore card with the workbench and the canvas."""

    def __init__(
        self, workbench: Workbench, canvas: Canvas, card: ExploreCard, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._card = workbench, canvas, card
        self._gene = ""
        #: what others want kept with the view: how it is had, and how it is brought back
        self.extras: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {}
        #: said after what was measured: why nuclei do not show it
        self.remark = ""
        #: count at the end of the colour scale of a gene on the nuclei; None where it is no gene
        self.top: float | None = None
        self._on_cells: Callable[[str], str | None] = lambda _name: None
        self.regions = RegionsDesk(workbench, canvas, card.regions, parent)
        self.compare = CompareDesk(workbench, canvas, card.compare, self)
        self.hover = HoverDesk(workbench, canvas, parent)
        self.spot = SpotDesk(workbench, canvas, card, self)
        self.linked = LinkedDesk(workbench, canvas, card.linked, self)
        self.regions.chosen.connect(self.linked.show_region)
        card.view.hover_toggled.connect(self.hover.turn)
        self.analysis = AnalysisDesk(workbench, canvas, self, card, parent)
        card.gene_requested.connect(self._on_gene_requested)
        card.sets_requested.connect(self._on_sets_requested)
        card.part_toggled.connect(canvas.show_part)
        card.outlines_toggled.connect(canvas.show_outlines)
        card.save_requested.connect(self._on_save_requested)
        canvas.parts_changed.connect(card.show_parts)
        workbench.facts_changed.connect(lambda _: self._call())
        workbench.saved.connect(lambda where: card.show_saved(str(where)))

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return (
            self.regions.busy
            or self.hover.busy
            or self.spot.busy
            or self.linked.busy
            or self.compare.others.busy
            or self.analysis.busy
        )

    @property
    def gene(self) -> str:
        """The gene, genes or set that is searched for, or ""."""
        return self._gene

    @property
    def genes(self) -> tuple[str, ...]:
        """The genes that are searched for."""
        return self._card.query.genes if self._gene else ()

    def add_source(self, choice: QWidget, on_cells: Callable[[str], str | None]) -> None:
        """Take in a choice of what a gene's colours come from.

        Parameters
        ----------
        choice
            Shown under the gene.
        on_cells
            Colours the nuclei by a gene and returns what to say of it; None where the spots show
            it.
        """
        layout = self._card.body_layout
        layout.insertWidget(layout.indexOf(self._card.gene_row) + 1, choice)
        self._on_cells = on_cells

    def show_told(self, r: Mapping[str, float]) -> None:
        """Say beside genes' names how well they are told while they are hidden."""
        self._card.completer.told = r

    def search(self, name: str) -> None:
        """Search for a gene, or show the one that is searched for anew."""
        if name == self._gene:
            self._on_gene_requested(name)
        else:
            self._card.gene.setText(name)

    def show_session(self, session: Session, *, opened: bool = True) -> None:
        """Show a session that was opened, or one with new nuclei."""
        self.spot.turn_to(owner_of(session), opened=opened)
        if opened:
            spots = session.sample.spots
            self._card.show_genes(list(spots.table.var_names) if spots is not None else [])
            self._card.show_saved("")
            self._canvas.select_spot(None)
            self.regions.show_session(session)  # its layer too is seen as it was
            self._restore(session.view)
        else:
            self.regions.ask()
        self.spot.show()

    def _call(self) -> None:
        session = self._bench.session
        self._card.call("nuclei" if session is None else session.called)

    def show_typed(self, typed: Typed) -> None:
        """Show new types of the same nuclei."""
        self.spot.turn_to(owner_of(typed.session))
        self.regions.ask()
        self.spot.show()

    def show_looks(self) -> None:
        """Types are called or painted otherwise: say so wherever they stand."""
        self._card.scale.see_with(self._canvas.nuclei.eyes)
        self.regions.show_again()
        self.linked.show_looks()
        self.spot.show()

    def close(self) -> None:
        """Stop, and give the mouse back."""
        for desk in (self.regions, self.compare, self.hover, self.spot, self.linked, self.analysis):
            desk.close()

    def save(self, out: Path) -> None:
        """Write the output folder, with the view as it is now."""
        self._bench.save(out, self.view())

    def view(self) -> dict[str, Any]:
        """What it takes to come back to what is seen now, or will be in a moment (JSON)."""
        session, deeds = self._bench.session, {KEY: self._bench.deeds.to_json()}
        if self._canvas.turns.busy and session is not None:
            return {**session.view, "regions": self.regions.view(), **deeds}
        extras = {name: get() for name, (get, _) in self.extras.items()}
        sets = self._card.names.sets
        named = {self._gene: list(sets[self._gene])} if self._gene in sets else {}
        own = {"gene": self._gene, "gene_sets": named, "regions": self.regions.view()}
        return {**self._canvas.view(), **extras, **own, **deeds}

    def _restore(self, view: Any) -> None:
        gene = str(view.get("gene", ""))
        self._card.show_sets({k: tuple(v) for k, v in view.get("gene_sets", {}).items()})
        if gene:
            self._card.gene.setText(gene)
        session = self._bench.session
        spots = session.sample.spots if session is not None else None
        selected = view.get("selected")
        if selected is not None and spots is not None and 0 <= int(selected) < spots.n:
            self._canvas.select_spot(int(selected))
        self._card.outlines.setChecked(bool(view.get("outlines", False)))
        self._canvas.restore(view)
        for name, (_, put) in self.extras.items():
            if name in view:
                self._canvas.turns.then(partial(put, view[name]))

    def _on_gene_requested(self, name: str) -> None:
        self._gene = name
        on_cells = self._on_cells(name)
        if not name or on_cells is not None:
            self._canvas.show_gene(None)
            self._card.show_gene(on_cells or "", self.top if name else None)
            self.linked.show_gene(GeneShown(name, True, self.top) if name else None)
            return
        sample, beside, genes, top = self._sample(), self._bench.beside, self.genes, None
        if len(genes) == 1:
            counts = beside.gene_counts(sample, genes[0])
            seen, top = float((counts > 0).mean()), float(counts.max())
            span = f"{name} · measured · 0 to {amount(top)} counts a spot"
            said = f"{span} · in {seen:.0%} of spots"
            self._canvas.show_gene(counts, span)
        else:
            assert sample.spots is not None
            counts = np.stack([beside.gene_counts(sample, gene) for gene in genes], axis=1)
            score = score_of_spots(counts, sample.spots.umis)
            said = f"{name} · measured · 0 to {amount(float(score.max()))} counts a spot of median "
            said += f"depth · mean of {len(genes)} genes on a logarithmic scale"
            self._canvas.show_gene(score, said)
        if lacks := self._card.query.unknown:
            said += f" · {len(lacks)} not among the spots: {', '.join(lacks[:4])}"
        self._card.show_gene(said + self.remark, top or None)
        self.linked.show_gene(GeneShown(name, False, top or None))

    def _sample(self) -> Sample:
        assert self._bench.session is not None
        return self._bench.session.sample

    def read_sets(self, path: Path) -> None:
        """Offer the sets of genes of a file."""
        try:
            sets = read_gene_sets(path)
        except SpotscopeError as error:
            self._card.show_gene(f"▲ {error}")
            return
        self._card.show_sets(sets)
        self._card.show_gene(f"{len(sets):,} sets of {path.name}: type a name")

    def _on_sets_requested(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self._card.window(), "Open gene sets", "", SETS)
        if path:
            self.read_sets(Path(path))

    def _on_save_requested(self) -> None:
        parent = self._card.window()
        out = QFileDialog.getExistingDirectory(parent, "Save everything to a folder")
        if out:
            self.save(Path(out))


def owner_of(session: Session) -> npt.NDArray[np.int32] | None:
    """(cell,) index of the spot that owns each cell, from the names kept in the cell table."""
    cells, spots = session.cells, session.sample.spots
    if cells is None or spots is None:
        return None
    spot_id = cells.table.obs[CellKey.SPOT_ID].astype("category").cat
    index = spots.table.obs_names.get_indexer(spot_id.categories.astype(str)).astype(np.int32)
    return np.append(index, np.int32(-1))[spot_id.codes.to_numpy()]
