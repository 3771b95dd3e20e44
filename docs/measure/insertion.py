"""Print what napari itself takes to add a layer, and whether anything public makes it take less.

    xvfb-run -a -s "-screen 0 1600x1000x24" python docs/measure/insertion.py [WAY …]

A slide, an image of nuclei and spots are added to an empty window, one after the other; printed
are ms of the processor of the call, and of the longest turn of the event loop with it (painting in
software included). Ways: ``plain``; ``warm``: small layers of each kind came and went before;
``hidden``: added hidden, shown a turn later; ``panels``: napari's own panels are put away;
``uncollected``: warm, with Python's search for garbage put off; ``parts``: warm, and what each of
napari's own calls takes of it, by a profile scaled to the time without one.
"""

from __future__ import annotations

import cProfile
import gc
import pstats
import sys
import time
from pathlib import Path

import dask.array as da
import napari
import numpy as np
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QApplication, QDockWidget

from spotscope.widgets._tick_recorder import TickRecorder

WAYS = ("plain", "warm", "hidden", "panels", "uncollected", "parts")
#: Calls of napari's within an insertion, none within another: file, name.
PARTS = {
    "the visual": ("visual.py", "create_vispy_layer"),
    "the visual's place": ("canvas.py", "add_layer_visual_mapping"),
    "the controls": ("qt_layer_controls_container.py", "_add"),
    "the model": ("viewer_model.py", "_on_add_layer"),
    "the selection": ("_selection.py", "select_only"),
}


def live(seconds: float) -> None:
    """Let the window live."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.002)


def made(side: int, visible: bool = True) -> dict[str, napari.layers.Layer]:
    """A slide, nuclei and spots as ours are."""
    rgb = da.from_array(np.full((side, side, 3), 220, np.uint8), chunks=(1024, 1024, 3))
    codes = np.zeros((side, side), np.uint8)
    kw = {"multiscale": True, "scale": (0.5, 0.5), "units": ("um", "um"), "visible": visible}
    limits = {"contrast_limits": (0, 255)}
    places = np.random.default_rng(0).random((500, 2)) * side / 2
    rings = {"size": 20, "face_color": "transparent", "border_color": "black"}
    return {
        "slide": napari.layers.Image([rgb, rgb[::2, ::2]], rgb=True, **kw),
        "nuclei": napari.layers.Image([codes, codes[::2, ::2]], rgb=False, **kw, **limits),
        "spots": napari.layers.Points(places, units=("um", "um"), visible=visible, **rings),
    }


def main(way: str) -> None:
    """Add the layers one way."""
    viewer = napari.Viewer()
    viewer.window.resize(1400, 900)
    live(1.5)
    owner = QObject()
    recorder = TickRecorder(owner)
    before = time.thread_time()
    if way in ("warm", "uncollected", "parts"):
        for layer in made(64).values():
            viewer.layers.append(layer)
        viewer.layers.clear()
        print(f"{way}: {1e3 * (time.thread_time() - before):.0f} ms for the small layers")
    if way == "panels":
        for panel in viewer.window._qt_window.findChildren(QDockWidget):
            panel.setVisible(False)
    live(0.5)
    if way == "uncollected":
        gc.disable()
    for name, layer in made(2048, way != "hidden").items():
        with recorder.recording() as turns:
            begun = time.thread_time()
            viewer.layers.append(layer)
            call = 1e3 * (time.thread_time() - begun)
            live(0.5)
        with recorder.recording() as shown:
            layer.visible = True
            live(0.5)
        later = f", {shown.busiest:.0f} when it is shown" if way == "hidden" else ""
        print(f"{way}: {name} {call:.0f} ms, its longest turn {turns.busiest:.0f}{later}")
    if way == "parts":
        viewer.layers.clear()
        live(0.5)
        parts(viewer)
    viewer.close()


def parts(viewer: napari.Viewer) -> None:
    """Print what napari's calls take of each insertion."""
    for (name, layer), again in zip(made(2048).items(), made(2048).values(), strict=True):
        begun = time.thread_time()
        viewer.layers.append(layer)
        took = 1e3 * (time.thread_time() - begun)
        live(0.5)
        profile = cProfile.Profile(time.thread_time)
        profile.runcall(viewer.layers.append, again)
        live(0.5)
        seen = {(Path(at).name, call): row[3] for (at, _, call), row in calls_of(profile).items()}
        whole = seen["layerlist.py", "insert"]
        said = [
            f"{part} {took * seen.get(where, 0.0) / whole:.0f}" for part, where in PARTS.items()
        ]
        print(f"parts: {name} {took:.0f} ms: {', '.join(said)}")


def calls_of(profile: cProfile.Profile) -> dict[tuple[str, int, str], tuple[float, ...]]:
    """By file, line and name: with the time in all it calls in the fourth place."""
    return pstats.Stats(profile).stats  # type: ignore[attr-defined]


if __name__ == "__main__":
    for one in sys.argv[1:] or WAYS[:1]:
        if one not in WAYS:
            sys.exit(f"Expected one of {', '.join(WAYS)}, found {one}.")
        main(one)
