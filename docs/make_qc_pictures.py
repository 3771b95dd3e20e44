"""Drive the checking of nuclei in the real window by mouse and keys; a picture of each state.

    xvfb-run -a -s "-screen 0 1600x1000x24" python docs/make_qc_pictures.py PICTURES
        [SPOTS IMAGE REFERENCE] [--model auto] [--show]

PICTURES is the folder the pictures go to; with ``--show`` those that
``docs/how-to/correct-nuclei.md`` shows are put into ``docs/images`` too: of section C2 of her2st.
Without files the demo's are taken. Nothing is asserted: somebody looks.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from make_screenshots import IMAGES, settle, wait_for
from PIL import Image
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from spotscope.model import MeasureKey, run
from spotscope.pipeline import write_demo
from spotscope.widgets.nuclei._qc_look import Look
from spotscope.widgets.nuclei._qc_tools import Tool
from spotscope.widgets.window import open_viewer

if TYPE_CHECKING:
    import numpy.typing as npt

SIZE = (1600, 1000)
#: Pictures that the documentation shows.
SHOWN = ("brushed", "review", "edited")
_LEFT = Qt.MouseButton.LeftButton


class Checking:
    """The window with nuclei found and typed, and a hand on its mouse."""

    def __init__(self, folder: Path, files: list[Path], model: str) -> None:
        self.folder = folder
        self.viewer, self.dock = open_viewer()
        self.viewer.window.resize(*SIZE)
        self.viewer.theme = "dark"
        settle(1.0)
        self.bench, self.panel = self.dock.workbench, self.dock.nuclei_card.check
        self.dock.open_paths(files[:2])
        wait_for(lambda: self.bench.facts.slide and not self.dock.busy)
        self.dock.open_paths(files[2:])
        self.idle()
        self.dock.nuclei_card.show_params({"model": model})
        self.dock.nuclei_card.button.click()
        wait_for(lambda: self.bench.facts.nuclei and not self.dock.busy, 3000.0)
        self.dock.typing_card.button.click()
        wait_for(lambda: self.bench.facts.typed and not self.dock.busy, 3000.0)

    def idle(self) -> None:
        """Wait until nothing runs."""
        settle(0.4)
        wait_for(lambda: not self.dock.busy, 600.0)

    def shoot(self, name: str) -> None:
        """Take the whole window, the card at the upper edge of the dock."""
        inner = self.dock.column.widget()
        card = self.dock.nuclei_card
        at = card.mapTo(inner, card.rect().topLeft()).y()
        self.dock.column.verticalScrollBar().setValue(at - 8)
        settle(0.8)
        picture = Image.fromarray(self.viewer.screenshot(canvas_only=False, flash=False)[..., :3])
        picture.save(self.folder / f"{name}.png")
        print(name, flush=True)

    # the hand -------------------------------------------------------------------------------

    @property
    def canvas(self) -> object:
        """The widget that the slide is drawn on."""
        return self.viewer.window._qt_viewer.canvas.native

    def pixel(self, yx_um: npt.ArrayLike) -> QPoint:
        """Where a place of the slide is on the canvas."""
        camera, size = self.viewer.scene.camera, self.canvas.size()
        away = (np.asarray(yx_um, float) - np.asarray(camera.center[-2:])) * camera.zoom
        return QPoint(round(size.width() / 2 + away[1]), round(size.height() / 2 + away[0]))

    def go(self, yx_um: npt.ArrayLike, across_um: float) -> None:
        """Look at a place."""
        y, x = np.asarray(yx_um, float)
        self.viewer.scene.camera.center = (0.0, y, x)
        self.viewer.scene.camera.zoom = self.canvas.size().width() / across_um
        settle(0.6)

    def click(self, yx_um: npt.ArrayLike) -> None:
        """Click a place of the slide."""
        QTest.mouseMove(self.canvas, self.pixel(yx_um))
        settle(0.2)
        QTest.mouseClick(self.canvas, _LEFT, pos=self.pixel(yx_um))
        self.idle()

    def drag(self, path_um: npt.NDArray[np.float64], name: str = "") -> None:
        """Draw along a path; take a picture just before the button is let go."""
        QTest.mousePress(self.canvas, _LEFT, pos=self.pixel(path_um[0]))
        for place in path_um[1:]:
            QTest.mouseMove(self.canvas, self.pixel(place))
            settle(0.03)
        if name:
            self.shoot(name)
        QTest.mouseRelease(self.canvas, _LEFT, pos=self.pixel(path_um[-1]))
        self.idle()

    def take(self, tool: Tool | None) -> None:
        """Press the button of a tool."""
        button = self.panel.tools[tool or self.dock.check.tools.tool or Tool.DELETE]
        if button.isChecked() != (tool is not None):
            button.click()
        settle(0.2)

    # what is looked at ----------------------------------------------------------------------

    def run(self) -> None:
        """Every state once."""
        self.looks()
        self.thresholds()
        self.review()
        self.corrections()
        self.numbers()

    def looks(self) -> None:
        """Colours and the histogram."""
        self.dock.nuclei_card.settings.unfold(False)
        self.shoot("types")
        self.middle = np.median(self.bench.session.sample.spots.yx_um, axis=0)
        self.go(self.middle, 700)
        for look in (Look.PROBABILITY, Look.AREA, Look.HAEMATOXYLIN, Look.EDITED, Look.TYPE):
            self.choose(look)
            self.shoot(f"look-{look}")
        self.choose(Look.PROBABILITY)
        self.brush(0.05, float(np.quantile(self.bench.session.nuclei.probability, 0.15)))
        self.shoot("brushed")
        self.panel.histogram.let_go()
        self.choose(Look.TYPE)

    def choose(self, look: Look) -> None:
        """Choose a look from the list."""
        box = self.panel.look
        box.setCurrentIndex(list(Look).index(look))
        box.activated.emit(box.currentIndex())
        self.idle()

    def brush(self, low: float, high: float) -> None:
        """Drag over a part of the histogram."""
        bars = self.panel.histogram
        at = [QPoint(round(bars.width() * share), bars.height() // 3) for share in (low, high)]
        QTest.mousePress(bars, _LEFT, pos=at[0])
        QTest.mouseMove(bars, (at[0] + at[1]) / 2)
        QTest.mouseMove(bars, at[1])
        QTest.mouseRelease(bars, _LEFT, pos=at[1])
        settle(0.3)

    def thresholds(self) -> None:
        """Strict and lax, then as before."""
        card = self.dock.nuclei_card
        for slider, name, values in (
            (card.threshold, "probability", (0.8, 0.15, 0.45)),
            (card.overlap, "overlap", (0.05, 0.55, 0.3)),
        ):
            if not slider.isVisible():
                continue
            for value in values:
                slider._on_changed(value)
                self.idle()
                print(f"  {name} {value:g}: {self.bench.session.nuclei.n:,} nuclei")
                if value != values[-1]:
                    self.shoot(f"{name}-{value:g}")

    def review(self) -> None:
        """The list, by its keys."""
        self.panel.correct.head.click()
        self.idle()
        self.canvas.setFocus()
        self.key(Qt.Key.Key_N)
        self.shoot("review")
        for key in (Qt.Key.Key_A, Qt.Key.Key_D, Qt.Key.Key_N, Qt.Key.Key_A):
            self.key(key)
        self.shoot("review-later")

    def key(
        self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        """Press a key over the canvas."""
        QTest.keyClick(self.canvas, key, modifier)
        self.idle()

    def corrections(self) -> None:
        """Every tool once, then undo and redo."""
        self.go(self.middle, 160)
        self.correct_two()
        self.correct_strokes()
        self.choose(Look.EDITED)
        self.go(self.middle, 260)
        self.shoot("edited")
        control = Qt.KeyboardModifier.ControlModifier
        before = self.bench.session.nuclei.n
        for _ in range(3):
            self.key(Qt.Key.Key_Z, control)
        self.shoot("undone")
        for _ in range(3):
            self.key(Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
        print(f"  undone and redone: {before:,} and {self.bench.session.nuclei.n:,} nuclei")
        self.choose(Look.TYPE)

    def near(self, number: int) -> npt.NDArray[np.float64]:
        """Centre of the nucleus that is so many-th from the middle."""
        at = self.bench.session.nuclei.yx_um
        return at[np.argsort(((at - self.middle) ** 2).sum(axis=1))[number]]

    def rim_near(self, number: int) -> npt.NDArray[np.float64]:
        """Corners of the nucleus that is so many-th from the middle, of those not corrected."""
        nuclei, marks = self.bench.session.nuclei, self.bench.session.measures[MeasureKey.EDITED]
        far = ((nuclei.yx_um - self.middle) ** 2).sum(axis=1) + np.where(marks, np.inf, 0)
        return nuclei.polygons()[np.argsort(far)[number]]

    def touching(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Centres of two nuclei that touch, near the middle: one that was cut in two."""
        nuclei = self.bench.session.nuclei
        rows = np.argsort(((nuclei.yx_um - self.middle) ** 2).sum(axis=1))[:80]
        at, radius = nuclei.yx_um[rows], np.sqrt(nuclei.area_um2()[rows] / np.pi)
        gap = np.hypot(*(at[:, None] - at[None]).T) - radius[:, None] - radius[None]
        far = np.hypot(*(at - self.middle).T)
        gap += 0.02 * (far[:, None] + far[None]) + np.where(np.eye(len(at)), np.inf, 0)
        return tuple(at[list(np.unravel_index(gap.argmin(), gap.shape))])

    def correct_two(self) -> None:
        """Delete and merge, by clicks."""
        self.take(Tool.DELETE)
        self.shoot("tool-delete")
        self.click(self.near(3))
        self.take(Tool.MERGE)
        one, other = self.touching()
        self.click(one)
        self.shoot("tool-merge")
        self.click(other)

    def correct_strokes(self) -> None:
        """Split, redraw, brush away and exclude, by strokes."""
        ring = np.linspace(0, 2 * np.pi, 48)
        ring = np.stack([np.sin(ring), np.cos(ring)], axis=1)
        self.take(Tool.SPLIT)
        found, marks = self.bench.session.nuclei, self.bench.session.measures[MeasureKey.EDITED]
        far = np.hypot(*(found.yx_um - self.middle).T)
        row = int(np.argmax(found.area_um2() - 2 * far - 1e6 * (marks > 0)))
        y, x = found.yx_um[row]
        line = np.linspace(-12, 12, 8)
        self.drag(np.stack([y + line, x + 0 * line], axis=1), "tool-split")
        self.drag(self.middle + np.array([[-75.0, 0], [-74.0, 1], [-72.5, 2]]), "")
        self.shoot("tool-split-nothing")
        self.take(Tool.REDRAW)
        rim = self.rim_near(8)
        self.drag(rim.mean(axis=0) + 1.3 * (rim - rim.mean(axis=0)), "tool-redraw")
        self.take(Tool.ERASE)
        self.drag(self.middle + [30, -45] + 14 * ring, "tool-erase")
        self.take(Tool.EXCLUDE)
        self.drag(self.middle + [-35, 45] + 22 * ring, "tool-exclude")
        self.shoot("excluded")
        self.take(None)

    def numbers(self) -> None:
        """Of the slide and of the view."""
        self.panel.numbers.head.click()
        self.idle()
        self.shoot("numbers")


def show(folder: Path) -> None:
    """Put the pictures that the documentation shows where it looks for them."""
    for name in SHOWN:
        with Image.open(folder / f"{name}.png") as picture:
            picture.save(IMAGES / f"qc-{name}.jpg", quality=88, optimize=True)


def main() -> None:
    """Find, type, check, take pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("files", type=Path, nargs="*", metavar="SPOTS IMAGE REFERENCE")
    parser.add_argument("--model", default="auto")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    args.pictures.mkdir(parents=True, exist_ok=True)
    app = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory() as name:
        files = args.files
        if not files:
            made = run(write_demo(Path(name)))
            files = [made[role] for role in ("spots", "image", "reference")]
        checking = Checking(args.pictures, files, args.model)
        checking.run()
        checking.viewer.close()
    if args.show:
        show(args.pictures)
    del app


if __name__ == "__main__":
    main()
