"""What was done, to be read and to be done again: the log, and copying a step as a command."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal
from qtpy.QtGui import QGuiApplication

from spotscope import pipeline
from spotscope.model import Progress, SpotscopeError
from spotscope.widgets.dock._requests import sentence
from spotscope.widgets.dock._state import Step
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.jobs._time_left import spell
from spotscope.widgets.parts._card import line, say
from spotscope.widgets.parts._fold import Fold
from spotscope.widgets.parts._in_window import in_window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from qtpy.QtWidgets import QMenu, QWidget

    from spotscope.model import Session, Task
    from spotscope.pipeline import Finding, LogEntry
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.parts._card import StepCard

__all__ = ["HistoryDesk", "log_lines"]

_STEPS = {Step.NUCLEI: "segment", Step.TYPES: "type", Step.EXPRESSION: "decompose"}
_FORMS = {"command": "Copy as command", "python": "Copy as Python"}


class HistoryDesk(QObject):
    """Puts a menu on the cards and a log into the Sample card.

    ``copied(text)`` when something lies on the clipboard.

    Parameters
    ----------
    workbench, cards, parent
        The session, the cards, and the dock.
    findings
        What was asked and answered so far; copied with everything.
    view
        As it is now: what was done by hand is in it.
    """

    copied = Signal(str)

    def __init__(
        self,
        workbench: Workbench,
        cards: Mapping[Step, StepCard],
        parent: QWidget,
        findings: Callable[[], Sequence[Finding]] = tuple,
        view: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        super().__init__(parent)
        self._bench, self._cards = workbench, cards
        self._findings, self._view = findings, view
        self._shown: Session | None = None
        self._runner = Runner(self)
        self._runner.succeeded.connect(self._on_told)
        self._runner.failed.connect(self._on_failed)
        self.log = line()
        self.said = line()
        self.fold = Fold("Log", self.log)
        self.fold.hide()
        cards[Step.SAMPLE].add(self.fold)
        cards[Step.SAMPLE].add(self.said)
        self._steps = {Step.SAMPLE: "", **_STEPS}
        for step in self._steps:
            for form, words in _FORMS.items():
                everything = " everything so far" if step is Step.SAMPLE else ""
                act = cards[step].menu.addAction(words.replace("Copy", f"Copy{everything}"))
                act.triggered.connect(lambda _=False, s=step, f=form: self.copy(s, f))
        workbench.deeds.changed.connect(self._tell)
        workbench.facts_changed.connect(lambda _facts: self.show_session(workbench.session))

    @property
    def busy(self) -> bool:
        """Whether something is being told."""
        return self._runner.running is not None

    def show_session(self, session: Session | None) -> None:
        """Show what was done to a session."""
        if session is self._shown:
            return
        self._shown = session
        self.fold.setVisible(session is not None)
        for step, name in self._steps.items():
            done = session is not None and (not name or name in session.records)
            self._cards[step].menu_button.setVisible(done)
        say(self.said, "")
        self._tell()

    def _tell(self) -> None:
        """Write the log anew: a step is done, or something by hand."""
        session = self._bench.session
        now = None if session is None else replace(session, view=dict(self._view()))
        self.log.setText("" if now is None else in_window("\n".join(log_lines(now))))

    def copy(self, step: Step, form: str) -> None:
        """Put a step, and all that leads to it, on the clipboard as ``command`` or ``python``."""
        upto = self._steps[step] or None
        self._copy(form, upto, () if upto else self._findings())

    def copy_findings(self, findings: Sequence[Finding], form: str) -> None:
        """Put what leads to these findings on the clipboard, and the questions themselves."""
        self._copy(form, None, findings)

    def offer(self, menu: QMenu, findings: Callable[[], Sequence[Finding]]) -> None:
        """Put copying of the findings of that moment into a menu."""
        for form, words in _FORMS.items():
            act = menu.addAction(words)
            act.triggered.connect(lambda _=False, f=form: self.copy_findings(findings(), f))

    def _copy(self, form: str, upto: str | None, findings: Sequence[Finding]) -> None:
        session, given = self._bench.session, tuple(findings)
        if session is not None:
            self._runner.latest(form, lambda: copy_task(session, upto, form, given))

    def close(self) -> None:
        """Stop, and never send anything again."""
        self._runner.close()

    def _on_told(self, form: str, text: str) -> None:
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(text)
        where = "a terminal" if form == "command" else "Python"
        say(self.said, f"Copied, to be pasted into {where}; it writes to a folder OUT.")
        self.copied.emit(text)

    def _on_failed(self, _form: str, error: Exception) -> None:
        say(self.said, f"▲ {error if isinstance(error, SpotscopeError) else sentence(error)}")


def copy_task(
    session: Session, upto: str | None, form: str, findings: tuple[Finding, ...] = ()
) -> Task[str]:
    """Tell on a thread: outlines are compared with those that were typed."""
    yield Progress("copying", 0, 1)
    make = pipeline.as_command if form == "command" else pipeline.as_python
    return make(session, upto, findings=findings)


def log_lines(session: Session) -> list[str]:
    """The log in lines that wrap well in a narrow column."""
    return [words for entry in pipeline.session_log(session) for words in _of_entry(entry)]


def _of_entry(entry: LogEntry) -> list[str]:
    when = pipeline.local_time(entry.when)[-5:]
    took = "" if entry.seconds is None else f" ({spell(entry.seconds)})"
    lines = [f"{when + '  ' if when else ''}{entry.title}: {entry.said}{took}"]
    if entry.settings:
        lines.append(
            "    " + ", ".join(f"{name} {value}" for name, value in entry.settings.items())
        )
    return lines + [f"    · {note}" for note in entry.notes]
