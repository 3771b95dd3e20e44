"""What is open and what has been found: the one place that asks the pipeline.

The cards ask, the workbench runs, the canvas and the cards are told. It knows neither layers nor
widgets, so it is tested without a viewer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from spotscope import pipeline
from spotscope.model import Progress, Session, SpotscopeError
from spotscope.widgets._runner import Runner
from spotscope.widgets._state import Facts, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from spotscope.methods.cell_typing import CellTypingParams, FittedTyping
    from spotscope.methods.segmentation import SegmentationParams
    from spotscope.model import Reference, Sample, Task
    from spotscope.pipeline import Typed

__all__ = ["Workbench"]

#: Which card shows the progress and the errors of a request.
_CARD = {
    "open": Step.SAMPLE,
    "demo": Step.SAMPLE,
    "session": Step.SAMPLE,
    "save": Step.EXPLORE,
    "nuclei": Step.NUCLEI,
    "reference": Step.TYPES,
    "types": Step.TYPES,
    "nu": Step.TYPES,
}


class Workbench(QObject):
    """Holds the session and runs one task at a time on it.

    Facts: ``session_opened(Session)``, ``nuclei_found(Session)``, ``reference_opened(Reference)``,
    ``typed(Typed)`` after a fit, ``retyped(Typed)`` after a new ν, ``saved(Path)``,
    ``progressed(Step, Progress)``, ``failed(Step, error)``, ``facts_changed(Facts)``.
    """

    session_opened = Signal(object)
    nuclei_found = Signal(object)
    reference_opened = Signal(object)
    typed = Signal(object)
    retyped = Signal(object)
    saved = Signal(object)
    progressed = Signal(object, object)
    failed = Signal(object, object)
    facts_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session: Session | None = None
        self.reference: Reference | None = None
        self.fitted: FittedTyping | None = None
        self._errors: dict[Step, str] = {}
        self._runner = Runner(self)
        self._runner.started.connect(self._on_started)
        self._runner.progressed.connect(self._on_progressed)
        self._runner.succeeded.connect(self._on_succeeded)
        self._runner.failed.connect(self._on_failed)
        self._runner.cancelled.connect(self._tell)
        self._runner.idle.connect(self._tell)

    @property
    def facts(self) -> Facts:
        """What is there, for the cards."""
        session = self.session
        sample = session.sample if session is not None else None
        running = self._runner.running
        return Facts(
            slide=sample is not None and sample.slide is not None,
            spots=sample is not None and sample.spots is not None,
            nuclei=session is not None and session.nuclei is not None,
            reference=self.reference is not None,
            typed=session is not None and session.cells is not None,
            # a slider's request is not a run: it turns no button into Cancel
            running=_CARD[running] if running is not None and running != "nu" else None,
            errors=dict(self._errors),
        )

    @property
    def running(self) -> str | None:
        """Name of the request under way."""
        return self._runner.running

    def open_sample(
        self, path: Path, *, image: Path | None = None, mpp: float | None = None
    ) -> None:
        """Open spots, a slide, or a saved session."""
        self._run("open", lambda: _open(path, image, mpp))

    def open_demo(self) -> None:
        """Open the demo sample and its reference."""
        self._run("demo", _demo)

    def open_reference(self, path: Path, cell_type: str = "cell_type") -> None:
        """Open a reference."""
        self._run("reference", lambda: pipeline.read_reference(path, cell_type=cell_type))

    def find_nuclei(self, params: SegmentationParams) -> None:
        """Find the nuclei of the slide."""
        session = self._session()
        self._run("nuclei", lambda: pipeline.segmentation_step(session, params))

    def type_cells(self, params: CellTypingParams) -> None:
        """Fit the reference to the spots and type the nuclei."""
        session, reference = self._session(), self.reference
        assert reference is not None
        self._run("types", lambda: pipeline.typing_step(session, reference, params))

    def set_nu(self, nu: float) -> None:
        """Type anew with another ν; of values that come faster than answers the newest is taken."""
        if self.fitted is not None:
            session, fitted = self._session(), self.fitted
            self._runner.latest("nu", lambda: _retype(session, fitted, nu))

    def save(self, out: Path, view: Mapping[str, Any]) -> None:
        """Write the output folder."""
        session = replace(self._session(), view=dict(view))
        self._run("save", lambda: pipeline.save_session(session, out))

    def adopt(self, session: Session, reference: Reference | None = None) -> None:
        """Take what was opened elsewhere (Sample data, a script) as if it were opened here."""
        self._runner.cancel()
        self._on_succeeded("session", session)
        if reference is not None:
            self._on_succeeded("reference", reference)
        self._tell()

    def cancel(self) -> None:
        """Stop what runs; what was there before stays."""
        self._runner.cancel()

    def close(self) -> None:
        """Stop, and never send anything again."""
        self.blockSignals(True)
        self._runner.close()

    def _run(self, name: str, make: Callable[[], Task[Any]]) -> None:
        self._errors.pop(_CARD[name], None)
        self._runner.run(name, make)

    def _session(self) -> Session:
        assert self.session is not None
        return self.session

    def _tell(self, _name: str = "") -> None:
        self.facts_changed.emit(self.facts)

    def _on_started(self, name: str) -> None:
        self._errors.pop(_CARD[name], None)
        self._tell()

    def _on_progressed(self, name: str, progress: Progress) -> None:
        if name != "nu":
            self.progressed.emit(_CARD[name], progress)

    def _on_failed(self, name: str, error: Exception) -> None:
        self._errors[_CARD[name]] = (
            str(error)
            if isinstance(error, SpotscopeError)
            else f"Something unforeseen went wrong ({type(error).__name__}: {error})."
        )
        self.failed.emit(_CARD[name], error)
        self._tell()

    def _on_succeeded(self, name: str, result: Any) -> None:
        if name == "demo":
            session, reference = result
            self._on_succeeded("session", session)
            self._on_succeeded("reference", reference)
        elif name in ("open", "session"):
            self._show_session(result)
        elif name == "reference":
            self.reference = result
            self.reference_opened.emit(result)
        elif name == "nuclei":
            self.session, self.fitted = result, None
            self.nuclei_found.emit(result)
        elif name in ("types", "nu"):
            self._show_typed(name, result)
        else:
            self.saved.emit(result)

    def _show_session(self, session: Session) -> None:
        self.session, self.fitted = session, None
        self._errors.clear()
        self.session_opened.emit(session)

    def _show_typed(self, name: str, typed: Typed) -> None:
        if name == "nu" and typed.fitted is not self.fitted:
            return  # of a fit that is no longer the one shown
        self.session, self.fitted = typed.session, typed.fitted
        (self.typed if name == "types" else self.retyped).emit(typed)


def _open(path: Path, image: Path | None, mpp: float | None) -> Task[Session]:
    from spotscope.model import OutFile

    if path.name == OutFile.SESSION or (path / OutFile.SESSION).exists():
        return (yield from pipeline.open_session(path))
    sample = yield from pipeline.read_sample(path, image=image, mpp=mpp)
    return Session(sample)


def _demo() -> Task[tuple[Session, Reference]]:
    sample, reference = yield from read_demo()
    return Session(sample), reference


def read_demo() -> Task[tuple[Sample, Reference]]:
    """Make the demo sample's files once, and open them."""
    files = yield from pipeline.write_demo(pipeline.user_cache())
    sample = yield from pipeline.read_sample(files["spots"], image=files["image"])
    reference = yield from pipeline.read_reference(files["reference"])
    return sample, reference


def _retype(session: Session, fitted: FittedTyping, nu: float) -> Task[Typed]:
    yield Progress("settling cell types", 0, 1)
    return pipeline.retype(session, fitted, nu)
