"""What the monkey asks and brings back: analyses, expression, gene sets, regions, kept work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from spotscope.widgets.cell_typing._legend_menu import legend_menu

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

__all__ = ["QUESTION_ACTIONS", "QuestionHands"]

QUESTION_ACTIONS = {
    "ask_question": 0.7,
    "read_answer": 1.5,
    "infer": 1.2,
    "choose_source": 1.5,
    "draw_to_infer": 0.7,
    "read_sets": 1.5,
    "region_nu": 2.0,
    "export_regions": 0.7,
    "legend_menu": 2.5,
    "write_in_legend": 1.5,
    "write_report": 0.5,
    "lose_window": 1.0,
    "offered_work": 1.5,
    "brush": 1.5,
    "say_count": 1.5,
    "undo_by_key": 2.0,
    "drop_files": 0.7,
}


class QuestionHands:
    """Actions of the monkey; a mixin."""

    dock: Any
    viewer: Any
    rng: np.random.Generator
    files: dict[str, Path]
    folder: Path
    press: Any
    chance: Any
    rest: Any
    _some: Any
    _asked: Path | None

    # questions ------------------------------------------------------------------------------

    def _unfold(self, fold: Any) -> bool:
        if fold.isVisible() and not fold.head.isChecked():
            fold.head.click()
        return bool(fold.isVisible())

    def do_ask_question(self) -> None:
        desk = self.dock.explorer.analysis
        panel = desk.panel
        if not self._unfold(desk.fold) or not panel.question.isEnabled():
            return
        at = int(self.rng.integers(panel.question.count()))
        panel.question.setCurrentIndex(at)
        panel.question.activated.emit(at)
        panel.form["permutations"].value = 20
        self.press(panel.button)
        if self.chance(0.4):
            QTest.qWait(20)
            self.press(panel.button)

    def do_read_answer(self) -> None:
        desk = self.dock.explorer.analysis
        panel = desk.panel
        if not self._unfold(desk.fold) or panel.table.model() is None:
            return
        if panel.shown.count() and self.chance(0.4):
            at = int(self.rng.integers(panel.shown.count()))
            panel.shown.setCurrentIndex(at)
            panel.shown.activated.emit(at)
        if self.chance(0.3):
            panel.search.setText(str(self._some(["a", "C", "zz", "("])))
        elif self.chance(0.4):
            panel.table.sortByColumn(
                int(self.rng.integers(panel.table.model().columnCount())),
                Qt.SortOrder.DescendingOrder,
            )
        rows = panel.table.model().rowCount()
        if rows and panel.table.isVisible():
            index = panel.table.model().index(int(self.rng.integers(rows)), 0)
            panel.table.setCurrentIndex(index)
            panel.table.clicked.emit(index)

    # expression -----------------------------------------------------------------------------

    def do_infer(self) -> None:
        card = self.dock.expression_card
        method = str(self._some(list(card.form["method"].choices)))
        card.form["method"].value = method
        self.press(card.button)
        if method == "score":  # it trains a network, for minutes: a hand that has no patience
            QTest.qWait(30)
            card.form["method"].value = "split"
            if card.can_cancel:
                self.press(card.button)

    def do_choose_source(self) -> None:
        self.press(self._some(list(self.dock.desk.source.buttons.values())))

    def do_draw_to_infer(self) -> None:
        card = self.dock.expression_card
        if self.chance(0.3):
            self.press(card.whole_button)
            return
        self.press(card.lasso_button)
        canvas = self._canvas()
        corners = [self._place() for _ in range(int(self.rng.integers(1, 6)))]
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=corners[0])
        for corner in corners[1:]:
            QTest.mouseMove(canvas, corner)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=corners[-1])

    def do_read_sets(self) -> None:
        self._asked = self.files["wrong sets" if self.chance(0.2) else "sets"]
        self.press(self.dock.explore_card.sets_button)
        field = self.dock.explore_card.gene
        if field.isVisible() and self.chance(0.7):
            field.setFocus()
            field.selectAll()
            QTest.keyClicks(field, "signature")

    # regions --------------------------------------------------------------------------------

    def do_region_nu(self) -> None:
        row = self.dock.explore_card.regions.nu
        if not row.isVisible():
            self.do_draw_region()
        elif self.chance(0.5):
            self.press(row.own)
        elif row.number.isVisible():
            row.number.setFocus()
            row.number.selectAll()
            QTest.keyClicks(row.number, str(self._some(["0", "3", "50", "x"])))
            QTest.keyClick(row.number, Qt.Key.Key_Return)

    def do_export_regions(self) -> None:
        self._asked = self.folder / "regions"
        self.press(self.dock.explore_card.regions.export_button)

    # the legend -----------------------------------------------------------------------------

    def do_legend_menu(self) -> None:
        legend = self.dock.typing_card.legend
        rows = legend.types.rows
        if not rows or not legend.isVisible():
            return
        names = [row.name for row in rows if row.name != "unknown"]
        if not names:
            return
        menu = legend_menu(legend, self.dock.types, str(self._some(names)), names, True)
        menu.popup(legend.mapToGlobal(QPoint(5, 5)))
        QApplication.processEvents()
        acts = [act for act in menu.actions() if act.isEnabled()]
        act = self._some(acts)
        if act.menu() is not None:
            act = self._some(act.menu().actions())
        menu.close()  # as Qt does before it does what was chosen
        act.trigger()

    def do_write_in_legend(self) -> None:
        legend = self.dock.typing_card.legend
        rows = legend.types.rows
        if not rows or not legend.isVisible():
            return
        legend.rename(self._some(list(rows)).name)
        field = QApplication.focusWidget()
        if field is not None and legend.isAncestorOf(field) and field is not legend:
            QTest.keyClicks(field, str(self._some(["Mine", "x y", "µ", "A"])))
            end = Qt.Key.Key_Return if self.chance(0.7) else Qt.Key.Key_Escape
            QTest.keyClick(field, end)

    # pages, and work that comes back --------------------------------------------------------

    def do_write_report(self) -> None:
        self._asked = self.folder / "report.html"
        self._unfold(self.dock.office.figures.fold)
        self.press(self.dock.office.figures.panel.report)

    def do_lose_window(self) -> None:
        """Work is kept, then its dock and its layers go as in a crash; the next is offered it."""
        self.rest()
        self.dock.office.autosave.keep()
        self.rest()
        self.viewer.layers.clear()
        self.do_reopen_dock()
        self.do_offered_work()

    def do_offered_work(self) -> None:
        row = self.dock.office.restore
        self.press(row.restore if self.chance(0.8) else row.discard)

    # corrections ----------------------------------------------------------------------------

    def do_brush(self) -> None:
        brush = self.dock.nuclei_card.check.histogram
        if brush.isVisible():
            low, high = sorted(self.rng.integers(2, max(3, brush.width() - 2), 2).tolist())
            at = brush.height() // 2
            QTest.mousePress(brush, Qt.MouseButton.LeftButton, pos=QPoint(low, at))
            QTest.mouseMove(brush, QPoint(high, at))
            QTest.mouseRelease(brush, Qt.MouseButton.LeftButton, pos=QPoint(high, at))

    def do_say_count(self) -> None:
        card = self.dock.explore_card.spot
        if card.isVisible() and card.counting.isVisible():
            card.count.setValue(int(self.rng.integers(0, 14)))

    def do_undo_by_key(self) -> None:
        keys = Qt.KeyboardModifier.ControlModifier
        if self.chance(0.4):
            keys |= Qt.KeyboardModifier.ShiftModifier
        for _ in range(int(self.rng.integers(1, 5))):
            QTest.keyClick(self._canvas(), Qt.Key.Key_Z, keys)

    def do_drop_files(self) -> None:
        roles = [role for role in self.files if not role.startswith("wrong")]
        some = self.rng.choice(roles, size=int(self.rng.integers(1, 4)), replace=False)
        self.dock.open_paths([self.files[role] for role in some])
