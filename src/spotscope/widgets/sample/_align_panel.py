"""The alignment meter: how far the spots are off, buttons that move them, and landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from spotscope.widgets.parts._card import line, say
from spotscope.widgets.parts._dress import Rank, give_rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QKeyEvent

    from spotscope.model import Landmarks

__all__ = ["KINDS", "AlignPanel"]

#: What each kind of map lets the spots do.
KINDS = {
    "similarity": "Move, turn, resize",
    "affine": "Move, turn, resize, skew",
    "shift": "Move",
}

_ARROWS = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}
#: In the order they stand in.
_SIGNS = {
    (0, -1): ("←", "left"),
    (-1, 0): ("↑", "up"),
    (1, 0): ("↓", "down"),
    (0, 1): ("→", "right"),
}


class AlignPanel(QWidget):
    """Shows what moves the spots.

    Requests: ``measure_requested``, ``nudged(down, right)`` in µm, ``landmarks_toggled(on)``,
    ``kind_changed(name)``, ``forget_requested``, ``apply_requested``, ``reset_requested``. The
    arrow keys nudge while it has the keyboard. Says ``move_waits(bool)``: whether the spots are
    drawn elsewhere than they are until that is applied.
    """

    measure_requested = Signal()
    nudged = Signal(float, float)
    landmarks_toggled = Signal(bool)
    forget_requested = Signal()
    apply_requested = Signal()
    reset_requested = Signal()
    kind_changed = Signal(str)
    move_waits = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Place of the spots")
        self.setAccessibleDescription("The arrow keys move the spots")
        self.moved = line()
        self.measure = QPushButton("Measure")
        self.measure.setToolTip("Ask the counts and the stain how far the spots are off")
        self.step = QDoubleSpinBox()
        self.step.setRange(1, 500)
        self.step.setDecimals(0)
        self.step.setValue(10)
        self.step.setSuffix(" µm")
        self.step.setAccessibleName("Step of a nudge")
        self.step.setToolTip("How far one arrow moves the spots")
        self.landmarks = QPushButton("Landmarks…")
        self.landmarks.setCheckable(True)
        self.landmarks.setToolTip(
            "Click a place on the spots, then where it belongs on the image; three pairs or more"
        )
        self.kind = QComboBox()
        for name, words in KINDS.items():
            self.kind.addItem(words, name)
        self.kind.setAccessibleName("What the landmarks may do")
        self.kind.setToolTip("What the spots are let do to come to lie where the landmarks say")
        self.forget = QPushButton("Put back")  # as under the cards
        self.forget.setToolTip("Forget the landmarks and nudges that were not applied")
        self.forget.setAccessibleName("Forget landmarks and nudges")
        self.pairs = line()
        self.apply = QPushButton("Apply")
        self.apply.setToolTip("Move the spots; cell types and expression are then told anew")
        self.reset = QPushButton("As in the files")
        self.reset.setToolTip("Put the spots back to where their files say")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        arrows = QHBoxLayout()
        arrows.setSpacing(2)
        self.arrows: dict[tuple[int, int], QToolButton] = {}
        for way, (sign, word) in _SIGNS.items():
            button = QToolButton()
            button.setText(sign)
            give_rank(button, Rank.BUTTON)
            button.setToolTip(f"Nudge the spots {word} (arrow key)")
            button.setAccessibleName(f"Nudge {word}")
            arrows.addWidget(button)
            self.arrows[way] = button
        first, second, third = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        first.addLayout(arrows)
        first.addWidget(self.step)
        first.addStretch()
        first.addWidget(self.measure)
        for widget in (self.landmarks, self.kind):
            second.addWidget(widget)
        second.addStretch()
        third.addWidget(self.reset)
        third.addStretch()
        third.addWidget(self.forget)
        third.addWidget(self.apply)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addWidget(self.moved)
        layout.addLayout(first)
        layout.addLayout(second)
        layout.addWidget(self.pairs)
        layout.addLayout(third)

    def _connect(self) -> None:
        self.measure.clicked.connect(lambda: self.measure_requested.emit())
        self.landmarks.clicked.connect(self.landmarks_toggled)
        self.forget.clicked.connect(lambda: self.forget_requested.emit())
        self.apply.clicked.connect(lambda: self.apply_requested.emit())
        self.reset.clicked.connect(lambda: self.reset_requested.emit())
        self.kind.currentIndexChanged.connect(
            lambda _: self.kind_changed.emit(self.kind.currentData())
        )
        for way, button in self.arrows.items():
            button.clicked.connect(lambda _=False, way=way: self._nudge(way))

    def _nudge(self, way: tuple[int, int]) -> None:
        size = self.step.value()
        self.nudged.emit(way[0] * size, way[1] * size)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Nudge by the arrow keys."""
        way = None if event is None else _ARROWS.get(Qt.Key(event.key()))
        if way is None:
            super().keyPressEvent(event)
        else:
            self._nudge(way)

    def show_kind(self, kind: str) -> None:
        """Show which map landmarks are fitted by."""
        self.kind.blockSignals(True)
        self.kind.setCurrentIndex(self.kind.findData(kind))
        self.kind.blockSignals(False)

    def show_pending(self, said: str, *, can_apply: bool, can_reset: bool) -> None:
        """Say what is going to be applied, and offer to."""
        say(self.moved, said)
        self.apply.setEnabled(can_apply)
        self.forget.setEnabled(can_apply)
        self.measure.setEnabled(not can_apply)  # it would tell of the place they have, not of this
        self.reset.setVisible(can_reset)
        self.move_waits.emit(can_apply)

    def show_landmarks(
        self, names: Sequence[str], fit: Landmarks | None, trouble: str, waits: bool, on: bool
    ) -> None:
        """Say which landmarks there are, how far each is off, and what to click next."""
        self.landmarks.setChecked(on)
        lines = list(names)
        if fit is not None:
            lines = [
                f"{name}: {off:.1f} µm off"
                for name, off in zip(names, fit.residual_um, strict=True)
            ]
            lines.append(f"mean {fit.residual_um.mean():.1f} µm")
        if on:
            lines.append("now where it belongs on the image…" if waits else "a place on the spots…")
        say(self.pairs, "\n".join([*lines, *([f"▲ {trouble}"] if trouble else [])]))
