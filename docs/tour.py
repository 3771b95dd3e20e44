"""Drive the real window through the main job, or an earlier run, and take pictures to be judged.

    xvfb-run -a -s "-screen 0 2600x1500x24" python docs/tour.py PICTURES [OUT]

PICTURES is the folder the pictures go to; OUT that of an earlier ``spotscope run``, else the demo
is opened and its nuclei and types found. Every stop is taken at 1280 × 800 and 2560 × 1440, dark
and light. Nothing is asserted: somebody looks.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from make_screenshots import settle, wait_for
from PIL import Image

from spotscope.widgets.window import open_viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    import napari
    from qtpy.QtWidgets import QWidget

    from spotscope.widgets import SpotscopeWidget

SIZES = ((1280, 800), (2560, 1440))


class Tour:
    """The window, and where the pictures go."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.viewer: napari.Viewer
        self.dock: SpotscopeWidget
        self.viewer, self.dock = open_viewer()
        settle(1.0)

    def idle(self) -> None:
        wait_for(lambda: not self.dock.busy)

    def see(self, widget: QWidget) -> None:
        """Bring a part of the dock to its upper edge."""
        inner = self.dock.column.widget()
        at = widget.mapTo(inner, widget.rect().topLeft()).y()
        self.dock.column.verticalScrollBar().setValue(at - 8)

    def shoot(self, name: str, show: Callable[[], object] = lambda: None) -> None:
        """Take the window in both sizes and both themes."""
        for width, height in SIZES:
            self.viewer.window.resize(width, height)
            for theme in ("dark", "light"):
                self.viewer.theme = theme
                settle(0.3)
                show()
                settle(0.4)
                picture = self.viewer.screenshot(canvas_only=False, flash=False)[..., :3]
                Image.fromarray(picture).save(self.folder / f"{name}-{width}-{theme}.png")
        print(name, flush=True)

    def main_job(self, out: Path | None) -> None:
        """Open; find nuclei and types where they are not there yet."""
        if out is not None:
            self.dock.open_paths([out])
            self.idle()
        else:
            for card in (self.dock.sample_card, self.dock.nuclei_card, self.dock.typing_card):
                (getattr(card, "demo_button", None) or card.button).click()
                self.idle()

    def stops(self) -> None:
        """What there is to see."""
        dock, card, canvas = self.dock, self.dock.explore_card, self.dock.canvas
        self.shoot("types", lambda: self.see(dock.typing_card))
        owner = dock.explorer.spot._owner
        crowded = np.bincount(owner[owner >= 0])
        spot = int(np.argsort(crowded)[len(crowded) * 2 // 3])
        y, x = dock.workbench.session.sample.spots.yx_um[spot]
        camera = self.viewer.scene.camera
        home = tuple(camera.center), float(camera.zoom)
        camera.center, camera.zoom = (0, y, x), home[1] * 4
        canvas.spot_clicked.emit(spot)
        self.idle()
        self.shoot("spot", lambda: self.see(card.spot))
        canvas.spot_clicked.emit(None)
        camera.center, camera.zoom = home
        dock.explorer.compare.turn("lens")
        self.shoot("lens", lambda: self.see(card))
        dock.explorer.compare.turn("")
        card.linked_fold.head.click()
        card.linked.button.click()
        self.idle()
        some = np.zeros(len(dock.explorer.linked._found.rows), bool)
        some[::9] = True
        card.linked.plot.show_chosen(some)
        card.linked.plot.selected.emit(some)
        self.shoot("plot", lambda: self.see(card.linked_fold))
        dock.explorer.linked.let_go()
        dock.keys.sheet.toggle()
        settle(0.5)
        dock.keys.sheet.grab().save(str(self.folder / "keys.png"))
        dock.keys.sheet.toggle()


def main() -> None:
    """Go through all stops."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    tour = Tour(folder)
    tour.main_job(Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    tour.stops()
    tour.viewer.close()


if __name__ == "__main__":
    main()
