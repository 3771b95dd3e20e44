"""The Cell types step: the reference, ν, what it flips, and the legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QPushButton, QWidget

from spotscope.layers import TypeLooks
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.model import CellKey, TypeSource, is_estimated
from spotscope.pipeline import applying, as_applying, said_of_slices
from spotscope.widgets.canvas._layer_data import UNKNOWN
from spotscope.widgets.cell_typing._held_deeds import is_held
from spotscope.widgets.cell_typing._legend import Legend, LegendRow
from spotscope.widgets.cell_typing._nu_dial import NuDial
from spotscope.widgets.parts._card import StepCard, line, say, unbroken
from spotscope.widgets.parts._fold import Fold
from spotscope.widgets.parts._params_form import (
    form_view,
    params_form,
    set_values,
    show_rows,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from spotscope.layers import Colour
    from spotscope.methods.cell_typing import CellTyping, FittedTyping
    from spotscope.model import Cells, Reference, Session

    Colours = Mapping[str, Colour]

__all__ = ["TypingCard", "typing_headline"]

AGAINST = (
    "Cells were typed anew from half of the counts, by the method and by the baseline, and both "
    "judged on the other half by the mean profiles of their cells: bits beyond the section's "
    "average. Least squares aims at nothing else; whole cells that agree with their neighbours may "
    "tell less of the counts and yet be right more often, as on the data whose truth is known."
)


class TypingCard(StepCard):
    """The card of cell typing.

    Requests: ``run_requested`` (see :attr:`params`), ``reference_requested``, ``nu_changed(ν)``
    while the dial turns, ``auto_requested``, ``hidden_changed(types)``, ``fading_toggled(on)``,
    ``changes_toggled(on)``, ``canvas_legend_toggled(on)``.
    """

    reference_requested = Signal()
    nu_changed = Signal(float)
    auto_requested = Signal()
    hidden_changed = Signal(object)
    fading_toggled = Signal(bool)
    changes_toggled = Signal(bool)
    canvas_legend_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Cell types", "Type cells", parent)
        self.reference_line = line("No reference yet")
        self.reference_button = QPushButton("Reference…")
        self.reference_button.setToolTip("Single cells whose types are known: h5ad or 10x h5")
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.reference_line, 1)
        layout.addWidget(self.reference_button)
        self.dial = NuDial()
        self.effect = line()
        self.changes = line()
        self.legend = Legend()
        self.looks = TypeLooks()
        self._types: tuple[str, ...] = ()
        self._called = "nuclei"
        self.slices = line()
        self.key = line(quiet=True)
        self.against = line()
        self.against.setToolTip(AGAINST)
        self.notes = line(quiet=True)
        self.form = params_form(CellTypingParams, leave_out={"nu"})
        self.rows = form_view(self.form)
        self.settings = Fold("Settings", self.rows)
        self._session: Session | None = None
        self.form.changed.connect(lambda *_: self._show_applying())
        for widget in (
            row,
            self.dial,
            self.effect,
            self.changes,
            self.slices,
            self.legend,
            self._shown_row(),
            self.key,
            self.against,
            self.notes,
            self.settings,
        ):
            self.add(widget)
        self.legend.hide()
        self.reference_button.clicked.connect(lambda: self.reference_requested.emit())
        self.dial.nu_changed.connect(self.nu_changed)
        self.dial.auto_changed.connect(self._on_auto_changed)
        self.legend.types.hidden_changed.connect(
            lambda names: self.hidden_changed.emit(self._types_of(names))
        )

    def _shown_row(self) -> QWidget:
        self.fading = QCheckBox("Fade the unsure")
        self.fading.setToolTip("The less sure a cell's type is, the fainter it is drawn")
        self.marking = QCheckBox("Outline changes")
        self.marking.setToolTip("Black and white rims around cells whose type ν has just changed")
        self.marking.setChecked(True)
        self.on_canvas = QCheckBox("Legend on slide")
        self.on_canvas.setToolTip("Name the colours in the corner of the slide too")
        self.on_canvas.setChecked(True)
        self.on_canvas.toggled.connect(self.canvas_legend_toggled)
        self.fading.clicked.connect(self.fading_toggled)
        self.marking.clicked.connect(self.changes_toggled)
        self.shown_row = QWidget()
        layout = QGridLayout(self.shown_row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.fading, 0, 0)
        layout.addWidget(self.marking, 0, 1)
        layout.addWidget(self.on_canvas, 1, 0)
        layout.setColumnStretch(2, 1)
        self.shown_row.hide()
        return self.shown_row

    @property
    def params(self) -> CellTypingParams:
        """What the form and the dial say."""
        nu = "auto" if self.dial.is_auto else self.dial.nu
        return as_applying(self._session, values(self.form, CellTypingParams, nu=nu))

    def show_sample(self, session: Session | None) -> None:
        """Show the settings that this sample can feel."""
        self._session = session
        self._show_applying()

    def _show_applying(self) -> None:
        names = applying(self._session, values(self.form, CellTypingParams, nu="auto"))
        show_rows(self.rows, self.form, names)

    def show_reference(self, reference: Reference | None) -> None:
        """Say which reference is open."""
        if reference is None:
            say(self.reference_line, "No reference yet")
            return
        cells, types = reference.table.n_obs, reference.n_types
        said = f"{reference.name} · {cells:,} cells of {types} types"
        say(self.reference_line, said)
        self.reference_line.setToolTip(", ".join(reference.types))

    def show_typing(self, typing: CellTyping) -> None:
        """Say what a fit or a new ν came to."""
        if self.dial.is_auto:  # else it stands where the hand has put it
            self.dial.show_nu(float(typing.nu), auto=True)
        flipped = f"{typing.share_flipped:.1%} of {self._called} in spots are other than at ν = 0"
        say(self.effect, flipped)
        self.effect.setToolTip("ν = 0: no smoothing")
        say(self.notes, unbroken("\n".join(f"· {note}" for note in typing.notes)))

    def show_counts(self, counts: Mapping[str, int]) -> None:
        """Change the legend's numbers; those of no type stand under an empty name."""
        by_type = {name: count for name, count in counts.items() if name}
        self.legend.types.show_counts({**self.looks.counts(by_type), UNKNOWN: counts.get("", 0)})

    def show_changes(self, changed: int, of: int, since: float) -> None:
        """Say how many nuclei are of another type than at the ν before."""
        share = changed / max(of, 1)
        when = "" if since == self.dial.nu else f" since ν = {since:.3g}"
        said = f"{changed:,} {self._called} ({share:.1%}) have changed{when}"
        say(self.changes, said if of else "")

    def hide_types(self, types: frozenset[str]) -> None:
        """Hide types, by the names they have in the reference."""
        self.legend.types.hide(frozenset(map(self.looks.shown, types)))

    def _types_of(self, names: frozenset[str]) -> frozenset[str]:
        """Types behind shown names."""
        found = {name for name in self._types if self.looks.shown(name) in names}
        return frozenset(found | ({UNKNOWN} & names))

    def show_cells(self, session: Session | None, colours: Colours) -> None:
        """Show the legend of a session's cells."""
        cells = session.cells if session is not None else None
        self.legend.setVisible(cells is not None)
        self.shown_row.setVisible(cells is not None)
        if session is None or cells is None:
            self._types = ()
            self.legend.types.show_rows([])
            shown = self.effect, self.changes, self.slices, self.key, self.against, self.notes
            for words in shown:
                say(words, "")
            return
        self._types, self._called = cells.types, session.called
        self.legend.types.called = session.called
        counts = self.looks.counts(cells.counts_per_type())
        unknown = cells.n - sum(counts.values())
        if unknown:
            counts[UNKNOWN] = counts.get(UNKNOWN, 0) + unknown
        rows = [LegendRow(name, colours[name], count) for name, count in counts.items()]
        self.legend.types.show_rows(rows)
        say(self.slices, said_of_slices(session))
        say(self.against, _against_baseline(session))
        say(self.key, _pale(session, cells))

    def show_params(self, params: Mapping[str, Any]) -> None:
        """Show the parameters of an earlier run."""
        set_values(self.form, params)
        nu = params.get("nu", "auto")
        used = params.get("nu_used", nu)
        if used != "auto":
            self.dial.show_nu(float(used), auto=nu == "auto")

    def show_fit(self, fitted: FittedTyping | None) -> None:
        """Show what a fit says of every ν, or that the dial has none to act on."""
        tip = "" if fitted is not None else "Type cells first; then the dial acts at once."
        self.dial.slider.setToolTip(tip)
        grid = fitted.nu_grid if fitted is not None else ()
        losses = fitted.nu_scores if fitted is not None else ()
        self.dial.scores.show_scores(grid, losses, fitted.auto_nu if fitted is not None else 0.0)
        if fitted is None and self.dial.is_auto and not self._types:
            self.dial.show_unknown()

    def _on_auto_changed(self, ticked: bool) -> None:
        if ticked:
            self.auto_requested.emit()


def _pale(session: Session, cells: Cells) -> str:
    """Which nuclei the canvas draws in the paler of their type's two colours, and how many."""
    held = is_held(session)
    between = (cells.table.obs[CellKey.SOURCE] == TypeSource.NEIGHBOURS).to_numpy()
    guessed = np.zeros(cells.n, bool) if cells.outlines is None else is_estimated(cells.outlines)
    estimated = int((guessed & (cells.type_codes >= 0)).sum())
    n, by_hand = (int((between & ~guessed & of).sum()) for of in (~held, held))
    said = [f"{n:,} nuclei less than half in a spot, typed by neighbours"] if n else []
    said += [f"{by_hand:,} between spots, held by hand"] if by_hand else []
    said += [f"{estimated:,} estimated"] if estimated else []
    return f"Pale: {'; '.join(said)}" if said else ""


def _against_baseline(session: Session) -> str:
    """What the labels are worth beside the baseline's, in the command line's words."""
    record = session.records.get("type")
    told = record.figures.get("against_baseline") if record is not None else None
    if told is None:
        return ""
    return "▲ " * bool(told["loses"]) + str(told["sentence"])


def typing_headline(session: Session | None) -> str:
    """How many types, on how many nuclei or cells."""
    if session is None or session.cells is None:
        return ""
    counts = session.cells.counts_per_type()
    found = sum(1 for count in counts.values() if count)
    return f"{found} types on {sum(counts.values()):,} {session.called}"
