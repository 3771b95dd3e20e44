"""What is said of references nobody opened here: of a result from disk, and of single cells.

A result knows what its cells were typed by. Single cells that have places open as a sample, as they
may be one, and are offered as the reference they may be as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from spotscope.model import Progress
from spotscope.pipeline import DEMO_FILES
from spotscope.widgets.jobs._references import is_reference
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.parts._card import line, say

if TYPE_CHECKING:
    from spotscope.model import Reference, Session, Task
    from spotscope.widgets.cell_typing._typing_card import TypingCard
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.sample._sample_card import SampleCard

__all__ = ["ReferenceDesk", "is_left_behind", "typed_with"]

OFFER = "These are single cells with types and places. To type spots by them:"
TAKEN = "They are the reference now. Drop the spots, with their image."


class ReferenceDesk(QObject):
    """Fills the row of the reference, and offers single cells as one."""

    def __init__(self, workbench: Workbench, sample: SampleCard, typing: TypingCard) -> None:
        super().__init__(sample)
        self._bench, self._typing = workbench, typing
        self._path: Path | None = None
        self.said = line(OFFER)
        self.button = QPushButton("Use as reference")
        self.row = QWidget()
        layout = QHBoxLayout(self.row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.said, 1)
        layout.addWidget(self.button)
        self.row.hide()
        sample.add(self.row)
        self._runner = Runner(self)
        self._runner.succeeded.connect(self._on_looked)
        self.button.clicked.connect(self._on_taken)
        workbench.session_opened.connect(self._on_opened)
        workbench.reference_opened.connect(lambda _: self._on_reference())

    @property
    def busy(self) -> bool:
        """Whether a file is being looked at."""
        return self._runner.running is not None

    def close(self) -> None:
        """Stop, and never send anything again."""
        self._runner.close()

    def _on_opened(self, session: Session) -> None:
        self.row.hide()
        self._path = None
        bench = self._bench
        if bench.reference is not None and is_left_behind(bench.reference, session):
            bench.reference = None
            self._typing.show_reference(None)
        if bench.reference is None:
            self._runner.latest("typed", lambda: typed_task(session))
        alone = session.sample.slide is None and session.sample.spots is not None
        if alone and bench.reference is None and bench.source is not None:
            path = bench.source
            self._runner.latest("offer", lambda: offer_task(path))

    def _on_looked(self, name: str, found: Path | str | None) -> None:
        if self._bench.reference is not None:
            return
        if name == "typed":
            said = str(found or "")
            self._typing.show_reference(None)
            if said:
                say(self._typing.reference_line, said)
        elif isinstance(found, Path) and found == self._bench.source:
            self._path = found
            self.said.setText(OFFER)
            self.button.show()
            self.row.show()

    def _on_taken(self) -> None:
        if self._path is not None:
            self._bench.open_reference(self._path)

    def _on_reference(self) -> None:
        """Say what comes next if it was these cells; else there is nothing to offer any more."""
        source = self._bench.reference.source if self._bench.reference is not None else None
        opened = None if source is None else Path(source["path"])
        if self._path is not None and opened == self._path.resolve():
            self.said.setText(TAKEN)
            self.button.hide()
        else:
            self.row.hide()


def is_left_behind(reference: Reference, session: Session) -> bool:
    """Whether a reference is the demo's, and the sample is not: nobody's cells are of its types."""
    there, here = (reference.source or {}).get("path", ""), session.sample.opened.get("path", "")
    made_up = Path(there).name == DEMO_FILES["reference"]
    return made_up and Path(str(here)).parent != Path(there).parent


def typed_with(session: Session) -> str:
    """What the cells were typed by, and whether it is still there; "" where none were."""
    record = session.records.get("type")
    if record is None:
        return ""
    where = record.figures.get("reference")
    if not where or "path" not in where:
        return "Typed with a reference made in memory; to type again, open one"
    path = Path(str(where["path"]))
    column = f" by its column {where['cell_type']}" if "cell_type" in where else ""
    there = "it is still there" if path.exists() else "▲ it is no longer there"
    return f"Typed with {path.name}{column}; {there} ({path.parent})"


def typed_task(session: Session) -> Task[str]:
    """Look on a thread: a drive may be far away."""
    yield Progress("looking for the reference", 0, 1)
    return typed_with(session)


def offer_task(path: Path) -> Task[Path | None]:
    """The file, if it may be a reference."""
    yield Progress("looking at the file", 0, 1)
    return path if path.is_file() and is_reference(path) else None
