"""The Sample step: open files, say what they are, and ask for what they lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from spotscope import pipeline
from spotscope.widgets.parts._card import StepCard, line, say, unbroken
from spotscope.widgets.parts._in_window import in_window

if TYPE_CHECKING:
    from spotscope.model import Sample
    from spotscope.widgets.dock._state import Facts

__all__ = ["SampleCard", "facts_of", "headline", "problems_of"]


class SampleCard(StepCard):
    """The card of the sample.

    Requests: ``open_requested``, ``folder_requested``, ``image_requested``,
    ``reference_requested``, ``demo_requested``, ``mpp_given(µm per pixel)``.
    """

    open_requested = Signal()
    folder_requested = Signal()
    image_requested = Signal()
    reference_requested = Signal()
    demo_requested = Signal()
    mpp_given = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Sample", None, parent)
        self._sample: Sample | None = None
        self._offered = ""  # the turn whose button stands in this card
        self.invitation = line(
            "Drop a Space Ranger folder or an h5ad anywhere on this window, with its H&E image and "
            "a single-cell reference; both can follow later. The demo brings all three."
        )
        self.facts = line()
        self.notes = line(quiet=True)
        self.add(self.invitation)
        self.add(self._buttons())
        self.add(self.facts)
        self.add(self.notes)
        self.mpp_row = self._mpp_field()
        self.add(self.mpp_row)

    def _buttons(self) -> QWidget:
        self.open_button = QPushButton("Open files…")
        self.open_button.setToolTip("Spots (h5ad), image, reference: at once, or one by one")
        self.folder_button = QPushButton("Open folder…")
        self.folder_button.setToolTip("A Space Ranger outs folder, or a saved result folder")
        self.demo_button = QPushButton("Demo")
        self.demo_button.setToolTip("A small made-up section with its reference")
        self.image_button = QPushButton("Add image…")
        self.image_button.setToolTip("The H&E image of these spots")
        self.image_button.hide()
        self.reference_button = QPushButton("Add reference…")
        self.reference_button.setToolTip("Single cells whose types are known, to type the cells by")
        self.reference_button.hide()
        self.open_button.clicked.connect(lambda: self.open_requested.emit())
        self.folder_button.clicked.connect(lambda: self.folder_requested.emit())
        self.demo_button.clicked.connect(lambda: self.demo_requested.emit())
        self.image_button.clicked.connect(lambda: self.image_requested.emit())
        self.reference_button.clicked.connect(lambda: self.reference_requested.emit())
        rows = QWidget()
        layout = QVBoxLayout(rows)
        layout.setContentsMargins(0, 0, 0, 0)
        for buttons in (
            (self.open_button, self.folder_button, self.demo_button),
            (self.image_button, self.reference_button),
        ):
            row = QHBoxLayout()
            for button in buttons:
                row.addWidget(button)
            row.addStretch()
            layout.addLayout(row)
        return rows

    def offer_reference(self, facts: Facts) -> None:
        """Offer to add a reference to spots that have none, and need one."""
        self.reference_button.setVisible(
            facts.spots and not (facts.reference or facts.typed or facts.problems)
        )

    def _mpp_field(self) -> QWidget:
        row = QWidget()
        self.mpp = QDoubleSpinBox()
        self.mpp.setRange(0.01, 100.0)
        self.mpp.setDecimals(4)
        self.mpp.setSingleStep(0.05)
        self.mpp.setValue(0.5)
        self.mpp.setAccessibleName("µm per pixel")
        use = QPushButton("Use it")
        use.clicked.connect(lambda: self.mpp_given.emit(self.mpp.value()))
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel("Pixel size"))
        layout.addWidget(self.mpp)
        layout.addWidget(QLabel("µm"))
        layout.addWidget(use)
        layout.addStretch()
        row.hide()
        return row

    def ask_for_mpp(self, asked: bool) -> None:
        """Show or hide the pixel-size field."""
        self.mpp_row.setVisible(asked)

    def show_sample(self, sample: Sample | None, *, can_add_image: bool = True) -> None:
        """Show what is open; an image can be added to spots whose file is known."""
        self._sample = sample
        fits = [p.mpp for p in (() if sample is None else sample.problems) if p.mpp is not None]
        self.ask_for_mpp(can_add_image and bool(fits))  # of files that can be read again
        if fits:
            self.mpp.setValue(fits[0])
        self.invitation.setVisible(sample is None)
        say(self.facts, "" if sample is None else "\n".join(facts_of(sample)))
        notes = () if sample is None else sample.notes
        say(self.notes, unbroken("\n".join(f"· {note}" for note in notes)))
        lacks_image = sample is not None and (
            sample.slide is None or (sample.spots is not None and pipeline.too_coarse(sample))
        )
        lost = sample is not None and sample.slide is not None and sample.slide.lost is not None
        self.image_button.setText("Find image…" if lost else "Add image…")
        self.image_button.setVisible(lost or (lacks_image and can_add_image))
        self.demo_button.setVisible(sample is None)
        self.show_trouble(problems_of(sample, self._offered))

    def offer_turn(self, name: str) -> None:
        """Leave it to the line beside the button of this turn to say that one is needed."""
        before, self._offered = self._offered, name
        if self.trouble.text() == problems_of(self._sample, before):
            self.show_trouble(problems_of(self._sample, name))

    def still_of(self, sample: Sample | None) -> str:
        """What does not fit together and no other line of this card says."""
        return problems_of(sample, self._offered)


def problems_of(sample: Sample | None, offered: str = "") -> str:
    """Where image and spots do not fit together, a line each; not what is offered to be turned."""
    problems = [] if sample is None else list(sample.problems)
    problems = [problem for problem in problems if not offered or problem.turn != offered]
    point = "· " if len(problems) > 1 else ""
    return in_window("\n".join(f"{point}{problem}" for problem in problems))


def headline(sample: Sample | None) -> str:
    """Name and scale, for the card's line of state."""
    if sample is None:
        return ""
    if sample.slide is None:
        return f"{sample.name} · no image"
    kind = "H&E" if sample.slide.is_rgb else f"{sample.slide.levels[0].shape[2]} channels"
    return f"{sample.name} · {kind} {sample.slide.mpp:.3g} µm/px"


def facts_of(sample: Sample) -> list[str]:
    """What one would ask first, a line each."""
    facts = []
    if (slide := sample.slide) is not None:
        high, wide = (side / 1000 for side in slide.extent_um)
        px = f"{slide.shape[1]:,} × {slide.shape[0]:,} px"
        facts.append(f"Image {px} · {wide:.2g} × {high:.2g} mm")
    if (spots := sample.spots) is not None:
        lattice = spots.lattice
        layout = {"hex": "hexagonal", "square": "square", "free": "free"}[lattice.kind]
        facts.append(
            f"{spots.n:,} spots of {lattice.diameter_um:.3g} µm · {layout}, "
            f"{lattice.pitch_um:.3g} µm apart"
        )
        median = float(np.median(spots.umis))
        facts.append(f"{spots.table.n_vars:,} genes · median {median:,.0f} UMI a spot")
        # no more than what was looked at: a shift is for the alignment to tell
        if slide is not None and not sample.problems:
            facts.append("All spots lie within the image")
    return facts
