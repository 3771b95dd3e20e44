"""The Nuclei step: what is found, how sure one wants to be, and the settings behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from spotscope import pipeline
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import is_estimated
from spotscope.widgets.nuclei._qc_panel import CheckPanel
from spotscope.widgets.parts._card import StepCard, line, say
from spotscope.widgets.parts._fold import Fold
from spotscope.widgets.parts._histogram import ThresholdSlider
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

    import numpy.typing as npt

    from spotscope.model import Session

__all__ = ["NucleiCard", "nuclei_headline"]

_TOO_COARSE = (
    "Nuclei cannot be told apart at {mpp:.3g} µm a pixel: add the full-resolution image to find "
    "them."
)


class NucleiCard(StepCard):
    """The Nuclei step.

    Asks ``run_requested`` (see :attr:`params`), ``file_requested`` for nuclei that others found,
    ``lend_requested`` for spots without nuclei, and live ``threshold_changed(probability)`` and
    ``overlap_changed(overlap)``; :attr:`check` asks for what checking needs.
    """

    threshold_changed = Signal(float)
    overlap_changed = Signal(float)
    file_requested = Signal()
    lend_requested = Signal()
    main_stage = "finding nuclei"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Nuclei", "Find nuclei", parent)
        field = SegmentationParams.model_fields["probability"]
        self.threshold = ThresholdSlider("Probability", field.description or "")
        self.threshold.show_value(float(field.default))
        self.why = line()
        self.effect = line()
        self.form = params_form(SegmentationParams, leave_out={"probability", "overlap"})
        about = SegmentationParams.model_fields["overlap"]
        self.overlap = ThresholdSlider("Overlap", about.description or "", most=0.6)
        self.overlap.show_value(float(about.default))
        self.rows = form_view(self.form)
        self.settings = Fold("Settings", self.rows)
        self.check = CheckPanel()
        self.check.hide()
        self.add(self.why)
        self.add(self.threshold)
        self.add(self.overlap)
        self.add(self.effect)
        self.add(self.settings)
        self.add(self._other_ways())
        self.add(self.lent)
        self.add(self.check)
        self._probability: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self._before: Session | None = None
        self.threshold.changed.connect(self._on_threshold_changed)
        self.overlap.changed.connect(self.overlap_changed)
        self.form.changed.connect(lambda *_: self._show_acting())
        self._show_acting()

    def _other_ways(self) -> QWidget:
        """Nuclei and cells that are not looked for."""
        self.file = QPushButton("From a file…")
        self.file.setToolTip(
            "Nuclei that others found on this slide: a label image (Cellpose, Mesmer, 10x), or "
            "GeoJSON of QuPath. One may also be dropped on the window."
        )
        self.lend = QPushButton("Fill empty spots")
        self.lend.setToolTip(
            "Tissue spots where no nucleus was found get an estimated number of cells: as many as "
            "spots with similar counts hold. They are marked as estimated; Undo takes them back."
        )
        self.file.clicked.connect(lambda: self.file_requested.emit())
        self.lend.clicked.connect(lambda: self.lend_requested.emit())
        self.lent = line()
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        for button in (self.file, self.lend):
            button.hide()
            layout.addWidget(button)
        layout.addStretch()
        return row

    @property
    def params(self) -> SegmentationParams:
        """What the form and the slider say."""
        return values(
            self.form,
            SegmentationParams,
            probability=self.threshold.value,
            overlap=self.overlap.value,
        )

    def show_nuclei(self, session: Session | None) -> None:
        """Show the nuclei of a session."""
        nuclei = session.nuclei if session is not None else None
        before = self._before.sample if self._before is not None else None
        if session is None or not session.sample.same_as(before):
            self.say_lent("")
        self._before = session
        # cells that were counted are no more or less sure than the threshold
        self._probability = (
            nuclei.probability[~is_estimated(nuclei)]
            if nuclei is not None
            else np.zeros(0, np.float32)
        )
        self.threshold.show_values(self._considered(session))
        self._show_ways(session)
        self._say_effect()

    def say_lent(self, text: str) -> None:
        """Say how many cells were lent, and what that is worth."""
        say(self.lent, text)

    def _show_ways(self, session: Session | None) -> None:
        """Without a slide that tells nuclei there is nothing to look at: only to estimate."""
        sample, blind = session.sample if session is not None else None, _is_blind(session)
        seen = None if sample is None or not blind else sample.slide
        say(self.why, "" if seen is None else _TOO_COARSE.format(mpp=seen.mpp))
        self._run_text = "Estimate cells" if blind else "Find nuclei"
        if not self.can_cancel:
            self.button.setText(self._run_text)
        for widget in (self.threshold, self.settings):
            widget.setVisible(not blind)
        self._show_acting()
        self.file.setVisible(sample is not None and not blind)
        both = sample is not None and sample.spots is not None and not blind
        self.lend.setVisible(both and session is not None and session.nuclei is not None)

    def can_choose(self, session: Session) -> bool:
        """Whether the thresholds can choose among candidates that were kept."""
        return pipeline.can_choose(session, self.params)

    def say_choosing(self) -> None:
        """Nothing is hidden: other nuclei are being chosen."""
        say(self.effect, "")

    def show_params(self, params: Mapping[str, Any]) -> None:
        """Show the parameters of an earlier run."""
        set_values(self.form, params)
        if "probability" in params:
            self.threshold.show_value(float(params["probability"]))
        if "overlap" in params:
            self.overlap.show_value(float(params["overlap"]))
        self._show_acting()
        self._say_effect()

    def _considered(self, session: Session | None) -> npt.NDArray[np.float32]:
        """Probabilities of all candidates, where they are known; else of the nuclei."""
        candidates = None if session is None else pipeline.considered(session)
        return self._probability if candidates is None else candidates.probability

    def _show_acting(self) -> None:
        """Show the settings that the model and the slide can feel: the others turn nothing."""
        slide = self._before.sample.slide if self._before is not None else None
        names = self.params.acting(coloured=slide is not None and slide.is_rgb)
        self.overlap.setVisible("overlap" in names and not _is_blind(self._before))
        show_rows(self.rows, self.form, names)

    def _on_threshold_changed(self, value: float) -> None:
        self._say_effect()
        self.threshold_changed.emit(value)

    def _say_effect(self) -> None:
        """What the threshold would change; of nuclei that others found, what was taken over."""
        session = self._before
        record = None if session is None else session.records.get("segment")
        if session is not None and record is not None and "nuclei" in record.inputs:
            say(self.effect, "" if _is_blind(session) else " ".join(record.notes))
            return
        n = len(self._probability)
        kept = int((self._probability >= self.threshold.value).sum())
        said = f"{kept:,} of {n:,} are this sure; find again to leave the others out"
        say(self.effect, said if kept < n else "")


def _is_blind(session: Session | None) -> bool:
    """Whether no image tells the nuclei of what is open."""
    sample = None if session is None else session.sample
    return sample is not None and (sample.slide is None or pipeline.is_thumbnail(sample))


def nuclei_headline(session: Session | None) -> str:
    """How many, and how dense: on the tissue, where it is known, without what was excluded."""
    if session is None or session.nuclei is None:
        return ""
    if session.nuclei.n == 0:
        return "none found; lower the probability"
    guessed = int(is_estimated(session.nuclei).sum())
    if guessed == session.nuclei.n:
        return f"{guessed:,} cells, estimated"
    found = f"{session.nuclei.n - guessed:,} found"
    area, of = pipeline.nuclei_area(session)
    if area:
        found += (
            f" · {(session.nuclei.n - guessed) / area:,.0f}/mm²{'' if of == 'tissue' else f' {of}'}"
        )
    return f"{found} · {guessed:,} estimated" if guessed else found
