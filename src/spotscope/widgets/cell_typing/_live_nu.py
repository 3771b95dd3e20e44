"""ν in a moving hand: colours at once, tables when the hand rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer

from spotscope.widgets.jobs._tasks import recolour_task, retype_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.methods.cell_typing import FittedTyping
    from spotscope.model import Session
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
        self._at_rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._at_rest.timeout.connect(self._settle)

    @property
    def waits(self) -> bool:
        """Whether tables will be asked for in a moment."""
        return bool(self._at_rest.isActive())

    def ask(self, nu: float) -> None:
        """Ask for colours; of values that come faster than answers the newest is taken."""
        session, fitted = self._source()
        if session is not None and fitted is not None:
            self._at_rest.start()
            self._runner.latest("nu", lambda: recolour_task(session, fitted, nu))

    def shown(self, nu: float) -> None:
        """Colours of this ν are shown."""
        self.loose = nu

    def settled(self, nu: float) -> None:
        """Tables of this ν are there; those of the colours, unless the hand has moved on."""
        if self.loose == nu:
            self.loose = None

    def forget(self) -> None:
        """There is nothing to settle any more."""
        self.loose = None
        self.pause()

    def pause(self) -> None:
        """Ask for nothing, until :meth:`go_on`."""
        self._at_rest.stop()

    def go_on(self) -> None:
        """Ask for tables soon, if the colours are ahead of them."""
        if self.loose is not None and not self.waits:
            self._at_rest.start()

    def _settle(self) -> None:
        session, fitted = self._source()
        nu = self.loose
        if session is not None and fitted is not None and nu is not None:
            self._runner.latest("settle", lambda: retype_task(session, fitted, nu))
