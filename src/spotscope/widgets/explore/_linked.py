"""Plot and table of spots or cells, linked with the slide both ways.

What is chosen in the plot or in the table is marked on the slide and in the other two; a region, or
a spot that is clicked, is marked in both. The layout is found on a thread and kept until the counts
behind it change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject

from spotscope.model import CellKey
from spotscope.pipeline import embed_step
from spotscope.widgets.dock._requests import sentence
from spotscope.widgets.explore._linked_looks import columns_of, looks_of
from spotscope.widgets.jobs._progress_row import ProgressRow
from spotscope.widgets.jobs._runner import Runner

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.model import Region, Session
    from spotscope.pipeline import Embedding
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.explore._linked_looks import GeneShown
    from spotscope.widgets.explore._linked_panel import LinkedPanel

__all__ = ["LinkedDesk"]

#: What is laid out sooner shows no progress.
PATIENCE_S = 0.4
STOPPED = "▲ Stopped: lay out again."


class LinkedDesk(QObject):
    """Coordinates plot and table with the canvas."""

    def __init__(
        self, workbench: Workbench, canvas: Canvas, panel: LinkedPanel, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._panel = workbench, canvas, panel
        self._found: Embedding | None = None
        self._of: Session | None = None
        #: (row,) what is chosen, of all spots or all cells
        self.chosen: npt.NDArray[np.bool_] | None = None
        #: what nuclei or spots are coloured by instead of types
        self._gene: GeneShown | None = None
        self._runner = Runner(self)
        self._runner.succeeded.connect(self._on_found)
        self.progress = ProgressRow(self._runner, patience=PATIENCE_S)
        panel.layout().insertWidget(panel.layout().indexOf(panel.plot), self.progress)
        self.progress.cancelled.connect(lambda: panel.show_said(STOPPED))
        self._runner.failed.connect(lambda _name, error: panel.show_said(f"▲ {sentence(error)}"))
        panel.asked.connect(self.ask)
        panel.plot.selected.connect(self._on_plot_selected)
        panel.table.rows_chosen.connect(self._on_rows_chosen)
        workbench.session_opened.connect(self._on_session_opened)
        workbench.facts_changed.connect(lambda _: self._on_facts())
        canvas.spot_clicked.connect(self._on_spot_clicked)

    @property
    def busy(self) -> bool:
        """Whether points are being laid out."""
        return self._runner.running is not None

    def ask(self) -> None:
        """Lay out what the panel asks for."""
        session, panel = self._bench.session, self._panel
        if session is None or session.sample.spots is None:
            return
        self.let_go()
        of, how = panel.of, panel.how
        panel.show_said("Laying out …")
        self._of = session
        self._runner.latest("embed", lambda: embed_step(session, of, how))
        panel.table.table.show_columns(columns_of(session, of))

    def show_region(self, region: Region) -> None:
        """Mark what lies in a region in plot and table."""
        session = self._bench.session
        if session is not None and self._found is not None:
            self._choose(region.contains(_places(session, self._found.of)))

    def let_go(self) -> None:
        """Nothing is chosen any more."""
        self._choose(None)

    def close(self) -> None:
        """Stop."""
        self._runner.close()

    def show_looks(self) -> None:
        """Show the plot in the colours types have now."""
        self._draw(keep=True)

    def show_gene(self, gene: GeneShown | None) -> None:
        """Colour points by what colours the spots or nuclei they are; None: by types."""
        before, self._gene = self._gene, gene
        if before is not None or gene is not None:
            self._draw(keep=True)

    def _on_session_opened(self, session: Session) -> None:
        self._runner.cancel()
        self._found = self._of = None
        self.chosen = None
        self._panel.clear()
        self._panel.offer(spots=session.sample.spots is not None, cells=_has_cells(session))

    def _on_facts(self) -> None:
        session = self._bench.session
        if session is None:
            return
        self._panel.offer(spots=session.sample.spots is not None, cells=_has_cells(session))
        if self._follow(session):
            self._draw(keep=True)

    def _follow(self, session: Session) -> bool:
        """Go on with another session: let go of points that are not its; whether there are some."""
        if self._found is None or session is self._of:
            return False
        same = self._found.of == "spots" or _same_cells(session, self._of)
        self._of = session
        if same:
            self._panel.table.table.show_columns(columns_of(session, self._found.of))
        else:  # other nuclei: the points are no longer theirs
            self._found = None
            self.chosen = None
            self._panel.clear()
        return same

    def _on_found(self, _name: str, found: Embedding) -> None:
        session = self._bench.session
        if session is None or session is not self._of:
            return
        self._found = found
        self._draw()
        how = {"pca": "PCA", "umap": "UMAP"}[found.how]
        source = "inferred" if found.of == "cells" else "measured"
        self._panel.show_said(f"{len(found.rows):,} {found.of} · {how} · {source} · near is alike")

    def _draw(self, *, keep: bool = False) -> None:
        session = self._bench.session
        if session is not None:
            self._follow(session)  # genes and looks may be shown anew before all else is
        found = self._found
        if session is not None and found is not None:
            rgb, key = looks_of(session, self._canvas, found, self._gene)
            self._panel.plot.show_points(found.xy, rgb, key, keep=keep)

    def _on_plot_selected(self, points: Any) -> None:
        session, found = self._bench.session, self._found
        if session is None or found is None or points is None:
            self.let_go()
            return
        rows = np.zeros(len(_places(session, found.of)), bool)
        rows[found.rows[points]] = True
        self._choose(rows, plot=False)

    def _on_rows_chosen(self, rows: npt.NDArray[np.intp]) -> None:
        session = self._bench.session
        if session is not None:
            mask = np.zeros(self._panel.table.table.n, bool)
            mask[rows] = True
            self._choose(mask, table=False)

    def _on_spot_clicked(self, index: int | None) -> None:
        session = self._bench.session
        if index is None or session is None or self._found is None:
            return
        if self._found.of == "spots":
            rows = np.arange(len(_places(session, "spots"))) == index
        else:
            assert session.cells is not None
            assert session.sample.spots is not None
            name = str(session.sample.spots.table.obs_names[index])
            rows = (session.cells.table.obs[CellKey.SPOT_ID] == name).to_numpy(bool)
        self._choose(rows)

    def _choose(self, rows: Any, *, plot: bool = True, table: bool = True) -> None:
        """Mark rows on the slide, in the plot and in the table, as far as each is another's."""
        session, found = self._bench.session, self._found
        before, self.chosen = self.chosen, rows
        if before is None and rows is None:
            return
        of = self._panel.of if found is None else found.of
        if plot and found is not None:
            self._panel.plot.show_chosen(None if rows is None else rows[found.rows])
        if table:
            self._panel.table.table.show_chosen(rows)
        self._panel.show_chosen(0 if rows is None else int(rows.sum()), of)
        self._canvas.spots.choose(rows if of == "spots" else None)
        labels = None
        if of == "cells" and rows is not None and session is not None and session.cells is not None:
            assert session.nuclei is not None
            labels = np.zeros(int(session.nuclei.last_label) + 1, bool)
            labels[session.cells.table.obs[CellKey.LABEL_ID].to_numpy(np.int64)[rows]] = True
        self._canvas.nuclei.choose(labels)


def _has_cells(session: Session) -> bool:
    return session.cells is not None and "decompose" in session.records


def _same_cells(one: Session, other: Session | None) -> bool:
    if other is None or one.cells is None or other.cells is None:
        return False
    same = one.records.get("decompose") is other.records.get("decompose")
    labels = (s.cells.table.obs[CellKey.LABEL_ID] for s in (one, other) if s.cells is not None)
    return same and np.array_equal(*labels)


def _places(session: Session, of: str) -> npt.NDArray[np.float64]:
    """(row, 2) (y, x) in µm of spots or cells."""
    if of == "cells":
        assert session.cells is not None
        return session.cells.yx_um
    assert session.sample.spots is not None
    return session.sample.spots.yx_um
