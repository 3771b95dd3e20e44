"""Print how long the window waits: for answers, and at a stretch while jobs run.

    xvfb-run -a -s "-screen 0 1600x1000x24" python docs/measure/window.py [OUT] [--after S]

Without OUT the demo is opened and its nuclei and types are found anew; with the folder of an
earlier run that run is opened. Expression is inferred anew in both. What is opened within a few
seconds (two by default) is there before all libraries are; ``--after 8`` is as somebody who chooses
a file. Printed of every stage:

gap       the longest time between two ticks of a 1 ms timer on the window's thread
painting  the longest paint; under xvfb OpenGL paints in software
call      the longest event that is not painting: on the processor (busy), waiting for a processor
          (queue: others use the machine), waiting for Python's lock, a disk or the screen (lock)
busiest   the most any event that is not painting used the processor: the figure that neither the
          machine's load nor a worker changes

Last, what napari itself takes to add the same layers to an empty window is printed: the floor.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import QApplication
from stopwatch import Recorder, TimedApplication

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 600.0


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

    def __init__(self, out: Path | None, where: bool, after: float) -> None:
        from spotscope.widgets.window import open_viewer

        self.viewer, self.dock = open_viewer()
        self.viewer.window.resize(1560, 960)
        self.bench = self.dock.workbench
        linger(after)
        self.ticks = Recorder(where)
        self.out = out

    def idle(self) -> bool:
        """Whether nothing runs."""
        return not self.dock.busy

    def job(self, what: str, start: Callable[[], object]) -> None:
        """Do something that takes a while."""
        QApplication.processEvents()
        self.ticks.begin()
        begun = time.perf_counter()
        self.ticks.timed(f"the click: {what}", start)
        linger(0.02)
        wait_for(self.idle)
        took = time.perf_counter() - begun
        linger(0.5)
        self.ticks.say(f"{what} ({took:.1f} s)")

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

    def infer(self) -> None:
        """Expression, learned and inferred anew."""
        self.job("infer expression", self.dock.expression_card.button.click)

    def nu(self) -> None:
        """From a change of ν to labels and to painted colours; then a drag of three seconds."""
        slider = self.dock.typing_card.dial.slider
        labels, colours = [], []
        for place in np.random.default_rng(0).integers(50, 950, 12):
            got: list[float] = []
            catch = self.bench.recoloured.connect(
                lambda *_, got=got: got.append(time.perf_counter())
            )
            begun = time.perf_counter()
            slider.setValue(int(place))
            wait_for(lambda got=got: bool(got))
            painted(self.viewer)
            colours.append(time.perf_counter() - begun)
            labels.append(got[0] - begun)
            self.bench.recoloured.disconnect(catch)
            wait_for(self.idle)
        median_of("ν to labels", labels)
        median_of("ν to painted colours", colours)
        self.ticks.begin()
        slider.setSliderDown(True)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            place = 500 + 450 * np.sin(3 * (end - time.monotonic()))
            self.ticks.timed("the hand", lambda place=place: slider.setValue(int(place)))
            linger(0.016)
        slider.setSliderDown(False)
        self.ticks.say("dragging ν for 3 s")
        self.ticks.begin()
        wait_for(self.idle)
        linger(0.5)
        self.ticks.say("tables, once the hand rests")

    def look(self) -> None:
        """Genes, types, spots."""
        spots = self.bench.session.sample.spots
        names = [str(name) for name in spots.table.var_names[:12]]
        field, legend = self.dock.explore_card.gene, self.dock.typing_card.legend.types
        self.timed("gene switch", [lambda n=n: field.setText(n) for n in names])
        field.clear()
        hide = [lambda r=r: legend.solo(r.name) for r in legend.rows for _ in (0, 1)]
        self.timed("hide types", hide)
        picks = np.linspace(0, spots.n - 1, 12).astype(int)
        click = self.dock.canvas.spot_clicked.emit
        self.timed("spot click", [lambda i=i: click(int(i)) for i in picks])
        wait_for(self.idle)

    def timed(self, what: str, actions: list[Callable[[], object]]) -> None:
        """Time each action up to the paint."""
        times = []
        self.ticks.begin()
        for action in actions:
            begun = time.perf_counter()
            self.ticks.timed(what, action)
            painted(self.viewer)
            times.append(time.perf_counter() - begun)
        median_of(f"{what}, painted", times)
        self.ticks.say(what)

    def saved(self, folder: Path) -> Path:
        """The folder that was opened, or everything saved to one."""
        if self.out is not None:
            return self.out
        self.job("save", lambda: self.dock.save(folder))
        return folder


def floor(out: Path, where: bool) -> None:
    """What napari takes to add a result's layers, one a turn, to a window with nothing of ours."""
    import napari

    from spotscope import pipeline
    from spotscope.model import run
    from spotscope.widgets.canvas._layer_data import makers
    from spotscope.widgets.jobs._tasks import draw_task

    session = run(pipeline.open_session(out))
    data = {part: make() for part, make in makers(session).items() if make is not None}
    if session.labels is not None:
        data["nuclei"] = run(draw_task(session))
    viewer = napari.Viewer(title="floor")
    viewer.window.resize(1560, 960)
    linger(2.0)
    ticks = Recorder(where)
    for part, one in data.items():
        QApplication.processEvents()
        ticks.begin()
        ticks.timed(
            "insert", lambda one=one: viewer.layers.append(napari.layers.Layer.create(*one))
        )
        linger(0.5)
        ticks.say(f"napari alone adds the {part}")
    ticks.close()
    viewer.close()


def main() -> None:
    """Open, run, drag, look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, help="a result folder of an earlier run")
    parser.add_argument("--where", action="store_true", help="print what filled the longest calls")
    parser.add_argument("--after", type=float, default=2.0, help="seconds the window is empty")
    parser.add_argument("--floor", action="store_true", help="napari alone with OUT's layers")
    args = parser.parse_args()
    app = TimedApplication(sys.argv[:1])
    if args.floor:
        floor(args.out, args.where)
        return
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache  # nothing is there yet
        session = Session(args.out, args.where, args.after)
        session.open()
        if args.out is None:
            session.steps()
        if session.bench.fitted is not None:
            session.nu()
        if session.bench.facts.typed:
            session.infer()
        session.look()
        saved = session.saved(Path(cache) / "out")
        session.ticks.close()
        session.dock.shut()  # before the folder goes that it keeps work in
        session.viewer.close()
        again = [sys.executable, __file__, "--floor", str(saved)]
        subprocess.run([*again, *["--where"] * args.where], check=True)
    del app


if __name__ == "__main__":
    main()
