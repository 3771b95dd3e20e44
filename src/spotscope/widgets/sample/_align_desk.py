"""What the alignment meter asks, answered: measuring, nudging, landmarks, moving for good."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Qt, QTimer
from qtpy.QtWidgets import QPushButton

from spotscope import pipeline
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.model import Landmarks, MethodError, ParamsError, Transform, fit_landmarks
from spotscope.widgets.canvas._clicks import ClickCatcher
from spotscope.widgets.dock._requests import sentence
from spotscope.widgets.dock._state import Mark
from spotscope.widgets.jobs._progress_row import ProgressRow
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.parts._card import line, say
from spotscope.widgets.parts._fold import Fold
from spotscope.widgets.sample._align_moves import SpotsMover
from spotscope.widgets.sample._align_panel import KINDS, AlignPanel
from spotscope.widgets.sample._align_words import meter_words, turn_offered
from spotscope.widgets.sample._landmarks import draw_landmarks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from qtpy.QtWidgets import QWidget

    from spotscope.methods.alignment import ShiftFound, TurnFound
    from spotscope.model import Session
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.sample._landmarks import Point
    from spotscope.widgets.sample._sample_card import SampleCard

    Pair = tuple[Point, Point]

__all__ = ["AlignDesk"]


class AlignDesk(QObject):
    """Coordinates the alignment meter with the workbench and the canvas.

    A nudge or landmarks move the drawn spots at once; nothing is told anew until it is applied.
    """

    def __init__(
        self,
        workbench: Workbench,
        canvas: Canvas,
        card: SampleCard,
        view: Callable[[], Mapping[str, Any]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._type_again)
        self._bench, self._canvas = workbench, canvas
        self._card = card
        #: by which the drawn spots are moved, and not yet those of the session
        self.pending = Transform()
        self.pairs: list[Pair] = []
        self.found: ShiftFound | TurnFound | None = None
        self._half: Point | None = None
        #: how cells are typed again: once the spots have moved, and as soon as the window is free
        self._again: CellTypingParams | None = None
        self._soon: CellTypingParams | None = None
        self.meter = line()
        self.back = QPushButton()
        self.panel = AlignPanel()
        self.fold = Fold("Move the spots", self.panel)
        self._runner = Runner(self)
        self.progress = ProgressRow(self._runner, patience=1.0)
        self.progress.cancelled.connect(lambda: say(self.meter, "Alignment: not measured."))
        for widget in (self.meter, self.progress, self.back, self.fold):
            card.add(widget)
            widget.hide()
        card.body_layout.setAlignment(self.back, Qt.AlignmentFlag.AlignLeft)
        self._kind = self.panel.kind.currentData()
        self._mover = SpotsMover(workbench, view, self._keep_typing)
        self._clicks = ClickCatcher(canvas, self)
        self._connect()

    def _connect(self) -> None:
        panel = self.panel
        self._runner.succeeded.connect(lambda _name, found: self.show_found(found))
        self._runner.failed.connect(self._on_failed)
        self._clicks.clicked.connect(self.mark)
        self.back.clicked.connect(lambda: self._put_back())
        panel.measure_requested.connect(self.measure)
        panel.nudged.connect(self.nudge)
        panel.landmarks_toggled.connect(self._on_landmarks_toggled)
        panel.kind_changed.connect(self._on_kind_changed)
        panel.forget_requested.connect(self.forget)
        panel.apply_requested.connect(self.apply)
        panel.reset_requested.connect(self._on_reset_requested)
        self._bench.session_opened.connect(self._on_session_opened)
        self._bench.facts_changed.connect(lambda _facts: self._on_facts_changed())

    @property
    def busy(self) -> bool:
        """Whether the shift is being measured, or cells are about to be typed again."""
        return self._runner.running is not None or self._soon is not None

    def close(self) -> None:
        """Stop, and give the mouse back."""
        self._again = self._soon = None
        self._clicks.end()
        self._runner.close()

    # the meter ------------------------------------------------------------------------------

    def measure(self) -> None:
        """Ask expression and stain whether the image is turned, or how far the spots are off."""
        session = self._bench.session
        if session is not None and _has_both(session):
            say(self.meter, "Alignment: measuring…")
            self._runner.latest("measure", lambda: pipeline.measure_position(session))

    def show_found(self, found: ShiftFound | TurnFound) -> None:
        """Say how far the spots are off, with the way out where they are."""
        words, tip, way_out = meter_words(found)
        say(self.meter, words)
        self.meter.setToolTip(tip)
        self.back.setText(way_out)
        self._keep(found)
        self._show_sign()

    def _on_facts_changed(self) -> None:
        if self._bench.running is None:
            self._again = None  # the move was cancelled, or failed
        self._show_sign()

    def _show_sign(self) -> None:
        """Ask to be looked at, as long as the spots are off; the card itself says all else."""
        if self.found is not None and self.found.is_off:
            self._card.sign.show_mark(Mark.LOOK)

    def _keep(self, found: ShiftFound | TurnFound | None) -> None:
        self.found = found
        self.back.setVisible(found is not None and found.is_off)
        self._card.offer_turn(turn_offered(found))

    def _on_failed(self, _name: str, error: Exception) -> None:
        self._keep(None)
        # too few spots to tell is no trouble of the user's
        quiet = isinstance(error, MethodError)
        say(self.meter, f"Alignment: {error}" if quiet else f"▲ {sentence(error)}")

    # moving ---------------------------------------------------------------------------------

    def nudge(self, down_um: float, right_um: float) -> None:
        """Move the drawn spots on."""
        step = Transform.shift(down_um, right_um)
        said = f"spots nudged {step.describe((0.0, 0.0))}"
        self._do(said, self.pending.then(step), self.pairs)

    def forget(self) -> None:
        """Put the drawn spots back, and forget the landmarks."""
        self._half = None
        self._do("nudges and landmarks forgotten", Transform(), [])

    def mark(self, y: float, x: float) -> None:
        """Take a click: in turn a place on the spots as they are drawn, and one on the image."""
        if self._half is None:
            self._half = (y, x)
            self._show()
            return
        source = self.pending.inverse()(self._half)
        pairs = [*self.pairs, ((float(source[0]), float(source[1])), (y, x))]
        self._half = None
        self._do(f"landmark {len(pairs)} set", self._fitted(pairs), pairs)

    def _do(self, said: str, pending: Transform, pairs: list[Pair]) -> None:
        """Have the drawn spots elsewhere, or other landmarks, and let it be taken back."""
        kind = self.panel.kind.currentData()
        before, after = (self.pending, self.pairs, self._kind), (pending, pairs, kind)
        changed = pending != self.pending or pairs != self.pairs or kind != self._kind
        self._have(*after)
        if changed:
            self._bench.deeds.did(said, partial(self._have, *before), partial(self._have, *after))

    def _have(self, pending: Transform, pairs: list[Pair], kind: str) -> None:
        self.pending, self.pairs, self._half = pending, list(pairs), None
        self._kind = kind
        self.panel.show_kind(kind)
        self._show()

    def apply(self) -> None:
        """Move the spots of the session; cells that were typed are typed again."""
        session, moved = self._bench.session, self.pending
        if session is None or moved.is_identity:
            return
        self._keep_typing()
        self._mover.move(moved, partial(self._have, moved, self.pairs, self._kind))

    def _keep_typing(self) -> None:
        """Have cells typed as they are now, once the spots lie elsewhere."""
        session = self._bench.session
        record = session.records.get("type") if session is not None else None
        if record is not None and self._bench.reference is not None:
            known = {k: v for k, v in record.params.items() if k in CellTypingParams.model_fields}
            self._again = CellTypingParams.model_validate(known)

    def _put_back(self) -> None:
        session = self._bench.session
        if self.found is not None and session is not None:
            self._have(pipeline.way_back(self.found, session.sample), [], self._kind)
            self.apply()

    def _on_reset_requested(self) -> None:
        session = self._bench.session
        if session is not None and session.sample.alignment is not None:
            self._have(session.sample.alignment.inverse(), [], self._kind)
            self.apply()

    def _on_landmarks_toggled(self, on: bool) -> None:
        (self._clicks.begin if on else self._clicks.end)()
        self._half = None
        self._show()

    def _on_kind_changed(self, kind: str) -> None:
        self._do(f"landmarks: {KINDS[kind].lower()}", self._fitted(self.pairs), self.pairs)

    def _fitted(self, pairs: list[Pair]) -> Transform:
        """The map of these landmarks; where there are too few, as the spots are drawn now."""
        fit, _ = self._landmarks(pairs)
        return self.pending if fit is None else fit.transform

    def _landmarks(self, pairs: list[Pair]) -> tuple[Landmarks | None, str]:
        """The map of the pairs, or why there is none; too few yet is no trouble."""
        kind: Any = self.panel.kind.currentData()
        if len(pairs) < (1 if kind == "shift" else 3):
            return None, ""
        places = np.array(pairs)
        try:
            return fit_landmarks(places[:, 0], places[:, 1], kind), ""
        except ParamsError as error:
            return None, str(error)

    # showing --------------------------------------------------------------------------------

    def _on_session_opened(self, session: Session) -> None:
        self._clicks.end()
        self._keep(None)
        both = _has_both(session)
        for widget in (self.meter, self.fold):
            widget.setVisible(both)
        say(self.meter, "")
        self._have(Transform(), [], self._kind)
        self._canvas.turns.then(self._show)  # as they are to be drawn when they are there
        if both:
            self._canvas.turns.then(self.measure)
        self._soon, self._again = self._again, None
        if self._soon is not None:
            self._later.start()

    def _type_again(self) -> None:
        params, self._soon = self._soon, None
        if params is not None:
            self._bench.type_cells(params)

    def _show(self) -> None:
        session = self._bench.session
        spots = session.sample.spots if session is not None else None
        if session is None or spots is None:
            self.panel.show_pending("", can_apply=False, can_reset=False)
            return
        layer = self._canvas.stack.get("spots")
        if layer is not None:
            affine = np.eye(3)
            affine[:2, :2], affine[:2, 2] = self.pending.matrix, self.pending.offset_um
            if not np.allclose(np.asarray(layer.affine.affine_matrix)[-3:, -3:], affine):
                layer.affine = affine
        said, moved = [], session.sample.alignment
        if moved is not None:
            said.append(f"Moved {moved.describe(spots.yx_um.mean(axis=0))}.")
        if not self.pending.is_identity:
            words = self.pending.describe(spots.yx_um.mean(axis=0))
            again = "; types are told anew" if "type" in session.records else ""
            said.append(f"To be applied: {words}{again}.")
        self.panel.show_pending(
            " ".join(said),
            can_apply=not self.pending.is_identity,
            can_reset=moved is not None,
        )
        fit, trouble = self._landmarks(self.pairs)
        names = [f"Landmark {number}" for number in range(1, len(self.pairs) + 1)]
        waits, on = self._half is not None, self._clicks.active
        self.panel.show_landmarks(names, fit, trouble, waits, on)
        draw_landmarks(self._canvas, session.sample.name, self.pairs, self.pending)


def _has_both(session: Session) -> bool:
    return session.sample.slide is not None and session.sample.spots is not None
