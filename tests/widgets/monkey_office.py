"""What the monkey does around the steps: moving spots, running all, copying, keeping, figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qtpy

from spotscope.widgets.sample._async_image import WORDS as READ_BEHIND

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

__all__ = ["OFFICE_ACTIONS", "OfficeHands"]

OFFICE_ACTIONS = {
    "move_spots": 2.0,
    "mark_places": 1.0,
    "run_all": 1.5,
    "copy_step": 1.5,
    "keep_work": 1.5,
    "save_figure": 1.0,
}


class OfficeHands:
    """Actions of the monkey; a mixin."""

    dock: Any
    rng: np.random.Generator
    folder: Path

    def do_move_spots(self) -> None:
        panel = self.dock.office.align.panel
        if self.rng.random() < 0.7:
            arrows = list(panel.arrows.values())
            for at in self.rng.choice(len(arrows), 3):
                arrows[at].click()
        buttons = (panel.apply, panel.forget, panel.reset, panel.measure)
        button = buttons[int(self.rng.choice(4, p=[0.2, 0.5, 0.15, 0.15]))]
        if button.isEnabled():
            button.click()

    def do_mark_places(self) -> None:
        panel = self.dock.office.align.panel
        panel.landmarks.click()
        for y, x in self.rng.uniform(0, 500, (int(self.rng.integers(0, 8)), 2)):
            if self.dock.workbench.session is not None:
                self.dock.office.align.mark(float(y), float(x))
        panel.kind.setCurrentIndex(int(self.rng.integers(0, 3)))
        if self.rng.random() < 0.8:
            panel.forget.click()
        if panel.landmarks.isChecked():
            panel.landmarks.click()

    def do_run_all(self) -> None:
        if self.dock.office.run_all.button.isEnabled():
            self.dock.office.run_all.button.click()

    def do_copy_step(self) -> None:
        cards = [card for card in self.dock.cards.values() if card.menu.actions()]
        card = cards[int(self.rng.integers(len(cards)))]
        if card.menu_button.isVisible():
            acts = [act for act in card.menu.actions() if not stops_a_window(act.text())]
            acts[int(self.rng.integers(len(acts)))].trigger()

    def do_keep_work(self) -> None:
        self.dock.office.autosave.keep()

    def do_save_figure(self) -> None:
        panel = self.dock.office.figures.panel
        panel.offer([region.name for region in self.dock.explorer.regions.regions])
        panel.choice.setCurrentIndex(int(self.rng.integers(panel.choice.count())))
        panel.colours.setCurrentIndex(int(self.rng.integers(panel.colours.count())))
        panel.dots.setValue(60)
        name = ("a.png", "a.svg", "a.pdf", "a.txt")[int(self.rng.integers(4))]
        self.dock.office.figures.save(self.folder / name)


def stops_a_window(words: str) -> bool:
    """Whether it is the tick that has stopped a window under PySide6, as its tool tip says.

    The fault lies between napari and PySide6; a monkey that stands still would see nothing else.
    """
    return bool(qtpy.PYSIDE6) and words == READ_BEHIND
