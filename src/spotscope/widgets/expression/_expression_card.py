"""The Expression step: how spots come apart, where, what it costs, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from spotscope.methods.expression import ExpressionParams
from spotscope.model import ExpressionKey, ExpressionSource
from spotscope.pipeline import has_expression, untold_since
from spotscope.widgets.expression._gene_chips import GeneChips
from spotscope.widgets.expression._method_words import name_methods
from spotscope.widgets.parts._card import StepCard, line, say, unbroken
from spotscope.widgets.parts._fold import Fold
from spotscope.widgets.parts._params_form import form_view, params_form, set_values, values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from spotscope.model import RunRecord, Session
    from spotscope.widgets.dock._state import StepState

__all__ = ["ExpressionCard", "expression_headline"]

_CHOSEN = {"method"}
_REST = set(ExpressionParams.model_fields) - _CHOSEN


class ExpressionCard(StepCard):
    """The card of expression.

    Requests: ``run_requested`` (see :attr:`params`), ``lasso_toggled(on)`` to draw a region,
    ``whole_requested`` to forget it, ``params_changed`` when another run would differ.
    """

    lasso_toggled = Signal(bool)
    whole_requested = Signal()
    params_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Expression", "Infer", parent)
        self.form = params_form(ExpressionParams, leave_out=_REST)
        name_methods(self.form["method"])
        self.more = params_form(ExpressionParams, leave_out=_CHOSEN)
        self.where = line("All spots of the section")
        self.lasso_button = QPushButton("Draw a region…")
        self.lasso_button.setCheckable(True)
        self.lasso_button.setToolTip(
            "Draw around spots on the slide: they come apart when you let go"
        )
        self.whole_button = QPushButton("All spots")
        self.whole_button.setToolTip("Forget the region")
        self.whole_button.hide()
        self.cost = line(quiet=True)
        self.result = line()
        self.notes = line(quiet=True)
        self.chips = GeneChips()
        self.settings = Fold("Settings", form_view(self.more))
        for widget in (
            form_view(self.form),
            self._where_row(),
            self.cost,
            self.chips,
            self.result,
            self.notes,
            self.settings,
        ):
            self.add(widget)
        self.lasso_button.clicked.connect(self.lasso_toggled)
        self.whole_button.clicked.connect(lambda: self.whole_requested.emit())
        for form in (self.form, self.more):
            form.changed.connect(lambda *_: self.params_changed.emit())

    def _where_row(self) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.where, 1)
        layout.addWidget(self.whole_button)
        layout.addWidget(self.lasso_button)
        return row

    @property
    def params(self) -> ExpressionParams:
        """What the forms say."""
        rest = values(self.more, ExpressionParams).model_dump(include=_REST)
        return values(self.form, ExpressionParams, **rest)

    def show_params(self, params: Mapping[str, Any]) -> None:
        """Show the parameters of an earlier run."""
        for form in (self.form, self.more):
            set_values(form, params)

    def show_drawing(self, drawing: bool) -> None:
        """Say that the next drag draws, or that it does not."""
        self.lasso_button.setChecked(drawing)
        self.lasso_button.setText("Draw on the slide…" if drawing else "Draw a region…")

    def show_region(self, spots: int | None) -> None:
        """Say which spots a run would take; None means all."""
        whole = spots is None
        say(self.where, "All spots of the section" if whole else f"Region of {spots:,} spots")
        self.whole_button.setVisible(not whole)

    def show_cost(self, said: str, seconds: float | None = None) -> None:
        """Say what a run would cost, while nothing runs."""
        self.cost.setText(unbroken(said))
        self.cost.setVisible(bool(said) and not self.can_cancel)
        self._seconds = seconds

    def show_state(self, state: StepState, said: str = "") -> None:
        """Show a state; what a run costs is for deciding, and goes while it runs."""
        super().show_state(state, said)
        self.cost.setVisible(bool(self.cost.text()) and not state.can_cancel)

    def show_result(self, session: Session | None) -> None:
        """Say what was inferred, and what there is to know about it."""
        record = session.records.get("decompose") if session is not None else None
        if session is None or record is None or not has_expression(session.cells):
            say(self.result, "")
            say(self.notes, "")
            return
        assert session.cells is not None
        table = session.cells.table
        source = table.obs[ExpressionKey.SOURCE]
        seen = (source == ExpressionSource.SPOT).to_numpy()
        spots = table.obs[ExpressionKey.SPOT][seen].astype(str).nunique()
        share = float(table.var[ExpressionKey.EXPLAINED].mean())
        called = session.called
        one = "nucleus" if called == "nuclei" else "cell"
        said = [
            f"{int(seen.sum()):,} {called} touch one of {spots:,} spots; every count of the "
            f"{table.n_vars:,} genes is given to a {one}.",
            f"Counts tell {share:.0%} of how cells of one type differ, mean of all genes; the rest "
            "is the type's.",
        ] * bool(seen.any())
        if outside := int((source == ExpressionSource.PRIOR).sum()):
            said.append(
                f"Always faint: {outside:,} {called} that touch no spot, told without counts of "
                "their own."
            )
        if outside or _of_all_spots(record):
            gone = int((source == ExpressionSource.NONE).sum())
        else:  # of a region the others never were told
            gone = untold_since(session.cells)
        if gone:
            said.append(
                f"Not told: {gone:,} of {table.n_obs:,} {called}, whose type or confidence has "
                f"changed since; press {self._run_text}."
            )
        say(self.result, " ".join(said))
        say(self.notes, "\n".join(f"· {note}" for note in record.notes))


def _of_all_spots(record: RunRecord) -> bool:
    """Whether a run took the whole section: then all nuclei were told, where they are not now."""
    figures = record.figures
    return not figures.get("regions") and figures.get("spots") == figures.get(
        "spots_of_the_sample", -1
    )


def expression_headline(session: Session | None) -> str:
    """How many genes, on how many nuclei."""
    if session is None or session.cells is None or not has_expression(session.cells):
        return ""
    return f"{session.cells.table.n_vars:,} genes, inferred"
