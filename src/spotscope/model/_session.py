"""What is open: one sample, and what has been found on it so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from spotscope.model._edit_apply import Edited, apply_edits
from spotscope.model._edits import EditLog
from spotscope.model._estimated import is_estimated

if TYPE_CHECKING:
    from collections.abc import Mapping

    import dask.array as da
    import numpy.typing as npt

    from spotscope.model._cells import Cells
    from spotscope.model._method import Problem
    from spotscope.model._record import RunRecord
    from spotscope.model._slide import Slide
    from spotscope.model._spots import Spots
    from spotscope.model._star_convex import StarConvex
    from spotscope.model._transform import Transform

__all__ = ["Labels", "Sample", "Session"]


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """A label image as a lazy pyramid, in the slide's frame: 0 background, i the nucleus i.

    Parameters
    ----------
    levels
        Dask arrays (y, x) uint32, finest first.
    mpp
        µm per pixel of level 0.
    """

    levels: tuple[da.Array, ...]
    mpp: float


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One section: its image, its spots, or both.

    Parameters
    ----------
    name
        Opens the names of its layers.
    slide, spots
        At least one of them.
    notes
        What reading it brought up: pixel size inferred, genes named twice, spots flagged.
    problems
        Where image and spots do not fit together; shown before anything is run.
    opened
        What it was opened from, to be opened so again: ``path``, ``image``, ``mpp`` as they were
        given; empty for one made in memory.
    alignment
        By which the spots were moved upon the image since they were read; None where they lie as
        their files say.
    full_mpp
        µm per pixel of the full-resolution image, where the slide is a smaller copy of it that was
        found beside the spots.
    identity
        The same object in samples that differ only in what was told of their spots.
    """

    name: str
    slide: Slide | None = None
    spots: Spots | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    opened: Mapping[str, Any] = field(default_factory=dict)
    alignment: Transform | None = None
    full_mpp: float | None = None
    identity: object = field(default_factory=object, repr=False)

    def __post_init__(self) -> None:
        assert self.slide is not None or self.spots is not None

    @property
    def drawn_mpp(self) -> float | None:
        """µm per pixel in which others draw on it: of full resolution; None without an image.

        Nobody draws on the copies that lie beside spots: QuPath has the image they were made of.
        """
        if self.slide is None:
            return None
        return self.slide.mpp if self.full_mpp is None else self.full_mpp

    def same_as(self, other: Sample | None) -> bool:
        """Whether it is the same image with the same spots, whatever was told of them since."""
        return other is not None and self.identity is other.identity


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A sample and every result on it; a new result makes a new session.

    Parameters
    ----------
    sample
        The section.
    nuclei
        Outlines, or None before segmentation: those found, with the edits laid upon them.
    labels
        The outlines drawn as a label pyramid.
    cells
        Typed cells, or None before typing.
    records
        How each result came about, by step.
    view
        What the window needs to come back as it was left (JSON).
    found
        The outlines as they were found, before any edit; None where ``nuclei`` are those.
    edits
        What was corrected by hand.
    measures
        (nucleus,) numbers by name, in the order of ``nuclei``; see
        :class:`~spotscope.model.MeasureKey`.
    """

    sample: Sample
    nuclei: StarConvex | None = None
    labels: Labels | None = None
    cells: Cells | None = None
    records: Mapping[str, RunRecord] = field(default_factory=dict)
    view: Mapping[str, Any] = field(default_factory=dict)
    found: StarConvex | None = None
    edits: EditLog = field(default_factory=EditLog)
    measures: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """What is typed is called so: ``nuclei`` that were all seen, else ``cells``."""
        seen = self.nuclei is not None and not is_estimated(self.nuclei).any()
        return "nuclei" if seen else "cells"

    def with_spots(self, spots: Spots) -> Session:
        """The same session, with what was told of its spots (:meth:`Spots.told`)."""
        return replace(self, sample=replace(self.sample, spots=spots))

    @property
    def as_found(self) -> StarConvex | None:
        """The nuclei before any edit; None before segmentation."""
        return self.found if self.found is not None else self.nuclei

    def corrected(self, found: StarConvex, edits: EditLog | None = None) -> Edited:
        """Edits laid upon nuclei of this slide: the session's own, or others."""
        log = self.edits if edits is None else edits
        slide = self.sample.slide
        return apply_edits(found, log.done, None if slide is None else slide.extent_um)
