"""The card of a spot has room for every gene, also where its heading wraps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from qtpy.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from spotscope.widgets.spots._spot_card import EXPLAINED, LACKING_SAID, SpotCard
from spotscope.widgets.spots._spot_facts import SpotFacts, lacking_genes


def test_no_gene_is_cut_off_beside_the_picture(qtbot):
    area, inner = QScrollArea(), QWidget()
    qtbot.addWidget(area)
    layout, card = QVBoxLayout(inner), SpotCard()
    layout.addWidget(card)
    layout.addStretch()
    area.setWidgetResizable(True)
    area.setWidget(inner)
    area.resize(377, 700)
    area.show()
    genes = tuple((f"GENE{n}", 200 - n) for n in range(6))
    facts = SpotFacts(0, "23x24", 22_505, genes, 41, (), (), (250.0,) * 6)
    card.crop.show()
    card.show_spot(facts, {})
    qtbot.waitUntil(lambda: card.genes.height() > 0)
    assert card.genes_title.text() == EXPLAINED.format(called="nuclei")
    assert card.genes.height() >= card.genes.sizeHint().height()
    assert card.genes_title.width() > 300  # over the picture too: its words wrap once at most


@pytest.mark.parametrize("lacking", [(), (False, False), (False, True)])
def test_genes_that_the_reference_lacks_have_a_sign_that_is_told(qtbot, lacking):
    card = SpotCard()
    qtbot.addWidget(card)
    genes = (("ACTB", 9), ("MT-CO1", 5))
    card.show_spot(SpotFacts(0, "s", 14, genes, None, (), (), lacking=lacking), {})
    some = any(lacking)
    names = [bar.name for bar in card.genes.bars]
    assert names == ["ACTB", "MT-CO1 ○" if some else "MT-CO1"]
    assert card.genes_note.text() == (LACKING_SAID if some else "")
    assert card.genes_note.isVisibleTo(card) == some


def test_genes_are_compared_as_types_compare_them():
    def table(*names):
        return AnnData(np.zeros((0, len(names)), np.float32), var=pd.DataFrame(index=names))

    spots = table("CD3E", "MT-CO1", "ACTB")
    assert lacking_genes(spots, table("ACTB", "CD3E", "X")).tolist() == [False, True, False]
    assert lacking_genes(spots, table("Cd3e", "Actb")).tolist() == [False, True, False]
    assert lacking_genes(spots, table("other")).all()


@pytest.mark.gui
def test_a_spot_marks_genes_as_soon_as_there_is_a_reference(dock, qtbot):
    from deeds_room import rest

    card, bench = dock.explore_card.spot, dock.workbench
    held, bench.reference = bench.reference, None
    dock.canvas.spot_clicked.emit(0)
    rest(qtbot, dock)
    names = [bar.name for bar in card.genes.bars]
    assert not card.genes_note.text()
    bench.reference = replace(held, table=held.table[:, held.table.var_names != names[0]].copy())
    bench.reference_opened.emit(bench.reference)
    assert [bar.name for bar in card.genes.bars] == [f"{names[0]} ○", *names[1:]]
    assert card.genes_note.text() == LACKING_SAID
