"""Keys of the review: on the dock always, on the canvas while nuclei are being corrected.

N next, A accept, D delete. On the canvas they are bound to this viewer alone, and given back as
soon as the fold is closed: a layer's own keys come before a viewer's, so they are not touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Qt
from qtpy.QtGui import QKeySequence, QShortcut

from spotscope.widgets.dock._key_map import on_canvas

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import napari
    from qtpy.QtWidgets import QWidget

__all__ = ["CheckKeys"]


class CheckKeys(QObject):
    """Binds keys to acts.

    Parameters
    ----------
    dock
        Where they act whenever it has the keyboard.
    viewer
        Where they act between :meth:`begin` and :meth:`end`.
    acts
        By key as Qt writes it.
    """

    def __init__(
        self,
        dock: QWidget,
        viewer: napari.viewer.Viewer,
        acts: Mapping[str, Callable[[], object]],
    ) -> None:
        super().__init__(dock)
        self._viewer, self._acts = viewer, dict(acts)
        #: what somebody else had bound there, while ours are
        self._before: dict[str, Any] | None = None
        for key, act in acts.items():
            shortcut = QShortcut(QKeySequence(key), dock)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    def begin(self) -> None:
        """Let the keys act on the canvas."""
        if self._before is None:
            self._before = {
                key: self._viewer.bind_key(on_canvas(key), _ignoring(act), overwrite=True)
                for key, act in self._acts.items()
            }

    def end(self) -> None:
        """Give the keys back."""
        if self._before is not None:
            for key, act in self._before.items():
                self._viewer.bind_key(on_canvas(key), act, overwrite=True)
            self._before = None


def _ignoring(act: Callable[[], object]) -> Callable[[Any], None]:
    def on_key(_viewer: Any) -> None:
        act()

    return on_key
