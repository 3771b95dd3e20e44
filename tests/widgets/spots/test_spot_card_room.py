"""The card of a spot has room for every gene, also where its heading wraps."""

from __future__ import annotations

from qtpy.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from spotscope.widgets.spots._spot_card import EXPLAINED, SpotCard
from spotscope.widgets.spots._spot_facts import SpotFacts


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
    assert card.genes_title.text() == EXPLAINED
    assert card.genes.height() >= card.genes.sizeHint().height()
    assert card.genes_title.width() > 300  # over the picture too: its words wrap once at most
