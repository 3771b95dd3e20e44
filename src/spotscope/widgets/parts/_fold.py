"""A part of a card that stays folded until it is asked for."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

__all__ = ["Fold"]


class Fold(QWidget):
    """A title with an arrow, and under it, once unfolded, a widget."""

    def __init__(self, title: str, inner: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = QToolButton()
        self.head.setText(title)
        self.head.setToolTip(f"Show or hide: {title}")
        self.head.setCheckable(True)
        self.head.setAutoRaise(True)
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.inner = inner
        inner.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.head, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(inner)
        self.head.toggled.connect(self.unfold)
        self.unfold(False)

    def unfold(self, shown: bool) -> None:
        """Show or hide the inner widget."""
        self.head.setChecked(shown)
        self.head.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self.inner.setVisible(shown)
