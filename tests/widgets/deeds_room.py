"""A window with the demo open, for tests of what is taken back and done again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spotscope.model import RunRecord
from spotscope.pipeline import Finding, inputs_of
from spotscope.widgets import SpotscopeWidget

LONG = 120_000


def rest(qtbot, dock):
    """Wait until nothing runs."""
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)


def open_demo(qtbot, viewer, files):
    """The dock, with sample and reference; nuclei are to be found by the quick way."""
    dock = SpotscopeWidget(viewer)
    viewer.window.add_dock_widget(dock, name="spotscope")
    dock.nuclei_card.form["model"].value = "watershed"
    dock.open_paths([files[role] for role in ("spots", "image", "reference")])
    qtbot.waitUntil(lambda: dock.workbench.facts.reference and not dock.busy, timeout=LONG)
    return dock


def type_cells(qtbot, dock):
    """Find nuclei and type them."""
    for card in (dock.nuclei_card, dock.typing_card):
        card.button.click()
        rest(qtbot, dock)
    assert dock.workbench.facts.typed


def box(low, high):
    """A square region."""
    return np.array([[low, low], [low, high], [high, high], [high, low]], float)


def answer_of(session):
    """An answer about its spots."""
    table = pd.DataFrame({"gene": ["AB", "NA"], "score": [2.0, 0.5], "values": "measured"})
    record = RunRecord("analyse variable", {}, 0, inputs_of(session), {}, 0.0, ())
    return Finding("variable", "variable genes · measured", table, record)
