"""Print how soon a region that was drawn is answered: the first words, and the whole card.

    xvfb-run -a -s "-screen 0 1600x1000x24" python docs/measure/region_card.py [OUT] [--times 5]

Without OUT the demo is opened and typed; with the folder of an earlier run that is opened. An
outline is drawn with the mouse on the canvas of the real window, each elsewhere; ms are by the
clock from letting go of the button to

outline   the drawn region stands in the list of regions
first     the card says how many nuclei and spots there are
settled   everything stands on the card, and nothing runs for it
painted   the window has painted it, in software under xvfb

``busy`` is the most one turn of the window's thread took of the processor until then, painting
included.

With ``--bins`` no window is opened: printed is what the genes of a region ask of the processor on
a section of 160,000 bins with 250 genes each, the first time and from then on.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import scipy.sparse as sp
from napari.qt import get_qapp
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication
from window import linger, wait_for

from spotscope.widgets._tick_recorder import TickRecorder

if TYPE_CHECKING:
    import napari
    from qtpy.QtWidgets import QWidget

    from spotscope.widgets import SpotscopeWidget

CORNERS = 60


class Hand:
    """A mouse on the canvas."""

    def __init__(self, viewer: napari.Viewer) -> None:
        self._viewer = viewer
        self.canvas: QWidget = viewer.window._qt_viewer.canvas.native

    def place(self, yx_um: np.ndarray) -> QPointF:
        """Where a place in µm is on the canvas."""
        camera = self._viewer.scene.camera
        middle = np.array([self.canvas.height(), self.canvas.width()]) / 2
        y, x = middle + (yx_um - np.asarray(camera.center[-2:])) * camera.zoom
        return QPointF(float(x), float(y))

    def send(self, kind: QEvent.Type, at: QPointF, down: bool) -> None:
        """Press, move or let go, handled before it returns."""
        held = Qt.MouseButton.LeftButton if down else Qt.MouseButton.NoButton
        moves = kind == QEvent.Type.MouseMove
        button = Qt.MouseButton.NoButton if moves else Qt.MouseButton.LeftButton
        globally = QPointF(self.canvas.mapToGlobal(QPoint(0, 0))) + at
        event = QMouseEvent(kind, at, globally, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.canvas, event)

    def draw(self, outline: np.ndarray) -> None:
        """Go around with the button down, and stop before it is let go."""
        places = [self.place(corner) for corner in outline]
        self.send(QEvent.Type.MouseButtonPress, places[0], True)
        for at in places[1:]:
            self.send(QEvent.Type.MouseMove, at, True)
            linger(0.005)
        self._last = places[-1]

    def let_go(self) -> None:
        """Let go of the button."""
        self.send(QEvent.Type.MouseButtonRelease, self._last, False)


def outlines(dock: SpotscopeWidget, times: int) -> list[np.ndarray]:
    """(corner, 2) rings in µm, of a fifth of the section's sides, along its diagonal."""
    low, high = np.percentile(dock.workbench.session.nuclei.yx_um, (20, 80), axis=0)
    angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    ring = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    parts = np.linspace(0.2, 0.8, times)
    return [low + (high - low) * part + ring * (high - low) * 0.2 for part in parts]


def main() -> None:
    """Open, draw, wait for the answer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", nargs="?", type=Path, help="a result folder of an earlier run")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--bins", action="store_true")
    asked = parser.parse_args()
    if asked.bins:
        bins()
        return
    with tempfile.TemporaryDirectory() as cache:
        get_qapp()  # its icons lie in a cache, too
        if asked.out is None:
            os.environ["XDG_CACHE_HOME"] = cache  # nothing is there yet
        measure(asked.out, asked.times)


def bins() -> None:
    """Print the processor's time for the genes of a region of 3,000 bins."""
    from spotscope.model import Lattice, Spots, run
    from spotscope.pipeline._region_genes import marking_genes

    n, genes, each = 160_000, 18_000, 250
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 5, n * each, np.int32), rng.integers(0, genes, n * each, np.int32)
    table = ad.AnnData(sp.csr_matrix((*counts, np.arange(0, n * each + 1, each)), (n, genes)))
    table.X.sum_duplicates()
    spots = Spots(table, rng.random((n, 2)) * 6500, Lattice("square", 8.0, 8.0))
    inside = np.arange(n) < 3000
    for said in ("first", "then"):
        begun = time.thread_time()
        run(marking_genes(spots, inside, ~inside))
        print(f"genes of a region among {n:,} bins, {said}: {time.thread_time() - begun:.2f} s")


def measure(out: Path | None, times: int) -> None:
    """Print a line a region."""
    from spotscope.widgets.window import open_viewer

    viewer, dock = open_viewer()
    viewer.window.resize(1560, 960)
    linger(2.0)
    if out is None:
        dock.workbench.open_demo()
    else:
        dock.open_paths([out])
    linger(0.1)
    wait_for(lambda: not dock.busy)
    if dock.workbench.session.cells is None:
        dock.office.run_all.start()
        linger(0.1)
        wait_for(lambda: not dock.busy)
    linger(2.0)
    hand, recorder = Hand(viewer), TickRecorder(dock)
    print(f"{dock.workbench.session.sample.name}: ms from letting go of the button")
    print(f"{'region':<8}{'outline':>9}{'first':>9}{'settled':>9}{'painted':>9}{'busy':>9}")
    for number, outline in enumerate(outlines(dock, times), 1):
        row = one(dock, hand, recorder, outline)
        print(f"{number:<8}" + "".join(f"{ms:9.0f}" for ms in row), flush=True)
        linger(1.0)
    wait_for(lambda: not dock.busy)
    dock.shut()  # before the folder goes that it keeps work in
    viewer.close()


def one(
    dock: SpotscopeWidget, hand: Hand, recorder: TickRecorder, outline: np.ndarray
) -> tuple[float, ...]:
    """Milliseconds to each of what is told at the head of this file."""
    desk, panel = dock.explorer.regions, dock.explore_card.regions
    panel.draw_button.click()
    hand.draw(outline)
    linger(0.2)
    there, seen = len(desk.regions), []
    panel.facts.setText("")
    begun = time.perf_counter()

    def since() -> float:
        return 1e3 * (time.perf_counter() - begun)

    with recorder.recording() as turns:
        hand.let_go()
        wait_for(lambda: len(desk.regions) > there)
        seen.append(since())
        wait_for(lambda: "nuclei" in panel.facts.text())
        seen.append(since())
        wait_for(lambda: not desk.busy)
        seen.append(since())
        dock.window().repaint()
        hand.canvas.repaint()
        QApplication.processEvents()
        seen.append(since())
    return (*seen, turns.busiest)


if __name__ == "__main__":
    sys.exit(main())
