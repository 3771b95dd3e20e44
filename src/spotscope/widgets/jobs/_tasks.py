"""What the workbench runs on a thread: opening, typing, typing anew; no Qt in here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope import pipeline
from spotscope.layers import (
    BINS_FROM,
    nuclei_codes,
    nuclei_layer,
    nuclei_lut,
    slide_layer,
    type_colours,
)
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import OutFile, Progress, ReadError, Session, TypeSource, is_estimated
from spotscope.widgets.canvas._layer_data import by_label, spots_data
from spotscope.widgets.jobs._references import reference_task, sort_out
from spotscope.widgets.jobs._source import refuse_lost, source_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt
    import scipy.sparse as sp
    from napari.types import LayerData

    from spotscope.methods.cell_typing import CellTyping, CellTypingParams, FittedTyping
    from spotscope.model import Reference, Sample, Task
    from spotscope.pipeline import Finding, Typed

__all__ = [
    "Opened",
    "Recoloured",
    "adopt_task",
    "demo_task",
    "keep_task",
    "nuclei_task",
    "open_task",
    "read_demo",
    "recolour_task",
    "retype_task",
    "save_task",
    "type_task",
]

#: Pixels of a pyramid's level that is decoded before it is shown.
SEEN_FIRST = 2**22
Found = tuple[Session, "Mapping[str, LayerData]"]
#: With the session of before.
Types = tuple["Typed", "npt.NDArray[np.uint8]", "Session"]


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """What opening gave.

    Parameters
    ----------
    session
        The sample, with what was saved of it.
    reference
        That came with it, or None.
    fitted
        The fit behind its cells, where it is still to be had.
    by_gene
        (spot, gene) counts as columns, so that a gene is fetched while typing; None without spots.
    source
        The spots' file or folder, or None.
    drawn
        Its layers by part, as far as they are costly to make.
    refused
        Why a reference that was given with it could not be taken.
    errors
        What had gone wrong in the dock that was closed, by step.
    asked
        What had been asked before: the answers, or the result folder that has them, which are read
        when all else is shown.
    """

    session: Session
    reference: Reference | None = None
    fitted: FittedTyping | None = None
    by_gene: sp.csc_matrix | None = None
    source: Path | None = None
    drawn: Mapping[str, LayerData] = field(default_factory=dict)
    refused: ReadError | None = None
    errors: Mapping[Any, str] = field(default_factory=dict)
    asked: Path | tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Recoloured:
    """Types of the same nuclei at another ν, as much of them as is shown while a hand moves.

    Parameters
    ----------
    before
        The session that was asked.
    typing
        The answer of its fit.
    codes
        (nucleus + 1,) colour codes.
    counts
        Nuclei of every type, and of none under ``""``.
    support
        (nucleus + 1,) how sure the types are.
    """

    before: Session
    typing: CellTyping
    codes: npt.NDArray[np.uint8]
    counts: dict[str, int]
    support: npt.NDArray[np.float32]


def open_task(
    paths: Sequence[Path],
    image: Path | None,
    mpp: float | None,
    beside: bool,
    bare: Path | None = None,
) -> Task[Opened | Reference]:
    """Tell samples from references, and open them; ``beside``: to spots that are open already.

    Spots open all the same where the file beside them can be no reference. An image that came with
    a reference alone is added to the spots that lack one, of the file ``bare``.
    """
    yield Progress("looking at the files", 0, 1)
    refuse_lost(paths, image)
    samples, references, refused = sort_out(paths, beside)
    if image is not None and bare is not None and not samples:
        samples = [bare]
    reference = None
    opened = None
    # alone and with nothing to type, a reference is opened as the sample it may also be
    if references and not samples and not beside:
        try:
            opened = yield from _open_sample(references[0], image, mpp)
            references = references[1:]
        except ReadError:  # it has no places: the spots will follow
            opened = None
    if references:
        try:
            reference = yield from reference_task(_one(references, "reference"))
        except ReadError as err:
            if not samples:
                raise
            refused = err
    if opened is None and samples:
        opened = yield from _open_sample(_one(samples, "file of spots"), image, mpp)
    if opened is None:
        assert reference is not None
        return reference
    return replace(opened, reference=reference, refused=refused)


def _one(paths: Sequence[Path], what: str) -> Path:
    """The only file of a kind: none is left out without a word."""
    if len(paths) > 1:
        found = ", ".join(path.name for path in paths)
        raise ReadError(f"Expected one {what}, found {len(paths)} ({found}); open one of them.")
    return paths[0]


def _open_sample(path: Path, image: Path | None, mpp: float | None) -> Task[Opened]:
    folder = path.parent if path.name == OutFile.SESSION else path
    if (folder / OutFile.SESSION).exists():
        session = yield from pipeline.open_session(folder, image=image)
        pipeline.fetch_candidates(session, folder / OutFile.STEPS)
        opened = replace((yield from adopt_task(session, None)), source=source_of(session))
        return replace(opened, fitted=pipeline.find_fitted(session, folder), asked=folder)
    sample = yield from pipeline.read_sample(path, image=image, mpp=mpp)
    opened = yield from adopt_task(Session(sample), None)
    return replace(opened, source=path)


def demo_task() -> Task[Opened]:
    sample, reference = yield from read_demo()
    return (yield from adopt_task(Session(sample), reference))


def adopt_task(session: Session, reference: Reference | None) -> Task[Opened]:
    """Prepare what the window would otherwise wait for."""
    by_gene, drawn = None, {}
    if session.sample.spots is not None:
        yield Progress("sorting counts by gene", 0, 1)
        by_gene = session.sample.spots.counts.tocsc()
        if session.sample.spots.n >= BINS_FROM:
            drawn["spots"] = spots_data(session.sample)
    if session.sample.slide is not None:
        yield Progress("reading the slide from afar", 0, 1)
        _look_from_afar(session.sample.slide.levels)
        drawn["slide"] = slide_layer(session.sample.slide, session.sample.name)
    if session.labels is not None:
        drawn["nuclei"] = yield from draw_task(session)
    return Opened(session, reference, by_gene=by_gene, drawn=drawn)


def keep_task(opened: Opened) -> Task[Opened]:
    """What a dock that was closed has left, as if it were opened again."""
    yield Progress("coming back", 0, 1)
    return opened


def read_demo() -> Task[tuple[Sample, Reference]]:
    """Make the demo sample's files once, and open them."""
    files = yield from pipeline.write_demo(pipeline.user_cache())
    sample = yield from pipeline.read_sample(files["spots"], image=files["image"])
    reference = yield from pipeline.read_reference(files["reference"])
    return sample, reference


def nuclei_task(session: Session, how: SegmentationParams | Path) -> Task[Found]:
    """Find nuclei, take those of a file, or put cells where no slide tells them; make the layer."""
    if not isinstance(how, SegmentationParams):
        found = yield from pipeline.import_step(session, how)
    elif session.sample.slide is None or pipeline.is_thumbnail(session.sample):
        found = yield from pipeline.estimate_step(session)
    else:
        found = yield from pipeline.segmentation_step(session, how)
    drawn = yield from draw_task(found)
    return found, {"nuclei": drawn}


def draw_task(session: Session) -> Task[LayerData]:
    """Make the nuclei layer; what is seen first of it is decoded here, not by the window."""
    yield Progress("drawing the nuclei", 0, 1)
    pipeline.considered(session)  # read here, and kept: thresholds choose among them at once
    data = nuclei_layer(session, type_colours(session.cells.types if session.cells else ()))
    for level in data[0]:
        if level.size <= SEEN_FIRST:
            yield Progress("drawing the nuclei", 0, 1)
            level[:, :]
    return data


def type_task(session: Session, reference: Reference, params: CellTypingParams) -> Task[Types]:
    typed = yield from pipeline.typing_step(session, reference, params)
    return _coded(typed, session)


def recolour_task(session: Session, fitted: FittedTyping, nu: float) -> Task[Recoloured]:
    """Settle the labels at another ν: their colours and numbers, and no table."""
    yield Progress("settling cell types", 0, 1)
    assert session.nuclei is not None
    typing = pipeline.settle_types(session, fitted, nu, quick=True)
    nuclei, n_types = session.nuclei, len(typing.types)
    own = (np.asarray(typing.source) == TypeSource.SPOT) & ~is_estimated(nuclei)
    labels = nuclei.label_id.astype(np.int64)
    codes = nuclei_lut(nuclei.last_label, typing.codes, own, n_types, labels)
    held = np.bincount(typing.codes + 1, minlength=len(typing.types) + 1)
    counts = dict(zip(("", *typing.types), map(int, held), strict=True))
    return Recoloured(session, typing, codes, counts, by_label(session, labels, typing.support))


def retype_task(session: Session, fitted: FittedTyping, nu: float) -> Task[Types]:
    yield Progress("settling cell types", 0, 1)
    base = yield from pipeline.base_types(session, fitted, nu)
    return _coded(pipeline.retype(session, fitted, nu, base), session)


def save_task(
    session: Session, out: Path, fitted: FittedTyping | None, nu: float | None
) -> Task[Path]:
    """Write the output folder; settle the types first, where the colours are ahead of them."""
    if fitted is not None and nu is not None:
        yield Progress("settling cell types", 0, 1)
        base = yield from pipeline.base_types(session, fitted, nu)
        session = pipeline.retype(session, fitted, nu, base).session
    return (yield from pipeline.save_session(session, out))


def _coded(typed: Typed, before: Session) -> Types:
    assert typed.session.nuclei is not None
    return typed, nuclei_codes(typed.session.nuclei.last_label, typed.session.cells), before


def _look_from_afar(levels: Sequence[Any]) -> None:
    """Read the coarsest level once: its chunks are then at hand when the window asks."""
    if levels[-1].size <= 3 * SEEN_FIRST:
        np.asarray(levels[-1])
