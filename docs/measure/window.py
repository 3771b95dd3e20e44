"""Print how long the window waits: for answers, and at a stretch while jobs run.

    xvfb-run -a -s "-screen 0 1600x1000x24" python docs/measure/window.py [OUT]

Without OUT the demo is opened and its nuclei and types are found anew; with the folder of an
earlier run that run is opened. A *gap* is the longest time between two ticks of a 1 ms timer on
the window's thread: so long nothing answered. Under xvfb OpenGL paints in software, so what is
left of each gap without the canvas's painting is said too: that is what a graphics card leaves.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 600.0


class Ticks:
    """Records the gaps of the window's thread, and what it was doing in the longest ones."""

    def __init__(self, where: bool) -> None:
        self.where = where
        self.gaps: list[float] = []
        self.stacks: list[tuple[int, str]] = []
        self.bare: list[float] = []
        self._last = time.perf_counter()
        self._painting = 0.0
        self._timer = QTimer(interval=1)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self._stop = threading.Event()
        if where:
            threading.Thread(target=self._watch, daemon=True).start()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self.bare.append(now - self._last - self._painting)
        self._last, self._painting = now, 0.0

    def paint_aside(self, canvas: object) -> None:
        """Count the painting of this canvas apart."""
        paint = canvas.paintGL

        def timed() -> None:
            begun = time.perf_counter()
            paint()
            self._painting += time.perf_counter() - begun

        canvas.paintGL = timed

    def _watch(self) -> None:
        """Take the stack of the window's thread whenever it has been silent for 20 ms."""
        ident = threading.main_thread().ident
        while not self._stop.wait(0.004):
            if time.perf_counter() - self._last > 0.02:
                frames = traceback.extract_stack(sys._current_frames()[ident])
                said = [f"{Path(f.filename).stem}.{f.name}" for f in frames]
                mine = [name for name in said if not name.startswith(("window.", "qt_main"))]
                self.stacks.append((len(self.gaps), " > ".join(mine[:14])))

    def begin(self) -> None:
        """Forget."""
        QApplication.processEvents()
        self.gaps, self.bare, self.stacks = [], [], []
        self._last, self._painting = time.perf_counter(), 0.0

    def say(self, what: str) -> None:
        """Print the longest gap since the beginning, and how many were over 50 ms."""
        worst = max(self.gaps, default=0.0) * 1000
        bare = max(self.bare, default=0.0) * 1000
        over = [sum(gap > 0.05 for gap in gaps) for gaps in (self.gaps, self.bare)]
        print(
            f"  gap  {what:<28} {worst:6.0f} ms ({over[0]} over 50)"
            f"   without painting {bare:6.0f} ms ({over[1]} over 50)"
        )
        for number in sorted(range(len(self.gaps)), key=lambda i: -self.bare[i])[:4]:
            seen = Counter(said for at, said in self.stacks if at == number)
            for said, times in seen.most_common(3):
                print(f"         {self.bare[number] * 1000:5.0f} ms  {times:3d} x  {said}")

    def close(self) -> None:
        """Stop ticking."""
        self._stop.set()
        self._timer.stop()


def wait_for(done: Callable[[], bool]) -> None:
    """Let the window live until something is done."""
    end = time.monotonic() + PATIENCE_S
    while not done():
        QApplication.processEvents()
        time.sleep(0.0005)
        if time.monotonic() > end:
            raise TimeoutError("the window did not get there")


def linger(seconds: float) -> None:
    """Let the window live for a while."""
    end = time.monotonic() + seconds
    wait_for(lambda: time.monotonic() > end)


def painted(viewer: object) -> None:
    """Wait until the canvas has been painted."""
    viewer.window._qt_viewer.canvas.native.repaint()
    QApplication.processEvents()


def median_of(what: str, times: list[float]) -> None:
    """Print the median and the worst of some times."""
    ms = np.array(times) * 1000
    print(f"  time {what:<34} {np.median(ms):7.1f} ms   (worst {ms.max():.1f}, n = {len(ms)})")


class Session:
    """The window, driven as a hand would."""

    def __init__(self, out: Path | None, where: bool) -> None:
        from spotscope.widgets.window import open_viewer

        self.viewer, self.dock = open_viewer()
        self.viewer.window.resize(1560, 960)
        self.bench = self.dock.workbench
        linger(2.0)
        self.ticks = Ticks(where)
        self.ticks.paint_aside(self.viewer.window._qt_viewer.canvas.native)
        self.out = out

    def idle(self) -> bool:
        """Whether nothing runs."""
        return not self.bench.busy

    def job(self, what: str, start: Callable[[], object]) -> None:
        """Do something that takes a while."""
        self.ticks.begin()
        begun = time.perf_counter()
        start()
        linger(0.02)
        wait_for(self.idle)
        took = time.perf_counter() - begun
        linger(0.3)
        print(f"{what}: {took:.2f} s")
        self.ticks.say(what)

    def open(self) -> None:
        """The demo or OUT; with first layers."""
        begun = time.perf_counter()
        shown: list[float] = []
        self.viewer.layers.events.inserted.connect(
            lambda _: shown.append(time.perf_counter() - begun)
        )
        if self.out is None:
            self.job("open the demo", self.bench.open_demo)
        else:
            self.job("open the folder", lambda: self.dock.open_paths([self.out]))
        print(f"  time first layer                        {1000 * min(shown):7.0f} ms")

    def steps(self) -> None:
        """Nuclei and types, found anew."""
        self.job("find nuclei", self.dock.nuclei_card.button.click)
        self.job("type cells", self.dock.typing_card.button.click)

    def nu(self) -> None:
        """From a change of ν to labels and to painted colours; then a drag of three seconds."""
        slider = self.dock.typing_card.dial.slider
        labels, colours = [], []
        for place in np.random.default_rng(0).integers(50, 950, 12):
            got: list[float] = []
            catch = self.bench._runner.succeeded.connect(
                lambda *_, got=got: got.append(time.perf_counter())
            )
            begun = time.perf_counter()
            slider.setValue(int(place))
            wait_for(lambda got=got: bool(got))
            painted(self.viewer)
            colours.append(time.perf_counter() - begun)
            labels.append(got[0] - begun)
            self.bench._runner.succeeded.disconnect(catch)
            wait_for(self.idle)
        median_of("ν to labels", labels)
        median_of("ν to painted colours", colours)
        self.ticks.begin()
        slider.setSliderDown(True)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            place = 500 + 450 * np.sin(3 * (end - time.monotonic()))
            slider.setValue(int(place))
            linger(0.016)
        slider.setSliderDown(False)
        self.ticks.say("dragging ν for 3 s")
        self.ticks.begin()
        wait_for(self.idle)
        linger(0.3)
        self.ticks.say("tables, once the hand rests")

    def look(self) -> None:
        """Genes, types, spots."""
        spots = self.bench.session.sample.spots
        names = [str(name) for name in spots.table.var_names[:12]]
        field, legend = self.dock.explore_card.gene, self.dock.typing_card.legend.types
        self.timed("gene switch, painted", [lambda n=n: field.setText(n) for n in names])
        field.clear()
        hide = [lambda r=r: legend.solo(r.name) for r in legend.rows for _ in (0, 1)]
        self.timed("hide types, painted", hide)
        picks = np.linspace(0, spots.n - 1, 12).astype(int)
        click = self.dock.canvas.spot_clicked.emit
        self.timed("spot click, painted", [lambda i=i: click(int(i)) for i in picks])
        wait_for(self.idle)

    def timed(self, what: str, actions: list[Callable[[], object]]) -> None:
        """Time each action up to the paint."""
        times = []
        for action in actions:
            begun = time.perf_counter()
            action()
            painted(self.viewer)
            times.append(time.perf_counter() - begun)
        median_of(what, times)


def main() -> None:
    """Open, run, drag, look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, help="a result folder of an earlier run")
    parser.add_argument("--where", action="store_true", help="print what filled the longest gaps")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        if args.out is None:
            os.environ["XDG_CACHE_HOME"] = cache  # nothing is there yet
        session = Session(args.out, args.where)
        session.open()
        if args.out is None:
            session.steps()
        if session.bench.fitted is not None:
            session.nu()
        session.look()
        session.ticks.close()
        session.viewer.close()


if __name__ == "__main__":
    main()
