"""The nuclei against an annotation of somebody else: asked, scored, said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QFileDialog, QWidget

from spotscope import pipeline
from spotscope.widgets.dock._requests import sentence
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.nuclei._cells_desk import NUCLEI

if TYPE_CHECKING:
    from spotscope.model import Session, StarConvex, Task
    from spotscope.pipeline import NucleiScore
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.nuclei._qc_panel import CheckPanel

__all__ = ["Annotations"]


#: Larger annotations take seconds: they are compared again only when asked.
_QUICK = 5_000


class Annotations(QObject):
    """Scores the nuclei of the moment against an annotation, and again after every correction."""

    def __init__(self, workbench: Workbench, panel: CheckPanel, parent: QWidget) -> None:
        super().__init__(parent)
        self._bench, self._panel, self._window = workbench, panel, parent
        self._path: Path | None = None
        self._truth: StarConvex | None = None
        self._scoring = Runner(self)
        panel.truth_requested.connect(self._on_requested)
        self._scoring.succeeded.connect(self._on_scored)
        self._scoring.failed.connect(self._on_failed)

    @property
    def busy(self) -> bool:
        """Whether something is being scored."""
        return self._scoring.running is not None

    def reset(self) -> None:
        """Forget the annotation: it was of another sample."""
        self._path, self._truth = None, None
        self._scoring.cancel()
        self._panel.show_agreement("")

    def follow(self) -> None:
        """Score the nuclei of this moment, if there is an annotation."""
        session = self._bench.session
        self._panel.truth.setVisible(session is not None and session.sample.slide is not None)
        if self._path is None:
            return
        if self._truth is None or self._truth.n <= _QUICK:
            self.open(self._path)
        else:
            self._panel.show_agreement("The nuclei are others now: compare again.")

    def close(self) -> None:
        """Stop."""
        self._scoring.close()

    def open(self, path: Path) -> None:
        """Compare the nuclei with those of a file."""
        session = self._bench.session
        if session is None or session.nuclei is None or session.sample.slide is None:
            return
        if path != self._path:
            self._path, self._truth = path, None
            self._panel.show_agreement(f"reading {path.name} …")
        truth = self._truth
        self._scoring.latest("score", lambda: _score_task(session, path, truth))

    def _on_requested(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self._window, "An annotation", "", NUCLEI)
        if path:
            self.open(Path(path))

    def _on_scored(self, _name: str, answer: tuple[Path, StarConvex, NucleiScore]) -> None:
        path, truth, score = answer
        if path != self._path:
            return
        self._truth = truth
        self._panel.show_agreement(
            f"{path.name}: F1 {score.f1:.3f} at IoU 0.5 · AJI {score.aji:.3f} · PQ {score.pq:.3f}"
            f" · {score.n_true:,} drawn, {score.n_found:,} found among them"
        )

    def _on_failed(self, _name: str, error: Exception) -> None:
        self._path, self._truth = None, None
        self._panel.show_agreement(f"▲ {sentence(error)}")


def _score_task(
    session: Session, path: Path, truth: StarConvex | None
) -> Task[tuple[Path, StarConvex, NucleiScore]]:
    if truth is None:
        sample = session.sample
        assert sample.slide is not None
        truth = yield from pipeline.import_nuclei(path, sample.slide, full_mpp=sample.full_mpp)
    score = yield from pipeline.compare_step(session, truth)
    return path, truth, score
