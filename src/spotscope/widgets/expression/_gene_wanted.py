"""A gene that is searched for, could be told and is not: one button tells it too.

On a large section not every shared gene is told of every nucleus (``most_genes``); any other comes
to them by ``also_genes``, for the spots that have come apart so far, in seconds as long as what
they said is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QPushButton

from spotscope.model import ExpressionKey, ExpressionSource, update
from spotscope.pipeline import told_spots

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from spotscope.methods.expression import ExpressionParams
    from spotscope.model import Session
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.expression._expression_card import ExpressionCard

__all__ = ["GeneWanted", "spots_told"]

_LACKING = " · not inferred: the reference lacks it"
_LEFT_OUT = " · not among the genes told"


class GeneWanted(QObject):
    """Says why a gene is not told, and has it told where it can be.

    Parameters
    ----------
    bench, card
        What is open, and the card whose settings come to hold the gene.
    infer
        Runs the step with parameters, on some spots or (None) on all.
    """

    def __init__(
        self,
        bench: Workbench,
        card: ExpressionCard,
        infer: Callable[[ExpressionParams, npt.NDArray[np.intp] | None], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bench, self._card, self._infer = bench, card, infer
        self._gene = ""
        self.button = QPushButton("Tell it too")
        self.button.setToolTip("Tell this gene, too: in seconds; after corrections, by a run")
        self.button.clicked.connect(lambda: self.tell())
        self.button.hide()

    def remark(self, gene: str) -> str:
        """Say why a gene is not told, and offer to tell it; "" takes the offer away."""
        can = bool(gene) and self._could_be_told(gene)
        self._gene = gene if can else ""
        self.button.setVisible(can)
        if not gene:
            return ""
        return _LEFT_OUT if can else _LACKING

    def tell(self) -> None:
        """Infer the spots that have come apart once more, with the gene."""
        session = self._bench.session
        if session is None or not self._gene:
            return
        params = self._card.params
        names = ", ".join(dict.fromkeys((*params.also, self._gene)))
        params = update(params, also_genes=names)
        self._card.show_params({"also_genes": names})
        self.button.hide()
        self._card.show_cost("")  # of a whole run: most often seconds are enough
        self._infer(params, spots_told(session))

    def _could_be_told(self, gene: str) -> bool:
        session, reference = self._bench.session, self._bench.reference
        record = None if session is None else session.records.get("decompose")
        if session is None or record is None or session.sample.spots is None:
            return False
        told = record.figures.get("genes", 0)
        if record.figures.get("genes_shared", told) <= told:
            return False
        tables = [session.sample.spots.table, *([] if reference is None else [reference.table])]
        return all(gene.upper() in table.var_names.str.upper() for table in tables)


def spots_told(session: Session) -> npt.NDArray[np.intp] | None:
    """Spots whose nuclei are told; None where those between spots are, too: all of them."""
    assert session.sample.spots is not None
    assert session.cells is not None
    source = session.cells.table.obs[ExpressionKey.SOURCE]
    if (source == ExpressionSource.PRIOR).any():
        return None
    places = session.sample.spots.table.obs_names.get_indexer(sorted(told_spots(session.cells)))
    return np.sort(places).astype(np.intp)
