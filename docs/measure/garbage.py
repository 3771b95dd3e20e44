"""Print how long Python's search for garbage keeps the window waiting, with and without libraries.

    xvfb-run -a -s "-screen 0 1600x1000x24" python docs/measure/garbage.py

Twice in turn, in processes of their own: a window opens the demo, does the main job, and opens the
demo a second time, which takes the layers of the first away. Printed are the searches of all there
is (ms by the clock, with Python's lock held: no thread goes on), on the window's thread and beside
it. ``as it is``: libraries are left out as :mod:`spotscope.widgets.jobs._garbage` does; ``all``:
nothing is.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from make_screenshots import settle, wait_for

from spotscope.model import run
from spotscope.pipeline import write_demo
from spotscope.widgets.jobs import _garbage
from spotscope.widgets.window import open_viewer

WAYS = ("all", "as it is")


def main(way: str) -> None:
    """Do the main job twice in one window, one way."""
    if way == "all":
        _garbage._done.update(("window", "samples", "networks"))
    searches: list[tuple[float, bool]] = []
    begun = [0.0]

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            begun[0] = time.perf_counter()
        elif info["generation"] == 2:
            here = threading.current_thread() is threading.main_thread()
            searches.append((1e3 * (time.perf_counter() - begun[0]), here))

    with tempfile.TemporaryDirectory() as folder:
        files = run(write_demo(Path(folder) / "demo"))
        viewer, dock = open_viewer()
        viewer.window.resize(1280, 800)
        settle(5)
        gc.callbacks.append(note)
        for turn in ("first sample", "second"):
            searches.clear()
            dock.open_paths([files[role] for role in ("spots", "image", "reference")])
            wait_for(lambda: dock.workbench.facts.reference and not dock.busy)
            dock.office.run_all.start()
            wait_for(lambda: dock.workbench.facts.expressed and not dock.busy)
            settle(1)
            for place, here in (("the window's thread", True), ("jobs", False)):
                took = sorted((f"{ms:.0f}" for ms, at in searches if at is here), key=int)
                print(f"{way}: {turn}, on {place}: {', '.join(took) or 'none'}", flush=True)
        gc.callbacks.remove(note)
        dock.shut()
        viewer.close()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        for way in WAYS * 2:
            subprocess.run([sys.executable, __file__, way], check=True)
