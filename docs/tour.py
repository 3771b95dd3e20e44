"""Drive the real window through the main job and take pictures to be judged.

    xvfb-run -a -s "-screen 0 2600x1500x24" python docs/tour.py PICTURES [SPOTS IMAGE REFERENCE]

PICTURES is the folder the pictures go to. Without files the demo's are taken. ``--only NAME …``
takes some stops alone. Each stop is taken at 1280 × 800 and 2560 × 1440, dark and light, and the
dock once more in its full height; with QT_SCALE_FACTOR=2 all at twice as many pixels. Nothing is
asserted: somebody looks.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from make_screenshots import settle, wait_for
from napari.qt import get_qapp
from PIL import Image
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from spotscope.model import Edit, EditKind
from spotscope.pipeline import write_demo
from spotscope.widgets.canvas._framing import frame
from spotscope.widgets.dock._layer_panels import ROOMY_PX
from spotscope.widgets.nuclei._qc_look import Look
from spotscope.widgets.nuclei._qc_tools import Tool
from spotscope.widgets.window import open_viewer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import napari
    from qtpy.QtWidgets import QWidget

    from spotscope.widgets import SpotscopeWidget

SIZES = ((1280, 800), (2560, 1440))
THEMES = ("dark", "light")


class Tour:
    """The window, the files it is given, and where the pictures go."""

    def __init__(self, folder: Path, only: frozenset[str]) -> None:
        self.folder, self._only = folder, only
        self.viewer: napari.Viewer
        self.dock: SpotscopeWidget
        self.viewer, self.dock = open_viewer()
        scale = self.dock.devicePixelRatioF()
        self.sizes = [(round(w / scale), round(h / scale)) for w, h in SIZES]
        settle(1.0)

    def home(self) -> None:
        """Look at the whole section."""
        session = self.dock.workbench.session
        if session is not None:
            frame(self.viewer, session)

    def idle(self) -> None:
        """Wait until nothing runs."""
        wait_for(lambda: not self.dock.busy)

    def see(self, widget: QWidget) -> None:
        """Bring a part of the dock to its upper edge."""
        inner = self.dock.column.widget()
        at = widget.mapTo(inner, widget.rect().topLeft()).y()
        self.dock.column.verticalScrollBar().setValue(at - 8)

    def shoot(self, name: str, part: QWidget | None = None, *, home: bool = True) -> None:
        """Take the window in both sizes and both themes, with a part of the dock in view.

        ``home``: with the whole section in view, as when it is opened.
        """
        if self._only and name not in self._only:
            return
        for (width, height), (pixels, _) in zip(self.sizes, SIZES, strict=True):
            self.viewer.window.resize(width, height)
            # as where the screen is no larger than this
            self.dock.office.panels.show(width >= ROOMY_PX)
            for theme in THEMES:
                self.viewer.theme = theme
                settle(0.3)
                if home:
                    self.home()
                self.see(part or self.dock.sample_card)
                settle(0.4)
                picture = self.viewer.screenshot(canvas_only=False, flash=False)[..., :3]
                Image.fromarray(picture).save(self.folder / f"{name}-{pixels}-{theme}.png")
                if pixels == SIZES[0][0]:
                    whole = self.dock.column.widget().grab()
                    whole.save(str(self.folder / f"{name}-dock-{theme}.png"))
        print(name, flush=True)

    def run(self, files: list[Path]) -> None:
        """The main job, with its mistakes."""
        dock, (spots, image, reference) = self.dock, files
        self.shoot("empty")
        dock.open_paths([spots, image])
        self.idle()
        self.shoot("sample")
        dock.workbench.open_reference(image)  # one that is none
        self.idle()
        self.shoot("error", dock.typing_card)
        dock.open_paths([reference])
        self.idle()
        self.shoot("ready")
        dock.office.run_all.start()
        for part in (dock.nuclei_card, dock.typing_card):
            wait_for(lambda part=part: part.can_cancel)
            with held(dock, lambda part=part: part.bar.value() > 300):
                self.shoot(f"running-{part.title.text().split()[0].lower()}")
        self.idle()
        self.shoot("done")
        self.shoot("types", dock.typing_card)

    def spot(self) -> None:
        """A spot and its nuclei, one of them held."""
        dock = self.dock
        owner = dock.explorer.spot._owner
        crowded = np.bincount(owner[owner >= 0])
        spot = int(np.argsort(crowded)[len(crowded) * 2 // 3])
        y, x = dock.workbench.session.sample.spots.yx_um[spot]
        camera = self.viewer.scene.camera
        camera.center, camera.zoom = (0, y, x), camera.zoom * 4
        dock.canvas.spot_clicked.emit(spot)
        self.idle()
        card = dock.explore_card
        self.shoot("spot", card.spot, home=False)
        rows = card.spot.nuclei
        rows.rows.item(0).setSelected(True)
        rows.hold_requested.emit(rows.selected, dock.workbench.session.cells.types[0])
        self.idle()
        self.shoot("held", card.spot, home=False)
        dock.canvas.spot_clicked.emit(None)

    def edits(self) -> None:
        """Corrections and review, with the stain on the nuclei."""
        dock = self.dock
        panel = dock.nuclei_card.check
        panel.correct.head.click()
        panel.numbers.head.click()
        at = dock.workbench.session.nuclei.yx_um
        centre = np.asarray(self.viewer.scene.camera.center[-2:])
        near = np.argsort(((at - centre) ** 2).sum(axis=1))[:2]
        dock.check.correct(*(Edit.of(EditKind.DELETE, at[row]) for row in near))
        self.idle()
        dock.check.looks.look(Look.HAEMATOXYLIN)
        self.idle()
        dock.check.take(Tool.MERGE)
        dock.check.review.show_next()
        self.idle()
        self.shoot("edits", dock.nuclei_card, home=False)
        dock.check.take(None)
        dock.check.looks.look(Look.TYPE)
        panel.correct.head.click()
        panel.numbers.head.click()
        self.home()

    def regions(self) -> None:
        """Two regions, one beside the other, and what is asked of them."""
        dock = self.dock
        low, high = np.percentile(dock.workbench.session.nuclei.yx_um, (20, 80), axis=0)
        angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        ring = np.stack([np.sin(angle), np.cos(angle)], axis=1)
        for part in (0.2, 0.75):
            dock.explorer.regions.add(low + (high - low) * part + ring * (high - low) * 0.22)
            self.idle()
        card = dock.explore_card
        self.shoot("region", card.regions)
        dock.explorer.analysis.fold.head.click()
        dock.explorer.analysis.panel.button.click()
        self.idle()
        self.shoot("analyses", dock.explorer.analysis.fold)
        dock.explorer.analysis.fold.head.click()

    def looks(self) -> None:
        """Genes, the lens, the plot, figures, alignment."""
        dock, card = self.dock, self.dock.explore_card
        dock.office.dim.button.click()
        self.shoot("dimmed", card)
        dock.office.dim.button.click()
        dock.expression_card.chips.buttons[0].click()
        self.idle()
        self.shoot("gene", card)
        self.shoot("expression", dock.expression_card)
        dock.explorer.search("")
        dock.explorer.compare.turn("lens")
        self.shoot("lens", card)
        dock.explorer.compare.turn("")
        card.linked_fold.head.click()
        card.linked.button.click()
        self.idle()
        some = np.zeros(len(dock.explorer.linked._found.rows), bool)
        some[::9] = True
        card.linked.plot.show_chosen(some)
        card.linked.plot.selected.emit(some)
        self.shoot("plot", card.linked_fold)
        dock.explorer.linked.let_go()
        card.linked_fold.head.click()
        for fold in (dock.office.align.fold, dock.office.figures.fold):
            fold.head.click()
        dock.office.align.nudge(0.0, 20.0)
        self.shoot("align")
        self.shoot("figure", dock.office.figures.fold)
        dock.office.align.forget()

    def sheet(self) -> None:
        """The keys."""
        for theme in THEMES:
            self.viewer.theme = theme
            self.dock.keys.sheet.toggle()
            settle(0.5)
            self.dock.keys.sheet.grab().save(str(self.folder / f"keys-{theme}.png"))
            self.dock.keys.sheet.toggle()


@contextmanager
def held(dock: SpotscopeWidget, far: Callable[[], bool]) -> Iterator[None]:
    """The step that runs rests once it is so far, until its pictures are taken."""
    go, rests, worker = threading.Event(), [False], dock.workbench._runner._worker

    def rest(_progress: object) -> None:  # on the worker's own thread
        if rests[0]:
            go.wait()

    worker.progressed.connect(rest, Qt.ConnectionType.DirectConnection)
    try:
        wait_for(far)
        rests[0] = True
        yield
    finally:
        go.set()


def demo_files(folder: Path) -> list[Path]:
    """The demo as spots, image and reference."""
    task = write_demo(folder)
    try:
        while True:
            next(task)
    except StopIteration as end:
        files = end.value
    return [files[role] for role in ("spots", "image", "reference")]


def main() -> None:
    """Go through all stops."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("files", type=Path, nargs="*", metavar="SPOTS IMAGE REFERENCE")
    parser.add_argument("--only", nargs="*", default=())
    asked = parser.parse_args()
    asked.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        get_qapp()  # its icons lie in a cache, too
        os.environ["XDG_CACHE_HOME"] = folder  # nothing is there yet: every step is seen to run
        files = asked.files or demo_files(Path(folder))
        tour = Tour(asked.pictures, frozenset(asked.only))
        tour.run(files)
        stops: tuple[Callable[[], None], ...]
        stops = (tour.spot, tour.edits, tour.regions, tour.looks, tour.sheet)
        for stop in stops:
            stop()
            QApplication.processEvents()
        tour.dock.shut()  # before the folder goes that it keeps work in
        tour.viewer.close()


if __name__ == "__main__":
    main()
