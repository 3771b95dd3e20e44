"""What the Cell types card says is pale is what the canvas draws in the paler colour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from anndata import AnnData

from spotscope import pipeline
from spotscope.layers import nuclei_codes
from spotscope.model import (
    CellKey,
    Cells,
    RunRecord,
    Sample,
    Session,
    Spots,
    StarConvex,
    TypeSource,
    run,
)
from spotscope.widgets.canvas._hover import hover_text
from spotscope.widgets.canvas._hover_facts import index_task
from spotscope.widgets.cell_typing._typing_card import TypingCard

pytestmark = pytest.mark.gui

TYPES = ("B", "T")
COLOURS = {"B": (0, 0, 200), "T": (200, 0, 0), "unknown": (90, 90, 90)}


@pytest.fixture
def card(qtbot):
    card = TypingCard()
    qtbot.addWidget(card)
    return card


def typed(spots: Spots, sources: list[TypeSource], chance: list[float]) -> Session:
    """Discs in a row, T and B in turn; those of no source have no type."""
    n = len(sources)
    yx = np.array([[10.0, 10.0 + 20 * i] for i in range(n)])
    nuclei = StarConvex(yx, np.full((n, 32), 4, np.float32), np.array(chance, np.float32))
    names = [None if s is TypeSource.NONE else TYPES[i % 2] for i, s in enumerate(sources)]
    obs = pd.DataFrame(
        {
            CellKey.LABEL_ID.value: np.arange(1, n + 1, dtype=np.uint32),
            CellKey.AREA.value: nuclei.area_um2(),
            CellKey.PROBABILITY.value: nuclei.probability,
            CellKey.SPOT_ID.value: pd.Categorical([""] * n),
            CellKey.CELL_TYPE.value: pd.Categorical(names, categories=TYPES),
            CellKey.MARGIN.value: np.ones(n, np.float32),
            CellKey.SUPPORT.value: np.ones(n, np.float32),
            CellKey.SOURCE.value: pd.Categorical([str(s) for s in sources]),
        },
        index=[str(i + 1) for i in range(n)],
    )
    cells = Cells(AnnData(sp.csr_matrix((n, 0), dtype=np.float32), obs=obs), yx, nuclei)
    record = RunRecord("type", {}, None, {}, {}, 0.0)
    return Session(Sample("row", spots=spots), nuclei, cells=cells, records={"type": record})


def drawn_pale(session: Session) -> int:
    """Nuclei in the second of the two colours of a type."""
    codes = nuclei_codes(session.nuclei.n, session.cells)
    return int(((codes > len(TYPES)) & (codes <= 2 * len(TYPES))).sum())


def test_pale_are_those_typed_by_their_neighbours(card, twelve_cell_sample):
    spot, near, none = TypeSource.SPOT, TypeSource.NEIGHBOURS, TypeSource.NONE
    session = typed(twelve_cell_sample.spots, [spot, near, near, none, spot, near], [0.9] * 6)
    card.show_cells(session, COLOURS)
    assert card.key.text() == "Pale: 3 nuclei less than half in a spot, typed by neighbours"
    assert drawn_pale(session) == 3


def test_estimated_cells_are_pale_too_and_told_apart(card, twelve_cell_sample):
    spot, near, none = TypeSource.SPOT, TypeSource.NEIGHBOURS, TypeSource.NONE
    guessed = float("nan")
    chance = [0.9, 0.9, guessed, guessed, 0.9]
    session = typed(twelve_cell_sample.spots, [spot, near, spot, none, near], chance)
    card.show_cells(session, COLOURS)
    said = "Pale: 2 nuclei less than half in a spot, typed by neighbours; 1 estimated"
    assert card.key.text() == said
    assert drawn_pale(session) == 3


def test_what_is_held_by_hand_is_not_told_as_typed_by_neighbours(card, twelve_cell_sample):
    spot, near = TypeSource.SPOT, TypeSource.NEIGHBOURS
    session = typed(twelve_cell_sample.spots, [spot, near, near, spot, near], [0.9] * 5)
    session = pipeline.hold(session, {2: "B", 4: "T"})  # the second in a spot
    card.show_cells(session, COLOURS)
    said = "Pale: 2 nuclei less than half in a spot, typed by neighbours; 1 between spots, "
    assert card.key.text() == said + "held by hand"
    assert drawn_pale(session) == 3


def test_at_the_mouse_a_type_that_is_held_says_so(twelve_cell_sample):
    near = TypeSource.NEIGHBOURS
    session = typed(twelve_cell_sample.spots, [near, near], [0.9] * 2)
    index = run(index_task(pipeline.hold(session, {2: "B"})))
    said = [hover_text(index.at((10.0, x)), "B", "#ffffff") for x in (10.0, 30.0)]
    assert "from its neighbours" in said[0]
    assert "held by hand" in said[1]
    assert "neighbours" not in said[1]


def test_where_all_were_typed_by_their_spots_none_is_pale(card, twelve_cell_sample):
    session = typed(twelve_cell_sample.spots, [TypeSource.SPOT] * 3, [0.9] * 3)
    card.show_cells(session, COLOURS)
    assert card.key.text() == ""
    assert drawn_pale(session) == 0
