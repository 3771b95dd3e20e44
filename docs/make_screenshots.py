"""Make docs/images/*.png: drive the real window through the demo, as a user would.

Needs a screen, or a virtual one:

    xvfb-run -a -s "-screen 0 1600x1000x24" python docs/make_screenshots.py
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from qtpy.QtWidgets import QApplication

from spotscope import pipeline
from spotscope.widgets.parts._column import Column
from spotscope.widgets.window import open_viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari

    from spotscope.widgets import SpotscopeWidget

IMAGES = Path(__file__).parent / "images"
SIZE = (1560, 960)
PATIENCE_S = 300.0


def settle(seconds: float = 0.8) -> None:
    """Let the window draw."""
    wait_for(lambda: False, seconds, complain=False)


def wait_for(done: Callable[[], bool], seconds: float = PATIENCE_S, complain: bool = True) -> None:
    """Let the window live until something is done."""
    end = time.monotonic() + seconds
    while not done():
        QApplication.processEvents()
        time.sleep(0.01)
        if time.monotonic() > end:
            if complain:
                raise TimeoutError("the window did not get there")
            return


def shoot(viewer: napari.Viewer, name: str) -> None:
    """Save the whole window."""
    settle()
    path = IMAGES / f"{name}.png"
    picture = viewer.screenshot(canvas_only=False, flash=False)[..., :3]
    Image.fromarray(picture).save(path, optimize=True)
    print(path.relative_to(IMAGES.parents[1]), f"{path.stat().st_size / 1e6:.2f} MB")


def busiest_spot(dock: SpotscopeWidget) -> int:
    """The spot with the most types among its nuclei."""
    spots = dock.workbench.session.sample.spots
    share = np.asarray(spots.table.obsm["cell_type_proportions"], dtype=float)
    return int(np.argmin((share**2).sum(axis=1) + 10 * (share.sum(axis=1) == 0)))


def main() -> None:
    """Open, find nuclei, type, look at a spot and a gene."""
    IMAGES.mkdir(exist_ok=True)
    viewer, dock = open_viewer()
    viewer.theme = "dark"
    viewer.window.resize(*SIZE)
    bench = dock.workbench
    column = dock.findChild(Column).verticalScrollBar()

    def idle() -> bool:
        return not dock.busy

    dock.sample_card.demo_button.click()
    wait_for(lambda: bench.facts.reference and idle())
    shoot(viewer, "dock-sample")

    dock.nuclei_card.button.click()
    wait_for(lambda: bench.facts.nuclei and idle())
    shoot(viewer, "dock-nuclei")

    dock.typing_card.button.click()
    wait_for(lambda: bench.facts.typed and idle())
    shoot(viewer, "dock")

    spot = busiest_spot(dock)
    y, x = bench.session.sample.spots.yx_um[spot]
    viewer.scene.camera.center = (0, y, x)
    viewer.scene.camera.zoom *= 3
    dock.canvas.spot_clicked.emit(spot)
    settle()
    column.setValue(column.maximum())
    shoot(viewer, "dock-spot")

    viewer.reset_view()
    dock.canvas.spot_clicked.emit(None)
    dock.canvas.show_part("nuclei", False)
    dock.explore_card.gene.setText("ACTA2")
    shoot(viewer, "dock-gene")

    dock.canvas.show_part("nuclei", True)
    dock.expression_card.button.click()
    wait_for(lambda: bench.facts.expressed and idle())
    viewer.scene.camera.zoom *= 2
    column.setValue(dock.expression_card.y() - 8)
    shoot(viewer, "dock-expression")

    overview = pipeline.overview(bench.session)
    overview.thumbnail((1400, 1400))  # smaller, never fewer colours: those of types must stay apart
    overview.save(IMAGES / "overview.png", optimize=True)
    viewer.close()


if __name__ == "__main__":
    main()
