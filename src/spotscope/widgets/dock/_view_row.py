"""What helps the eye and the hand: the card at the mouse, whose eyes, napari's panels, keys."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QToolButton, QWidget

from spotscope.layers import Eyes
from spotscope.widgets.parts._dress import Rank, give_rank

__all__ = ["ViewRow"]


class ViewRow(QWidget):
    """``hover_toggled(on)``, ``eyes_chosen(Eyes)``, ``panels_toggled(on)``, ``keys_requested``."""

    hover_toggled = Signal(bool)
    eyes_chosen = Signal(object)
    panels_toggled = Signal(bool)
    keys_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hover = QCheckBox("Card at mouse")
        self.hover.setChecked(True)
        self.hover.setToolTip("Say what is under the mouse while it moves over the slide")
        self.eyes = QComboBox()
        self.eyes.setAccessibleName("Colours as seen by")
        self.eyes.setToolTip(
            "Colours of cells, spots and legend as eyes without one kind of cones see them; the "
            "image stays as it is"
        )
        for eyes in Eyes:
            self.eyes.addItem(str(eyes), eyes)
        self.eyes.setMinimumContentsLength(1)  # it takes the room that is left
        self.eyes.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.panels = QToolButton()
        self.panels.setText("Layers")
        self.panels.setCheckable(True)
        self.panels.setToolTip("Show or hide napari's list and controls of layers, on the left")
        give_rank(self.panels, Rank.BUTTON)
        self.keys = QToolButton()
        give_rank(self.keys, Rank.BUTTON)
        self.keys.setText("?")
        self.keys.setToolTip("Keys (F1)")
        self.keys.setAccessibleName("Sheet of keys")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.hover)
        layout.addWidget(self.eyes, 1)
        layout.addWidget(self.panels)
        layout.addWidget(self.keys)
        self.panels.clicked.connect(self.panels_toggled)
        self.hover.clicked.connect(self.hover_toggled)
        self.eyes.activated.connect(lambda _: self.eyes_chosen.emit(Eyes(self.eyes.currentData())))
        self.keys.clicked.connect(lambda: self.keys_requested.emit())
