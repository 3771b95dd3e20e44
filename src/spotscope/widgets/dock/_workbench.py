"""What is open and what has been found: the one place that asks the pipeline.

The cards ask, the workbench runs, the canvas and the cards are told. It knows neither layers nor
widgets, so it is tested without a viewer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QCoreApplication, QObject, Signal

from spotscope.model import Progress, Reference, Session
from spotscope.widgets.cell_typing._live_nu import LiveNu
from spotscope.widgets.dock._requests import QUICK, Requests
from spotscope.widgets.dock._state import Facts, Step, facts_of
from spotscope.widgets.history._deeds import Deeds
from spotscope.widgets.jobs import _tasks as tasks
from spotscope.widgets.jobs._references import reference_task
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.jobs._tasks import Opened, Recoloured
from spotscope.widgets.spots._beside import BesideReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy.typing as npt
    from napari.types import LayerData

    from spotscope.methods.cell_typing import CellTypingParams, FittedTyping
    from spotscope.methods.segmentation import SegmentationParams
    from spotscope.model import Sample, Task
    from spotscope.pipeline import Finding, Typed

__all__ = ["Workbench"]


class Workbench(QObject):
    """Holds the session and runs one task at a time on it.

    Facts: ``session_opened(Session)``, ``nuclei_found(Session)``, ``reference_opened(Reference)``,
    ``typed(Typed)`` after a fit, ``recoloured(Recoloured)`` after a new ν and ``retyped(Typed)``
    when the tables have followed, ``cropped(Crop)``, ``saved(Path)``,
    ``progressed(Step, Progress)``, ``previewed(name, what is there so far)`` of what is quick,
    ``failed(Step, error)``, ``facts_changed(Facts)``, ``replacing(name)`` before a result is taken.

    A button that leads on (open, find, type) cancels what runs; opening a reference and saving
    wait for it.
    """

    session_opened = Signal(object)
    nuclei_found = Signal(object)
    reference_opened = Signal(object)
    typed = Signal(object)
    recoloured = Signal(object)
    retyped = Signal(object)
    cropped = Signal(object)
    saved = Signal(object)
    progressed = Signal(object, object)
    previewed = Signal(str, object)
    failed = Signal(object, object)
    facts_changed = Signal(object)
    replacing = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session: Session | None = None
        self.reference: Reference | None = None
        self.fitted: FittedTyping | None = None
        self.source: Path | None = None
        #: before the session was opened: the answers, or the folder that has them
        self.asked: Path | tuple[Finding, ...] = ()
        #: (nucleus + 1,) colour codes of the newest types, made by the worker that found them
        self.codes: npt.NDArray[Any] | None = None
        #: layers by part, made by the worker that opened the sample or found the nuclei
        self.drawn: dict[str, LayerData] = {}
        self._requests = Requests()
        self._typing: CellTypingParams | None = None
        self._told: tuple[Facts, Session | None] | None = None
        self.deeds = Deeds(self)
        self.session_opened.connect(lambda session: self.deeds.turn_to(session.view))
        self.beside = BesideReader(self)
        self.beside.cropped.connect(self.cropped)
        self._runner = Runner(self)
        self._runner.started.connect(self._on_started)
        self._runner.progressed.connect(self._on_progressed)
        self._runner.succeeded.connect(self._on_succeeded)
        self._runner.failed.connect(self._on_failed)
        self._runner.cancelled.connect(self._tell)
        self._runner.idle.connect(self._on_idle)
        self._live = LiveNu(self._runner, lambda: (self.session, self.fitted), self)
        if (app := QCoreApplication.instance()) is not None:
            app.aboutToQuit.connect(self.cancel)  # Python waits for its threads, if long

    @property
    def facts(self) -> Facts:
        """What is there, for the cards."""
        shown = self._requests.shown(self._runner.running)
        return facts_of(self.session, self.reference is not None, shown, self._requests.errors)

    @property
    def running(self) -> str | None:
        """Name of the request under way."""
        return self._runner.running

    @property
    def nu(self) -> float | None:
        """ν that was asked for last, whether or not the tables have followed."""
        if self._live.wanted is not None or self.session is None:
            return self._live.wanted
        types = self.session.records.get("type")
        return None if types is None else types.params.get("nu_used")

    @property
    def busy(self) -> bool:
        """Whether anything is under way, also what is answered in milliseconds."""
        return self._runner.running is not None or self.beside.busy or self._live.waits

    def open_sample(
        self, *paths: Path, image: Path | None = None, mpp: float | None = None
    ) -> None:
        """Open spots, a slide, a saved result folder, or a reference for the spots that are open.

        ``paths`` come in any order; ``image`` and ``mpp`` are those of ``pipeline.read_sample``.
        """
        facts = self.facts
        bare = self.source if facts.spots and (facts.coarse or not facts.slide) else None
        self._run("open", lambda: tasks.open_task(paths, image, mpp, facts.spots, bare))

    def open_demo(self) -> None:
        """Open the demo sample and its reference."""
        self._run("open", tasks.demo_task)

    def adopt(self, sample: Sample, reference: Reference | None = None) -> None:
        """Take what was opened elsewhere (Sample data, a script) as if it were opened here."""
        self._run("open", lambda: tasks.adopt_task(Session(sample), reference))

    def come_back(self, kept: Opened | Callable[[], Task[Opened]]) -> None:
        """Take what a dock that was closed has :meth:`kept`, or what a task brings."""
        self._run("open", kept if callable(kept) else lambda: tasks.keep_task(kept))

    def kept(self, view: Mapping[str, Any]) -> Opened | None:
        """Everything the next dock needs to go on from here; None if nothing is open."""
        if self.session is None:
            return None
        held = (self.reference, self.fitted, self.beside.by_gene, self.source, self.drawn)
        return Opened(self._with_view(view), *held)

    def open_reference(self, path: Path, cell_type: str = "") -> None:
        """Open a reference, when what runs is done."""
        self._run("reference", lambda: reference_task(path, cell_type), waits=True)

    def find_nuclei(self, how: SegmentationParams | Path) -> None:
        """Find the nuclei of the slide, or take those of a file."""
        if (session := self.session) is not None:
            self._run("nuclei", lambda: tasks.nuclei_task(session, how))

    def type_cells(self, params: CellTypingParams) -> None:
        """Fit the reference to the spots and type the nuclei."""
        session, reference = self.session, self.reference
        if session is not None and reference is not None:
            self._typing = params
            self._run("types", lambda: tasks.type_task(session, reference, params))

    def set_nu(self, nu: float | None = None) -> None:
        """Type anew with another ν, None: that of the data; of values too fast the newest."""
        self._live.ask(nu)

    def save(self, out: Path, view: Mapping[str, Any]) -> None:
        """Write the output folder, when what runs is done, with what has been found by then."""
        if self.session is not None:
            self._run(
                "save",
                lambda: tasks.save_task(self._with_view(view), out, self.fitted, self._live.loose),
                waits=True,
            )

    def ask(
        self,
        step: Step,
        name: str,
        make: Callable[[], Task[Any]],
        answer: Callable[[Any], object],
        *,
        waits: bool = False,
    ) -> None:
        """Run a task that a card brings along; ``answer`` gets its result on the window's thread.

        ``step``'s card shows progress and error. What runs is cancelled, or ``waits``: waited for.
        """
        self._requests.bring(name, step, answer)
        self._run(name, make, waits=waits)

    def cancel(self) -> None:
        """Stop what runs; what was there before stays."""
        self._live.stop()
        self._runner.cancel()

    def close(self) -> None:
        """Stop, and never send anything again."""
        self.blockSignals(True)
        self._live.pause()
        self._runner.close()
        self.beside.close()

    def _run(self, name: str, make: Callable[[], Task[Any]], *, waits: bool = False) -> None:
        self._requests.clear(name)
        (self._runner.latest if waits else self._runner.run)(name, make)

    def _with_view(self, view: Mapping[str, Any]) -> Session:
        assert self.session is not None
        return replace(self.session, view=dict(view))

    def _tell(self, ended: str = "") -> None:
        self._told = None if ended else (self.facts, self.session)  # None: again when idle
        self.facts_changed.emit(self.facts)

    def _on_started(self, name: str) -> None:
        self._requests.clear(name)
        if name not in QUICK:
            self._tell()

    def _on_idle(self) -> None:
        if self._told != (self.facts, self.session):
            self._tell()
        self._live.go_on()

    def _on_progressed(self, name: str, progress: Progress) -> None:
        if name not in QUICK:
            self.progressed.emit(self._requests.card(name), progress)
        elif progress.preview is not None:
            self.previewed.emit(name, progress.preview)

    def _on_failed(self, name: str, error: Exception) -> None:
        if name in QUICK:
            self._live.forget()  # it would fail again, and again
        self._requests.fail(name, error)
        self.failed.emit(self._requests.card(name), error)
        self._tell(name)

    def _on_succeeded(self, name: str, result: Any) -> None:
        self.replacing.emit(name)
        if name == "open":
            self.show_opened(result)
        elif name == "reference":
            self.reference = result
            self._requests.clear(name)  # of a file that was none
            self.reference_opened.emit(result)
        elif name == "nuclei":
            self.session, self.drawn = result[0], {**self.drawn, **result[1]}
            self.fitted = None
            self._live.forget()
            self.nuclei_found.emit(self.session)
        elif name in QUICK and result is None:
            return  # the fit was another when its turn came
        elif name == "nu":
            self._show_recoloured(result)
        elif name in ("types", "settle"):
            self._show_typed(name, *result)
        elif name == "save":
            self.saved.emit(result)
        else:
            self._requests.answer(name, result)

    def show_opened(self, opened: Opened | Reference) -> None:
        """Go on with what was opened."""
        if isinstance(opened, Reference):
            self._on_succeeded("reference", opened)
            return
        self.session, self.fitted = opened.session, opened.fitted
        self.beside.by_gene, self.source = opened.by_gene, opened.source
        self.drawn, self.asked = dict(opened.drawn), opened.asked
        self._live.forget()
        self._requests.errors.clear()
        self.session_opened.emit(opened.session)
        if opened.reference is not None:
            self._on_succeeded("reference", opened.reference)
        if opened.refused is not None:
            self._on_failed("reference", opened.refused)
        self._requests.errors.update(opened.errors)

    def _show_recoloured(self, again: Recoloured) -> None:
        if again.before is self.session:  # not of nuclei or types that are others by now
            self._live.shown(float(again.typing.nu))
            self.codes = again.codes
            self.recoloured.emit(again)

    def _show_typed(self, name: str, typed: Typed, codes: Any, before: Session) -> None:
        if before is not self.session:  # a type was held, or nuclei were corrected, meanwhile
            if name == "types" and self._typing is not None:
                self.type_cells(self._typing)  # the fit is kept: this is quick
            return  # tables are asked for again when idle
        if name == "types":
            self._live.forget()
        self._live.settled(float(typed.typing.nu))
        self.session, self.fitted, self.codes = typed.session, typed.fitted, codes
        (self.typed if name == "types" else self.retyped).emit(typed)
