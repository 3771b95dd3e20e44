"""Work is kept behind the user's back, and offered again when the window was lost."""

from __future__ import annotations

import shutil
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QLockFile, QObject, QTimer, Signal

from spotscope import pipeline
from spotscope.model import ReadError, SpotscopeError
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.jobs._tasks import adopt_task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spotscope.model import Session, Task
    from spotscope.pipeline import Finding, KeptWork
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.jobs._tasks import Opened

    #: What a folder keeps: the session, the view, and what was asked.
    Now = tuple[Session | None, Mapping[str, Any], tuple[Finding, ...]]

__all__ = ["AutosaveDesk", "kept_folder"]

#: How often is looked whether there is something new to keep.
EVERY_MS = 3000
#: Work that nobody wanted back for so long is thrown away.
_FORGOTTEN_S = 30 * 24 * 3600
_LOCK = "in-use.lock"


def kept_folder() -> Path:
    """Where work is kept, a folder each."""
    return pipeline.user_cache().parent / "kept"


class AutosaveDesk(QObject):
    """Keeps the session whenever it or the view has changed and nothing runs.

    ``found(KeptWork)`` when there is work of a window that is gone, ``kept()`` after each keeping.
    A folder is locked by the window that writes to it: two windows never share one, and one whose
    lock is free belongs to nobody any more.
    """

    found = Signal(object)
    kept = Signal()

    def __init__(
        self,
        workbench: Workbench,
        view: Callable[[], Mapping[str, Any]],
        findings: Callable[[], tuple[Finding, ...]],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bench, self._view, self._findings = workbench, view, findings
        self._saver: pipeline.Autosaver | None = None
        self._sample: tuple[str, dict[str, Any]] | None = None
        self._lock: QLockFile | None = None
        self._done: Now = None, {}, ()
        self._doing: Now = None, {}, ()
        self._offered: tuple[KeptWork, QLockFile] | None = None
        self._runner = Runner(self)
        self._runner.succeeded.connect(self._on_kept)
        self._timer = QTimer(self, interval=EVERY_MS)
        self._timer.timeout.connect(self.keep)
        self._timer.start()
        workbench.saved.connect(lambda _: self._on_saved())

    @property
    def busy(self) -> bool:
        """Whether something is being written."""
        return self._runner.running is not None

    @property
    def up_to_date(self) -> bool:
        """Whether everything is kept as it is now."""
        return _same(self._done, self._now())

    @property
    def offered(self) -> KeptWork | None:
        """Work that can be had again."""
        return self._offered[0] if self._offered is not None else None

    def look(self) -> None:
        """Look for work of windows that are gone, and offer the newest."""
        newest: tuple[KeptWork, QLockFile] | None = None
        for folder in kept_folder().glob("*"):
            work = pipeline.kept_work(folder)
            lock = QLockFile(str(folder / _LOCK))
            if not folder.is_dir() or not lock.tryLock(0):
                continue
            stale = time.time() - folder.stat().st_mtime > _FORGOTTEN_S
            if work is None or stale:
                lock.unlock()
                shutil.rmtree(folder, ignore_errors=True)
            elif newest is None or work.when > newest[0].when:
                if newest is not None:
                    newest[1].unlock()
                newest = work, lock
            else:
                lock.unlock()
        self._offered = newest
        if newest is not None:
            self.found.emit(newest[0])

    def restore(self) -> None:
        """Open the work that is offered; it stays kept until it is saved or kept anew."""
        if self._offered is not None:
            folder = self._offered[0].folder
            self._bench.come_back(lambda: restore_task(folder))

    def discard(self) -> None:
        """Throw away the work that is offered."""
        if self._offered is not None:
            work, lock = self._offered
            lock.unlock()
            shutil.rmtree(work.folder, ignore_errors=True)
            self._offered = None

    def keep(self) -> None:
        """Keep what is new, unless something runs; it is asked again soon."""
        session = self._bench.session
        if session is None or self._bench.busy or self.busy:
            return
        now = self._now()
        if not _is_work(session, *now[1:]) or _same(self._done, now):
            return
        sample = session.sample.name, dict(session.sample.opened)
        if sample != self._sample:  # what was not saved of another sample stays where it is
            self._let_go()
            self._sample = sample
        if self._saver is None:
            folder = kept_folder() / uuid.uuid4().hex[:12]
            folder.mkdir(parents=True)
            self._lock = QLockFile(str(folder / _LOCK))
            self._lock.tryLock(0)
            self._saver = pipeline.Autosaver(folder)
        self._doing, saver = now, self._saver
        self._runner.latest("keep", lambda: saver.keep(replace(session, view=now[1]), now[2]))

    def close(self) -> None:
        """Stop; what is kept and was not saved stays for the next window."""
        self._timer.stop()
        self._runner.close()
        self._let_go()
        if self._offered is not None:
            self._offered[1].unlock()

    def _now(self) -> Now:
        return self._bench.session, dict(self._view()), self._findings()

    def _let_go(self) -> None:
        """Keep no more in the folder of this moment: it is the next window's to find."""
        self._saver = None
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def _on_kept(self, _name: str, _path: Path) -> None:
        self._done = self._doing
        if self.offered is not None:  # it has been restored: from now on this window keeps it
            self.discard()
        self.kept.emit()

    def _on_saved(self) -> None:
        """What is in a folder of the user's need not be kept here."""
        self._done = self._now()
        if self._saver is not None and not self.busy:
            saver = self._saver
            self._let_go()
            saver.forget()


def restore_task(folder: Path) -> Task[Opened]:
    """Open kept work, with its reference and fit where they are still to be had."""
    session = yield from pipeline.restore_work(folder)
    reference = None
    if "type" in session.records:
        try:
            reference = yield from pipeline.reference_of(session)
        except SpotscopeError:  # typed all the same: only a new fit needs it
            reference = None
    opened = yield from adopt_task(session, reference)
    fitted = pipeline.find_fitted(session)
    path = session.sample.opened.get("path")
    source = Path(str(path)) if path is not None and session.sample.spots is not None else None
    try:
        findings = pipeline.read_findings(folder)
    except ReadError:  # they are asked again; all else is whole
        findings = ()
    return replace(opened, fitted=fitted, source=source, asked=findings)


def _is_work(session: Session, view: Mapping[str, Any], findings: tuple[Finding, ...]) -> bool:
    """Whether more was done than opening a sample: that is done again in a moment."""
    return bool(session.records or session.edits.done or view.get("regions") or findings)


def _same(one: Now, other: Now) -> bool:
    return one[0] is other[0] and one[1:] == other[1:]
