"""Nuclei from a file, cells lent to spots without, and the number of cells of a spot: asked, done.

Everything ends as nuclei of the session, or as a correction of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QFileDialog, QWidget

from spotscope import pipeline
from spotscope.model import Progress, SpotscopeError
from spotscope.widgets.dock._state import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spotscope.model import Edit, Session, Task
    from spotscope.pipeline import Lent
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.nuclei._nuclei_card import NucleiCard
    from spotscope.widgets.spots._spot_card import SpotCard

__all__ = ["CellsDesk", "nuclei_among"]

#: What a file dialog offers for nuclei.
NUCLEI = "Nuclei (*.tif *.tiff *.geojson *.json);;All files (*)"
_OUTLINES = (".geojson", ".json")


def nuclei_among(paths: Sequence[Path], session: Session | None) -> Path | None:
    """The file of nuclei, if that is what was dropped: one, on a sample with a slide.

    GeoJSON is taken for outlines; a TIFF for a label image only if its pixels look like one.
    """
    slide = session.sample.slide if session is not None else None
    if slide is None or len(paths) != 1:
        return None
    path = paths[0]
    if path.suffix.lower() in _OUTLINES:
        return path
    try:
        return path if pipeline.is_label_image(path, slide) else None
    except SpotscopeError:  # what is wrong with it is said when it is opened
        return None


class CellsDesk(QObject):
    """Answers what the Nuclei card and the spot card ask about cells that were not looked for."""

    def __init__(
        self,
        workbench: Workbench,
        card: NucleiCard,
        spot: SpotCard,
        correct: Callable[[Edit], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._bench, self._card, self._correct, self._window = workbench, card, correct, parent
        card.file_requested.connect(self._on_file_requested)
        card.lend_requested.connect(self._on_lend_requested)
        spot.count_given.connect(self._on_count_given)

    def takes(self, paths: Sequence[Path]) -> bool:
        """Take the nuclei of a file that was dropped, if that is what it is."""
        path = nuclei_among(paths, self._bench.session)
        if path is not None:
            self._bench.find_nuclei(path)
        return path is not None

    def _on_file_requested(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self._window, "Nuclei of this slide", "", NUCLEI)
        if path:
            self._bench.find_nuclei(Path(path))

    def _on_lend_requested(self) -> None:
        bench = self._bench

        def make() -> Task[Lent]:
            assert bench.session is not None
            return _lend_task(bench.session)

        bench.ask(Step.NUCLEI, "lend", make, self._on_lent, waits=True)

    def _on_lent(self, lent: Lent) -> None:
        self._card.say_lent(lent.sentence)
        if lent.edit is not None:
            self._correct(lent.edit)

    def _on_count_given(self, index: int, n: int) -> None:
        session = self._bench.session
        spots = session.sample.spots if session is not None else None
        if spots is None or session is None or session.nuclei is None:
            return
        name = str(spots.table.obs_names[index])
        self._correct(pipeline.count_cells(spots, {name: n}, f"{n} cells in {name}"))


def _lend_task(session: Session) -> Task[Lent]:
    yield Progress("learning how many cells spots have", 0, 1)
    return pipeline.borrow_counts(session)
