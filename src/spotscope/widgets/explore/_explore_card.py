"""The Explore step: search a gene, click a spot, show and hide, save."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QStringListModel, Signal
from qtpy.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from spotscope.widgets.canvas._colour_scale import ColourScale
from spotscope.widgets.compare._compare_row import CompareRow
from spotscope.widgets.dock._view_row import ViewRow
from spotscope.widgets.explore._gene_completer import GeneCompleter
from spotscope.widgets.explore._gene_query import GeneNames, Query
from spotscope.widgets.explore._linked_panel import LinkedPanel
from spotscope.widgets.parts._card import StepCard, line, say
from spotscope.widgets.parts._fold import Fold
from spotscope.widgets.regions._regions_panel import RegionsPanel
from spotscope.widgets.spots._spot_card import SpotCard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["PARTS", "ExploreCard"]

#: What can be shown and hidden: part of the sample, and its word on the button.
PARTS = {"slide": "Image", "nuclei": "Nuclei", "spots": "Spots"}
NO_GENE = "No gene of this name among the spots"
HINT = "Click a spot on the slide to see what it holds."


class ExploreCard(StepCard):
    """The card of looking around.

    Requests: ``gene_requested(name or "")`` while typing (see :attr:`query`), ``sets_requested``,
    ``part_toggled(part, shown)``, ``outlines_toggled(on)``, ``save_requested``.
    """

    gene_requested = Signal(str)
    sets_requested = Signal()
    part_toggled = Signal(str, bool)
    outlines_toggled = Signal(bool)
    save_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Explore", None, parent)
        self.names = GeneNames()
        #: what the words in the search mean
        self.query = Query()
        self.gene = QLineEdit()
        self.gene.setPlaceholderText("Gene, genes or set, such as ERBB2")
        self.gene.setToolTip(
            "Several, such as CD3D CD3E CD8A, are shown by their mean on a logarithmic scale"
        )
        self.gene.setClearButtonEnabled(True)
        self.gene.setAccessibleName("Gene")
        self._names = QStringListModel(self)
        self.completer = GeneCompleter(self._names, self)
        self.gene.setCompleter(self.completer)
        self.sets_button = QPushButton("Sets…")
        self.sets_button.setToolTip("Read named sets of genes: GMT, CSV or TSV")
        self.sets_button.clicked.connect(lambda: self.sets_requested.emit())
        self.gene_line = line()
        self.scale = ColourScale()
        self.hint = line(HINT, quiet=True)
        self.spot = SpotCard()
        self.pinned = SpotCard(pinned=True)
        self.regions = RegionsPanel()
        self.linked = LinkedPanel()
        self.linked_fold = Fold("Plot and table", self.linked)
        self.compare = CompareRow()
        self.view = ViewRow()
        self.add(self._toggles())
        self.add(self.compare)
        self.add(self.view)
        self.add(self._gene_row())
        self.add(self.gene_line)
        self.add(self.scale)
        self.add(self.hint)
        self.add(self.spot)
        self.add(self.pinned)
        self.add(self.regions)
        self.add(self.linked_fold)
        self.add(self._save_row())
        self.gene.textChanged.connect(self._on_text_changed)
        self.completer.activated[str].connect(self._on_text_changed)

    def _toggles(self) -> QWidget:
        row = QWidget()
        layout = self.toggle_row = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self.toggles: dict[str, QPushButton] = {}
        for part, word in PARTS.items():
            button = QPushButton(word)
            button.setCheckable(True)
            button.setToolTip(f"Show or hide: {word.lower()}")
            button.clicked.connect(lambda on, part=part: self.part_toggled.emit(part, on))
            self.toggles[part] = button
            layout.addWidget(button)
        self.outlines = QPushButton("Outlines")
        self.outlines.setCheckable(True)
        self.outlines.setToolTip("Draw typed cells as outlines, so that the stain is seen")
        self.outlines.clicked.connect(self.outlines_toggled)
        layout.addWidget(self.outlines)
        return row

    def _gene_row(self) -> QWidget:
        self.gene_row = QWidget()
        layout = QHBoxLayout(self.gene_row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.gene, 1)
        layout.addWidget(self.sets_button)
        return self.gene_row

    def _save_row(self) -> QWidget:
        row = QWidget()
        self.saved_line = line(quiet=True)
        self.save_button = QPushButton("Save…")
        self.save_button.setToolTip("Everything, to a folder that opens again just as it is now")
        self.save_button.clicked.connect(lambda: self.save_requested.emit())
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.saved_line, 1)
        layout.addStretch()
        layout.addWidget(self.save_button)
        return row

    def show_genes(self, names: Sequence[str]) -> None:
        """Offer these genes, beside the sets that were read."""
        self.names = GeneNames.of(names, self.names.sets)
        self._names.setStringList(self.names.suggestions())
        self.gene.clear()
        self.gene_row.setVisible(bool(names))
        self.show_gene("")

    def show_sets(self, sets: Mapping[str, tuple[str, ...]]) -> None:
        """Offer these sets too."""
        self.names = GeneNames(self.names.genes, {**self.names.sets, **sets})
        self.completer.sets = self.names.sets
        self._names.setStringList(self.names.suggestions())
        self._on_text_changed(self.gene.text())

    def ask_for_spot(self, asked: bool) -> None:
        """Say that a spot can be clicked, where there are spots and none is shown."""
        say(self.hint, HINT if asked else "")

    def show_gene(self, said: str, top: float | None = None) -> None:
        """Say what spots or nuclei are coloured by, and up to which count, where it is one."""
        say(self.gene_line, said)
        self.scale.show_top(top)

    def show_parts(self, shown: Mapping[str, bool]) -> None:
        """Tick what is visible; parts that are not there have no button."""
        for part, button in self.toggles.items():
            button.setVisible(part in shown)
            button.setChecked(shown.get(part, False))
        self.outlines.setVisible("nuclei" in shown)
        self.compare.setVisible("nuclei" in shown)

    def call(self, called: str) -> None:
        """Name what is typed: nuclei, or cells where not all were seen."""
        button = self.toggles["nuclei"]
        button.setText(called.capitalize())
        button.setToolTip(f"Show or hide: {called}")
        self.compare.call(called)

    def show_saved(self, where: str) -> None:
        """Say where the result went."""
        say(self.saved_line, f"Saved to {where}" if where else "")

    def _on_text_changed(self, text: str) -> None:
        before, self.query = self.query, self.names.read(text)
        if not self.query.genes:  # the first of those that begin so, with every key
            self.query = self.names.begun(text)
        name = self.query.name if self.query.genes else ""
        if (name, self.query.genes) != (before.name if before.genes else "", before.genes):
            self.gene_requested.emit(name)
        if not self.query.genes:  # last: who shows no gene any more says nothing of it
            self.show_gene(NO_GENE if text.strip() else "")
