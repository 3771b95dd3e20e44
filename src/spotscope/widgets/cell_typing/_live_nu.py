"""ν in a moving hand: colours at once, tables when the hand rests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer

from spotscope.widgets.jobs._tasks import recolour_task, retype_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.methods.cell_typing import FittedTyping
    from spotscope.model import Session, Task
    from spotscope.widgets.jobs._runner import Runner

    Source = Callable[[], tuple[Session | None, FittedTyping | None]]

__all__ = ["LiveNu"]

#: The hand rests this long before the tables follow the colours.
REST_MS = 200


class LiveNu(QObject):
    """Asks a runner for ``"nu"`` (colours) and later for ``"settle"`` (tables).

    Parameters
    ----------
    runner
        Runs both, one after the other.
    source
        The session and the fit of this moment.
    """

    def __init__(self, runner: Runner, source: Source, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner, self._source = runner, source
        #: ν of the colours, as long as the tables have not followed
        self.loose: float | None = None
        #: ν that the hand asked for last, as long as there are no tables of it
        self.wanted: float | None = None
        #: ν of the tables that were asked for last
        self._settling: float | None = None
        self._at_rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._at_rest.timeout.connect(self._settle)

    @property
    def waits(self) -> bool:
        """Whether tables will be asked for in a moment."""
        return bool(self._at_rest.isActive())

    def ask(self, nu: float | None) -> None:
        """Ask for colours; of values that come faster than answers the newest is taken.

        None: the ν that predicts held-out counts best.
        """
        session, fitted = self._source()
        if session is not None and fitted is not None:
            wanted = self.wanted = fitted.auto_nu if nu is None else nu
            self._at_rest.start()
            self._runner.latest("nu", lambda: self._begun(recolour_task, fitted, wanted))

    def shown(self, nu: float) -> None:
        """Colours of this ν are shown."""
        self.loose = nu
        self.wanted = nu if self.wanted is None else self.wanted

    def settled(self, nu: float) -> None:
        """Tables of this ν are there; those of the colours, unless the hand has moved on."""
        if self.loose == nu:
            self.loose = None
        if self.wanted in (nu, self._settling):
            self.wanted = None

    def forget(self) -> None:
        """There is nothing to settle any more."""
        self.loose = self.wanted = None
        self.pause()

    def stop(self) -> None:
        """The newest was not to be; colours that are shown stay."""
        self.wanted = self.loose
        self.pause()

    def pause(self) -> None:
        """Ask for nothing, until :meth:`go_on`."""
        self._at_rest.stop()

    def go_on(self) -> None:
        """Ask for tables soon, if colours are ahead of them, or were not made for a run's sake."""
        if self.wanted is not None and not self.waits:
            self._at_rest.start()

    def _settle(self) -> None:
        session, fitted = self._source()
        nu = self._settling = self.wanted
        if session is not None and fitted is not None and nu is not None:
            self._runner.latest("settle", lambda: self._begun(retype_task, fitted, nu))

    def _begun(
        self,
        task: Callable[[Session, FittedTyping, float], Task[Any]],
        asked: FittedTyping,
        nu: float,
    ) -> Task[Any]:
        """Of the session of this moment: nuclei may have been corrected while it waited."""
        session, fitted = self._source()
        if session is None or fitted is not asked:
            return _nothing()  # nuclei or types were found anew
        return task(session, fitted, nu)


def _nothing() -> Task[None]:
    yield from ()
