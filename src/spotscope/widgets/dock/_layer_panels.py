"""napari's panels on the left: put away where the slide needs room, back at a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtWidgets import QDockWidget, QMainWindow

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

__all__ = ["ROOMY_PX", "LayerPanels"]

#: A window of our own that is narrower than this opens without them.
ROOMY_PX = 1700
_NAMES = ("layer list", "layer controls")


class LayerPanels(QObject):
    """Finds the panels in the window a dock is in; ``shown_changed(on)`` however they went."""

    shown_changed = Signal(bool)

    def __init__(self, dock: QWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self._watched: list[QDockWidget] = []
        dock.installEventFilter(self)

    @property
    def panels(self) -> list[QDockWidget]:
        """The panels that are there."""
        found = self._dock.window().findChildren(QDockWidget)
        return [panel for panel in found if panel.objectName() in _NAMES]

    @property
    def shown(self) -> bool:
        """Whether any of them is seen."""
        return any(panel.isVisible() for panel in self.panels)

    def show(self, on: bool) -> None:
        """Show or hide them."""
        panels, window = self.panels, self._dock.window()
        for panel in panels:
            panel.setVisible(on)
        if on and isinstance(window, QMainWindow):  # else the list comes back one row high
            shares = [3 if panel.objectName() == _NAMES[0] else 2 for panel in panels]
            window.resizeDocks(panels, shares, Qt.Orientation.Vertical)

    def close(self) -> None:
        """Watch nothing any more."""
        for watched in (self._dock, *self._watched):
            try:
                watched.removeEventFilter(self)
            except RuntimeError:  # Qt has deleted it already
                continue
        self._watched = []

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Notice that a panel comes or goes, and that the dock has come into a window."""
        kind = None if event is None else event.type()
        if kind == QEvent.Type.Show and watched is self._dock:
            self._watch()
        elif kind in (QEvent.Type.Show, QEvent.Type.Hide) and watched is not self._dock:
            self.shown_changed.emit(self.shown)
        return False

    def _watch(self) -> None:
        for panel in self.panels:
            if panel not in self._watched:
                panel.installEventFilter(self)
                self._watched.append(panel)
        self.shown_changed.emit(self.shown)
