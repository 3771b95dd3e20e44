"""The list of nuclei to look at, one after the other; and the numbers beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

from spotscope.model import Edit, EditKind
from spotscope.widgets.canvas._framing import set_camera, view_box
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.nuclei._qc_review import about_nucleus, polygon_of
from spotscope.widgets.nuclei._qc_tasks import list_task

if TYPE_CHECKING:
    from spotscope.model import StarConvex
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.nuclei._qc_panel import CheckPanel
    from spotscope.widgets.nuclei._qc_tasks import Listed
    from spotscope.widgets.nuclei._qc_tools import CheckTools

__all__ = ["Reviewer"]

#: What is counted and ranked follows when the hand has rested for so long.
_REST_MS = 300
#: A nucleus that is looked at is shown with this much around it.
_AROUND_UM = 90.0
#: And no nearer than this: pixels of the canvas that one of the slide's is drawn over.
_LARGEST_PX = 4.0


class Reviewer(QObject):
    """Goes from nucleus to nucleus; ``judged(Edit)`` when one was accepted or deleted."""

    judged = Signal(object)

    def __init__(
        self,
        workbench: Workbench,
        canvas: Canvas,
        panel: CheckPanel,
        tools: CheckTools,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._panel, self._tools = workbench, canvas, panel, tools
        self._review: list[int] = []
        #: labels that were passed over: they come again after all others
        self._passed: list[int] = []
        #: whether the first is gone to as soon as they are listed
        self._begins = False
        #: of the nucleus that is looked at
        self.label: int | None = None
        self._lists = Runner(self)
        self._soon = QTimer(self, singleShot=True, interval=_REST_MS)
        panel.next_requested.connect(self.show_next)
        panel.accept_requested.connect(self.accept)
        panel.delete_requested.connect(self.delete)
        panel.opened.connect(self.follow)
        self._soon.timeout.connect(self._ask_list)
        self._lists.succeeded.connect(self._on_listed)
        self._listed: Listed | None = None
        for seen in self._seen():
            seen.connect(self._on_seen)

    @property
    def busy(self) -> bool:
        """Whether something is being counted."""
        return self._lists.running is not None or bool(self._soon.isActive())

    def follow(self) -> None:
        """Count and rank the nuclei of this moment, soon."""
        if self._listed is not None and self._listed.session is not self._bench.session:
            self._listed = None  # it would keep all that the session before held
        self._soon.start()

    def reset(self) -> None:
        """Forget what was looked at."""
        self.label, self._passed, self._listed = None, [], None
        self._begins = False

    def close(self) -> None:
        """Stop, and hear nothing more of the viewer."""
        self._soon.stop()
        self._lists.close()
        self._listed = None
        for seen in self._seen():
            seen.disconnect(self._on_seen)

    def show_next(self) -> None:
        """Go to the nucleus that is most worth a look."""
        nuclei = self._nuclei()
        if nuclei is None:
            return
        if self._listed is None:  # by its key, before it was unfolded
            self._panel.correct.unfold(True)
            self._begins = True
            self.follow()
            return
        if self.label in self._review:
            self._review.remove(self.label)
            self._review.append(self.label)
            self._passed.append(self.label)
        self.label = self._review[0] if self._review else None
        self.mark(go=True)

    def accept(self) -> None:
        """The nucleus looked at is right; go on."""
        row, nuclei = self._chosen()
        if row is not None and nuclei is not None:
            corners = polygon_of(nuclei, row)
            self._judge(Edit.of(EditKind.ACCEPT, nuclei.yx_um[row], corners))

    def delete(self) -> None:
        """The nucleus looked at is none; go on."""
        row, nuclei = self._chosen()
        if row is not None and nuclei is not None:
            self._judge(Edit.of(EditKind.DELETE, nuclei.yx_um[row]))

    def _judge(self, edit: Edit) -> None:
        if self.label in self._review:
            self._review.remove(self.label)
        self.judged.emit(edit)
        self.label = None
        self.show_next()

    def _chosen(self) -> tuple[int | None, StarConvex | None]:
        nuclei = self._nuclei()
        if nuclei is None or self.label is None:
            return None, nuclei
        row = int(nuclei.rows_of(np.array([self.label]))[0])
        return (row if row >= 0 else None), nuclei

    def mark(self, *, go: bool = False) -> None:
        """Outline the nucleus looked at, say what it is, and move there."""
        row, nuclei = self._chosen()
        session = self._bench.session
        about = about_nucleus(session, row) if session is not None and row is not None else ""
        self._panel.show_review(len(self._review), about, chosen=row is not None)
        if nuclei is None:
            return
        if row is not None and go:
            viewer = self._canvas.viewer
            y, x = nuclei.yx_um[row]
            closer = max(float(viewer.scene.camera.zoom), self._close(min(viewer.canvas.size)))
            set_camera(viewer, {"center": (0.0, y, x), "zoom": closer})
        self._tools.show([] if row is None else [polygon_of(nuclei, row)])

    def _close(self, canvas_px: float) -> float:
        """Zoom that shows a nucleus and what is around it, but no mosaic of the slide's pixels."""
        session = self._bench.session
        slide = session.sample.slide if session is not None else None
        nearest = canvas_px / _AROUND_UM
        return nearest if slide is None else min(nearest, _LARGEST_PX / slide.mpp)

    @property
    def _unfolded(self) -> bool:
        return bool(self._panel.correct.head.isChecked() or self._panel.numbers.head.isChecked())

    def _seen(self) -> tuple[Any, ...]:
        """Events after which the canvas shows another part of the slide."""
        viewer = self._canvas.viewer
        camera = viewer.scene.camera.events
        return camera.center, camera.zoom, viewer.canvas.events.size

    def _on_seen(self, _event: Any = None) -> None:
        if self._panel.numbers.head.isChecked():
            self._soon.start()

    def _ask_list(self) -> None:
        session = self._bench.session
        if session is not None and session.nuclei is not None and self._unfolded:
            view, before = view_box(self._canvas.viewer), self._listed
            self._lists.latest("list", lambda: list_task(session, view, before))

    def _on_listed(self, _name: str, listed: Listed) -> None:
        session = self._bench.session
        if session is None or session.nuclei is None:
            return
        if listed.session is not session:  # what follows a correction came meanwhile
            self.follow()
            return
        self._listed = listed
        self._panel.show_numbers(listed.slide, listed.view, listed.unmeasured)
        worth = session.nuclei.label_id[listed.review].tolist()
        last = [label for label in dict.fromkeys(self._passed) if label in worth]
        self._review = [label for label in worth if label not in last] + last
        if self._begins:
            self._begins = False
            self.show_next()
        else:
            self.mark()

    def _nuclei(self) -> StarConvex | None:
        session = self._bench.session
        return session.nuclei if session is not None else None
