"""A monkey at the window: seeded random actions, each one a hand could do, on the real dock."""

from __future__ import annotations

import shutil
import sys
import threading
import time
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from monkey_office import OFFICE_ACTIONS, OfficeHands
from monkey_questions import QUESTION_ACTIONS, QuestionHands
from napari.layers._layer_actions import _duplicate_layer
from napari.utils.notifications import NotificationSeverity, notification_manager
from qtpy.QtCore import QPoint, Qt, qInstallMessageHandler
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

from spotscope.widgets.dock._state import Step
from spotscope.widgets.sample._reader import open_dock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import napari
    import pytest

LEFT = Qt.MouseButton.LeftButton
PLAIN, ALT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier
#: What Qt says at times under a virtual screen, and means nothing.
HARMLESS = (
    "propagateSizeHints",
    "XDG_RUNTIME_DIR",
    "Timestamp",
    "does not support",
    "libpng",
    "theme_",
)


@contextmanager
def troubles() -> Iterator[list[str]]:
    """Gather everything that goes wrong without stopping: exceptions, notices, words of Qt."""
    found: list[str] = []

    def from_qt(_kind: object, _context: object, text: str | None) -> None:
        if text and not any(word in text for word in HARMLESS):
            found.append(f"Qt: {text}")

    def from_napari(notice: object) -> None:
        if notice.severity >= NotificationSeverity.WARNING:
            found.append(f"napari: {notice.message}")

    def from_python(_kind: object, error: BaseException, _trace: object) -> None:
        found.append("".join(traceback.format_exception(error)))

    hook, thread_hook = sys.excepthook, threading.excepthook
    sys.excepthook = from_python
    threading.excepthook = lambda args: from_python(args.exc_type, args.exc_value, None)
    before = qInstallMessageHandler(from_qt)
    notification_manager.notification_ready.connect(from_napari)
    try:
        yield found
    finally:
        notification_manager.notification_ready.disconnect(from_napari)
        qInstallMessageHandler(before)
        sys.excepthook, threading.excepthook = hook, thread_hook


class Monkey(OfficeHands, QuestionHands):
    """Does random things to a window.

    Parameters
    ----------
    viewer
        A shown viewer.
    files
        By role: image, spots, reference; and what is no sample under any other role.
    folder
        For what is saved.
    seed
        Same seed, same actions; how far a run has got when the next comes is up to the machine.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        files: dict[str, Path],
        folder: Path,
        seed: int,
        patch: pytest.MonkeyPatch,
    ) -> None:
        self.viewer, self.files, self.folder = viewer, files, folder
        self.rng = np.random.default_rng(seed)
        self.done: list[str] = []
        #: how many actions were done on typed nuclei
        self.while_typed = 0
        self._asked: Path | None = None
        patch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(self._asked or ""), ""))
        patch.setattr(
            QFileDialog, "getOpenFileNames", lambda *_: ([str(self._asked)] * bool(self._asked), "")
        )
        patch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(self._asked or ""), ""))
        patch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(self._asked or ""))
        self.dock = open_dock(viewer)

    # the hand -------------------------------------------------------------------------------

    def act(self) -> str:
        """Do one thing, then let the window live for a moment."""
        actions: dict[str, float] = {
            "open_demo_files": 0.8,
            "open_wrong_file": 1.5,
            "open_reference": 2,
            "open_image_alone": 0.3,
            "open_spots_alone": 0.3,
            "find_nuclei": 5,
            "type_cells": 6,
            "cancel": 1.5,
            "drag_nu": 6,
            "type_nu": 2,
            "tick_auto": 2,
            "drag_probability": 4,
            "correct_nuclei": 4,
            "undo_redo": 3,
            "undo_by_hand": 4,
            "move_region": 1.5,
            "turn_look": 2,
            "change_settings": 2,
            "click_canvas": 6,
            "pan_canvas": 1,
            "put_spot_away": 1,
            "draw_region": 1.5,
            "press_region": 1.5,
            "type_gene": 5,
            "click_legend": 5,
            "toggle_part": 4,
            "rename_type": 2,
            "fade_or_mark": 2,
            "compare_looks": 3,
            "move_mouse": 4,
            "open_spot_further": 3,
            "plot_and_table": 2,
            "other_eyes": 1,
            "sheet_of_keys": 0.7,
            "toggle_outlines": 3,
            "fold_card": 2,
            "press_key": 2,
            "remove_layer": 1,
            "rename_layer": 1,
            "duplicate_layer": 0.7,
            "move_layer": 0.7,
            "delete_points": 0.5,
            "change_layer": 1,
            "turn_theme": 0.4,
            "turn_3d": 0.4,
            "save": 1.5,
            "open_saved": 1,
            "reopen_dock": 1,
            **OFFICE_ACTIONS,
            **QUESTION_ACTIONS,
        }
        names = list(actions)
        weights = np.fromiter(actions.values(), float)
        name = str(self.rng.choice(names, p=weights / weights.sum()))
        if self.dock.workbench.session is None and self.dock.workbench.running is None:
            name = "open_demo_files"
        self.done.append(name)
        self.while_typed += self.dock.workbench.facts.typed
        getattr(self, f"do_{name}")()
        for _ in range(int(self.rng.integers(1, 12))):
            QApplication.processEvents()
            QTest.qWait(int(self.rng.integers(0, 6)))
        return name

    def wait(self, done: Callable[[], bool], seconds: float = 600.0) -> None:
        """Let the window live until something is so."""
        end = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < end, "the window did not get there"
            QTest.qWait(5)

    def rest(self) -> None:
        """Wait until nothing runs."""
        self.wait(lambda: not self.dock.busy)

    def press(self, button: object) -> None:
        """Press a button, if a hand could."""
        if button.isVisible() and button.isEnabled():
            QTest.mouseClick(button, LEFT, PLAIN, QPoint(4, 4))

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def _some(self, things: list) -> object:
        return things[int(self.rng.integers(len(things)))] if things else None

    # opening and saving ---------------------------------------------------------------------

    def do_open_demo_files(self) -> None:
        roles = ("spots", "image", "reference") if self.chance(0.7) else ("spots", "image")
        self.dock.open_paths([self.files[role] for role in roles])

    def do_open_wrong_file(self) -> None:
        wrong = [path for role, path in self.files.items() if role.startswith("wrong")]
        self._asked = self._some(wrong)
        self.press(self.dock.sample_card.open_button)

    def do_open_image_alone(self) -> None:
        self._asked = self.files["image"]
        self.press(self.dock.sample_card.open_button)

    def do_open_spots_alone(self) -> None:
        self._asked = self.files["spots"]
        self.press(self.dock.sample_card.open_button)
        if self.chance(0.5):
            self.rest()
            self._asked = self.files["image"]
            self.press(self.dock.sample_card.image_button)

    def do_open_reference(self) -> None:
        self._asked = self.files["reference" if self.chance(0.7) else "wrong table"]
        self.press(self.dock.typing_card.reference_button)

    def do_save(self) -> None:
        self._asked = self.folder / "out"
        self.press(self.dock.explore_card.save_button)

    def do_open_saved(self) -> None:
        self._asked = self.folder / "out"
        self.press(self.dock.sample_card.folder_button)

    # steps ----------------------------------------------------------------------------------

    def do_find_nuclei(self) -> None:
        self.press(self.dock.nuclei_card.button)

    def do_type_cells(self) -> None:
        self.press(self.dock.typing_card.button)

    def do_cancel(self) -> None:
        for card in self.dock.cards.values():
            if card.button.text() == "Cancel":
                self.press(card.button)

    def do_drag_nu(self) -> None:
        slider = self.dock.typing_card.dial.slider
        if not slider.isVisible():
            return
        slider.setSliderDown(True)
        for _ in range(int(self.rng.integers(1, 8))):
            slider.setValue(int(self.rng.integers(0, 1001)))
            QTest.qWait(int(self.rng.integers(0, 20)))
        slider.setSliderDown(False)

    def do_type_nu(self) -> None:
        field = self.dock.typing_card.dial.number
        if field.isVisible():
            field.setFocus()
            field.selectAll()
            QTest.keyClicks(field, str(self._some(["0", "12.5", "1e5", "-3", "abc", ".", "100"])))
            QTest.keyClick(field, Qt.Key.Key_Return)

    def do_tick_auto(self) -> None:
        self.press(self.dock.typing_card.dial.auto)

    def do_drag_probability(self) -> None:
        slider = self.dock.nuclei_card.threshold.slider
        if slider.isVisible():
            for _ in range(int(self.rng.integers(1, 5))):
                slider.setValue(int(self.rng.integers(0, 101)))

    def do_correct_nuclei(self) -> None:
        panel, session = self.dock.nuclei_card.check, self.dock.workbench.session
        if session is None or session.nuclei is None or not panel.isVisible():
            return
        if not panel.correct.head.isChecked():
            panel.correct.head.click()
        tool = self._some(list(panel.tools))
        panel.tools[tool].click()
        size = self._canvas().size()
        x, y = (int(self.rng.integers(20, max(21, n - 60))) for n in (size.width(), size.height()))
        QTest.mousePress(self._canvas(), LEFT, PLAIN, QPoint(x, y))
        for dx, dy in ((0, 0), (25, 0), (25, 25), (0, 25))[: int(self.rng.integers(1, 5))]:
            QTest.mouseMove(self._canvas(), QPoint(x + dx, y + dy))
            QApplication.processEvents()
        QTest.mouseRelease(self._canvas(), LEFT, PLAIN, QPoint(x, y))
        if self.rng.random() < 0.7:
            panel.put_down()

    def do_undo_redo(self) -> None:
        panel = self.dock.nuclei_card.check
        buttons = (panel.undo, panel.redo, panel.next, panel.accept, panel.delete)
        for button in self.rng.choice(len(buttons), 3):
            if buttons[button].isEnabled() and buttons[button].isVisible():
                buttons[button].click()

    def do_undo_by_hand(self) -> None:
        keys = Qt.KeyboardModifier.ControlModifier
        if self.chance(0.4):
            keys |= Qt.KeyboardModifier.ShiftModifier
        where = self._canvas() if self.chance(0.5) else self.dock.explore_card
        for _ in range(int(self.rng.integers(1, 4))):
            QTest.keyClick(where, Qt.Key.Key_Z, keys)
        row = self.dock.office.undo
        self.press(row.undo if self.chance(0.6) else row.redo)

    def do_move_region(self) -> None:
        panel = self.dock.explore_card.regions
        self.press(panel.move_button)
        if not panel.move_button.isChecked():
            return
        start = self._place()
        QTest.mousePress(self._canvas(), LEFT, PLAIN, start)
        for _ in range(3):
            QTest.mouseMove(
                self._canvas(), start + QPoint(*map(int, self.rng.integers(-40, 40, 2)))
            )
            QApplication.processEvents()
        QTest.mouseRelease(self._canvas(), LEFT, PLAIN, start)
        if self.chance(0.7):
            self.press(panel.move_button)

    def do_turn_look(self) -> None:
        box = self.dock.nuclei_card.check.look
        if box.isVisible():
            box.setCurrentIndex(int(self.rng.integers(0, box.count())))
            box.activated.emit(box.currentIndex())

    def do_change_settings(self) -> None:
        form = self.dock.nuclei_card.form
        form["sensitivity"].value = float(self.rng.choice([0.4, 0.5, 0.6]))

    # looking around -------------------------------------------------------------------------

    def _canvas(self) -> object:
        return self.viewer.window._qt_viewer.canvas.native

    def _place(self) -> QPoint:
        canvas = self._canvas()
        return QPoint(
            int(self.rng.integers(2, max(3, canvas.width() - 2))),
            int(self.rng.integers(2, max(3, canvas.height() - 2))),
        )

    def do_click_canvas(self) -> None:
        QTest.mouseClick(self._canvas(), LEFT, PLAIN, self._place())

    def do_pan_canvas(self) -> None:
        canvas = self._canvas()
        start = self._place()
        QTest.mousePress(canvas, LEFT, PLAIN, start)
        for step in range(3):
            QTest.mouseMove(canvas, start + QPoint(7 * step, 5 * step))
        QTest.mouseRelease(canvas, LEFT, PLAIN, start + QPoint(14, 10))
        if self.chance(0.3):
            self.viewer.reset_view()

    def do_draw_region(self) -> None:
        panel, canvas = self.dock.explore_card.regions, self._canvas()
        if not panel.draw_button.isVisible():
            return
        self.press(panel.draw_button)
        corners = [self._place() for _ in range(int(self.rng.integers(1, 6)))]
        QTest.mousePress(canvas, LEFT, PLAIN, corners[0])
        for corner in corners[1:]:
            QTest.mouseMove(canvas, corner)
        QTest.mouseRelease(canvas, LEFT, PLAIN, corners[-1])

    def do_press_region(self) -> None:
        panel = self.dock.explore_card.regions
        if self.chance(0.4):
            self.press(panel.remove)
        elif panel.against.isVisible():
            at = int(self.rng.integers(panel.against.count()))
            panel.against.setCurrentIndex(at)
            panel.against.activated.emit(at)
        elif panel.name.isVisible():
            panel.name.setFocus()
            QTest.keyClicks(panel.name, "rim")
            QTest.keyClick(panel.name, Qt.Key.Key_Return)

    def do_put_spot_away(self) -> None:
        self.dock.explore_card.spot.closed.emit()

    def do_type_gene(self) -> None:
        field = self.dock.explore_card.gene
        if not field.isVisible():
            return
        session = self.dock.workbench.session
        spots = session.sample.spots if session is not None else None
        words = ["zzz", "", "  ", "A", "ACTA2\t", "µ§", "ACTA2 zz CD3", "ACTA2, VWF"]
        if spots is not None:
            words += [str(self._some(list(spots.table.var_names))) for _ in range(6)]
        field.setFocus()
        field.selectAll()
        QTest.keyClick(field, Qt.Key.Key_Delete)
        QTest.keyClicks(field, str(self._some(words)))
        if self.chance(0.4):
            QTest.keyClick(field, Qt.Key.Key_Return)

    def do_click_legend(self) -> None:
        legend = self.dock.typing_card.legend
        rows = legend.types.rowCount()
        if rows and legend.isVisible():
            place = legend.visualRect(legend.types.index(int(self.rng.integers(rows)), 0))
            keys = ALT if self.chance(0.3) else PLAIN
            QTest.mouseClick(legend.viewport(), LEFT, keys, place.center())

    def do_toggle_part(self) -> None:
        self.press(self._some(list(self.dock.explore_card.toggles.values())))

    def do_toggle_outlines(self) -> None:
        self.press(self.dock.explore_card.outlines)

    def do_rename_type(self) -> None:
        types, rows = self.dock.types, self.dock.typing_card.legend.types.rows
        if not rows:
            return
        name, other = (rows[int(self.rng.integers(len(rows)))].name for _ in range(2))
        act = int(self.rng.integers(4))
        if act == 0:
            types.rename(name, other)
        elif act == 1:
            types.rename(name, str(self._some(["Mine", "unknown", "µ <b>", ""])))
        elif act == 2:
            types.recolour(name, (255, int(self.rng.integers(255)), 0))
        else:
            types.part(name)

    def do_fade_or_mark(self) -> None:
        card = self.dock.typing_card
        self.press(self._some([card.fading, card.marking]))

    def do_compare_looks(self) -> None:
        row = self.dock.explore_card.compare
        self.press(self._some([row.lens, row.swipe, row.pin, row.two]))
        if row.isVisible() and self.chance(0.3):
            box = row.beside if self.chance(0.5) else row.inside
            at = int(self.rng.integers(box.count()))
            box.setCurrentIndex(at)
            box.activated.emit(at)
        self.do_move_mouse()

    def do_move_mouse(self) -> None:
        for _ in range(int(self.rng.integers(1, 8))):
            QTest.mouseMove(self._canvas(), self._place())
            QApplication.processEvents()

    def do_open_spot_further(self) -> None:
        card = self.dock.explore_card.spot
        if not card.isVisible():
            return
        act = int(self.rng.integers(3))
        if act == 0:
            self.press(card.pin)
        elif act == 1:
            self.dock.explore_card.pinned.closed.emit()
        elif card.nuclei.rows.count():
            card.nuclei.rows.setCurrentRow(int(self.rng.integers(card.nuclei.rows.count())))
            actions = [action for action in card.nuclei.menu.actions() if action.text()]
            actions[int(self.rng.integers(len(actions)))].trigger()

    def do_plot_and_table(self) -> None:
        panel, fold = self.dock.explore_card.linked, self.dock.explore_card.linked_fold
        if not fold.isVisible():
            return
        if not fold.head.isChecked():
            fold.head.click()
        if panel.what.count() and self.chance(0.5):
            panel.what.setCurrentIndex(int(self.rng.integers(panel.what.count())))
            self.press(panel.button)
        elif panel.plot.isVisible() and self.chance(0.5):
            corners = [(20, 20), (150, 20), (150, 150), (20, 150)]
            QTest.mousePress(panel.plot, LEFT, PLAIN, QPoint(*corners[0]))
            for corner in corners[1 : int(self.rng.integers(2, 5))]:
                QTest.mouseMove(panel.plot, QPoint(*corner))
            QTest.mouseRelease(panel.plot, LEFT, PLAIN, QPoint(*corners[-1]))
        elif panel.table.table.rowCount():
            panel.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
            panel.table.selectRow(int(self.rng.integers(panel.table.table.rowCount())))

    def do_other_eyes(self) -> None:
        eyes = self.dock.explore_card.view.eyes
        if eyes.isVisible():
            eyes.setCurrentIndex(int(self.rng.integers(eyes.count())))
            eyes.activated.emit(eyes.currentIndex())

    def do_sheet_of_keys(self) -> None:
        self.press(self.dock.explore_card.view.keys)

    def do_fold_card(self) -> None:
        card = self._some(list(self.dock.cards.values()))
        self.press(card.fold)
        if self.chance(0.7):
            self.press(card.fold)
        for settings in (self.dock.nuclei_card.settings, self.dock.typing_card.settings):
            if self.chance(0.3):
                self.press(settings.head)

    def do_press_key(self) -> None:
        keys = (Qt.Key.Key_1, Qt.Key.Key_3, Qt.Key.Key_R, Qt.Key.Key_G, Qt.Key.Key_Escape)
        keys += (Qt.Key.Key_L, Qt.Key.Key_S, Qt.Key.Key_P, Qt.Key.Key_F1)
        QTest.keyClick(self._canvas(), self._some(list(keys)))

    # napari's own controls ------------------------------------------------------------------

    def _layer(self) -> object:
        return self._some(list(self.viewer.layers))

    def do_remove_layer(self) -> None:
        if (layer := self._layer()) is not None:
            self.viewer.layers.selection = {layer}
            self.viewer.layers.remove_selected()

    def do_rename_layer(self) -> None:
        if (layer := self._layer()) is not None:
            layer.name = str(self._some(["mine", "demo · spots", "x [1]"]))

    def do_duplicate_layer(self) -> None:
        layer = self._layer()
        if layer is not None and len(self.viewer.layers) < 6:
            self.viewer.layers.selection = {layer}
            _duplicate_layer(self.viewer.layers)

    def do_move_layer(self) -> None:
        n = len(self.viewer.layers)
        if n > 1:
            self.viewer.layers.move(int(self.rng.integers(n)), int(self.rng.integers(n)))

    def do_delete_points(self) -> None:
        for layer in self.viewer.layers:
            # napari 0.9.2 itself stumbles later over points deleted from a hidden layer
            if type(layer).__name__ == "Points" and len(layer.data) and layer.visible:
                layer.selected_data = {int(self.rng.integers(len(layer.data)))}
                layer.remove_selected()
                return

    def do_change_layer(self) -> None:
        if (layer := self._layer()) is not None:
            layer.opacity = float(self.rng.random())
            layer.visible = self.chance(0.8)
            if type(layer).__name__ == "Image" and not layer.rgb:
                layer.colormap = self._some(["gray", "magma", layer.colormap.name])

    def do_turn_theme(self) -> None:
        self.viewer.theme = "light" if self.viewer.theme == "dark" else "dark"

    def do_turn_3d(self) -> None:
        self.viewer.dims.ndisplay = 3
        QTest.qWait(5)
        self.viewer.dims.ndisplay = 2

    def do_reopen_dock(self) -> None:
        old = self.dock
        self.viewer.window.remove_dock_widget(old)
        self.wait(lambda: not old.workbench.busy)
        old.deleteLater()
        self.dock = open_dock(self.viewer)
        assert self.dock is not old

    # what must hold -------------------------------------------------------------------------

    def check(self) -> None:
        """What must hold whenever nothing runs."""
        bench, canvas = self.dock.workbench, self.dock.canvas
        ours = [
            layer.metadata["spotscope"]["part"]
            for layer in self.viewer.layers
            if "spotscope" in layer.metadata
            and not layer.name.endswith("copy")
            and any(layer is own for own in (canvas.stack[part] for part in canvas.stack))
        ]
        assert len(ours) == len(set(ours)) == len(list(canvas.stack)), ours
        session = bench.session
        if session is None:
            return
        if session.nuclei is None:
            assert session.labels is None
            assert session.cells is None
            assert "nuclei" not in canvas.stack
            return
        assert session.labels is not None
        if "nuclei" in canvas.stack:
            lookup = canvas.stack["nuclei"].metadata["lookup"]
            assert len(lookup.lut) == session.nuclei.last_label + 1
        if session.cells is not None:
            assert session.cells.n == session.nuclei.n
            rows = self.dock.typing_card.legend.types.rows
            assert sum(row.count for row in rows) == session.nuclei.n
        for step in Step:
            assert self.dock.cards[step].button.text() != "Cancel"

    def forget_saved(self) -> None:
        """Remove what was saved."""
        shutil.rmtree(self.folder / "out", ignore_errors=True)
