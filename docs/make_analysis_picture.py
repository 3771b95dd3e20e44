"""Make docs/images/analyse.png: the demo, asked which ligands meet their receptors.

Needs the extra ``analysis`` and a screen, or a virtual one:

    xvfb-run -a -s "-screen 0 1600x1000x24" python docs/make_analysis_picture.py
"""

from __future__ import annotations

from make_screenshots import SIZE, settle, shoot, wait_for

from spotscope.pipeline import Question
from spotscope.widgets.dock._state import Step
from spotscope.widgets.window import open_viewer


def main() -> None:
    viewer, dock = open_viewer()
    viewer.window.resize(*SIZE)
    dock.workbench.open_demo()
    wait_for(lambda: dock.workbench.session is not None and not dock.busy)
    for step in (Step.NUCLEI, Step.TYPES, Step.EXPRESSION):
        dock.cards[step].button.click()
        settle()
        wait_for(lambda: not dock.busy)
    for step, card in dock.cards.items():
        if step is not Step.EXPLORE and card.body.isVisibleTo(card):
            card.fold.click()
    desk = dock.explorer.analysis
    desk.fold.unfold(True)
    panel = desk.panel
    panel.question.setCurrentIndex(panel.question.findData(Question.LIGANDS))
    panel.button.click()
    settle()
    wait_for(lambda: not dock.busy)
    panel.table.selectRow(0)
    panel.table.clicked.emit(panel.table.model().index(0, 0))
    settle()
    shoot(viewer, "analyse")
    dock.shut()
    viewer.close()


if __name__ == "__main__":
    main()
