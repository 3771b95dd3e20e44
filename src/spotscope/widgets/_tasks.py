"""What the workbench runs on a thread: opening, typing, typing anew; no Qt in here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from spotscope import io, pipeline
from spotscope.layers import nuclei_codes
from spotscope.model import OutFile, Progress, Session
from spotscope.pipeline import user_cache

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import scipy.sparse as sp

    from spotscope.methods.cell_typing import CellTypingParams, FittedTyping
    from spotscope.model import Reference, Sample, Task
    from spotscope.pipeline import Typed

__all__ = [
    "Opened",
    "adopt_task",
    "demo_task",
    "open_task",
    "read_demo",
    "retype_task",
    "type_task",
    "warm_up_task",
]


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
    """

    session: Session
    reference: Reference | None = None
    fitted: FittedTyping | None = None
    by_gene: sp.csc_matrix | None = None
    source: Path | None = None


def warm_up_task() -> Task[None]:
    """Load what the first layer with units would load while the window waits: half a second."""
    yield Progress("warming up", 0, 1)
    import pint

    pint.get_application_registry().Unit("micrometer")  # type: ignore[no-untyped-call]


def open_task(
    paths: Sequence[Path], image: Path | None, mpp: float | None, beside: bool
) -> Task[Opened | Reference]:
    """Tell samples from references, and open them; ``beside``: to spots that are open already."""
    yield Progress("looking at the files", 0, 1)
    references = [path for path in paths if _is_reference(path)]
    samples = [path for path in paths if path not in references]
    # alone and with nothing to type, a reference is opened as the sample it may also be
    if not samples and not beside:
        samples, references = references[:1], references[1:]
    reference = None
    if references:
        reference = yield from pipeline.read_reference(references[0])
        if not samples:
            return reference
    opened = yield from _open_sample(samples[0], image, mpp)
    return replace(opened, reference=reference)


def _is_reference(path: Path) -> bool:
    return path.suffix == ".h5ad" and io.describe(path).kind == "single-cell reference"


def _open_sample(path: Path, image: Path | None, mpp: float | None) -> Task[Opened]:
    folder = path.parent if path.name == OutFile.SESSION else path
    if (folder / OutFile.SESSION).exists():
        session = yield from pipeline.open_session(folder)
        opened = yield from adopt_task(session, None)
        caches = (pipeline.StepCache(root) for root in (folder / OutFile.STEPS, user_cache()))
        found = (pipeline.load_fitted_of(session, cache) for cache in caches)
        return replace(opened, fitted=next((fit for fit in found if fit is not None), None))
    sample = yield from pipeline.read_sample(path, image=image, mpp=mpp)
    opened = yield from adopt_task(Session(sample), None)
    return replace(opened, source=path)


def demo_task() -> Task[Opened]:
    sample, reference = yield from read_demo()
    return (yield from adopt_task(Session(sample), reference))


def adopt_task(session: Session, reference: Reference | None) -> Task[Opened]:
    by_gene = None
    if session.sample.spots is not None:
        yield Progress("sorting counts by gene", 0, 1)
        by_gene = session.sample.spots.counts.tocsc()
    return Opened(session, reference, by_gene=by_gene)


def read_demo() -> Task[tuple[Sample, Reference]]:
    """Make the demo sample's files once, and open them."""
    files = yield from pipeline.write_demo(pipeline.user_cache())
    sample = yield from pipeline.read_sample(files["spots"], image=files["image"])
    reference = yield from pipeline.read_reference(files["reference"])
    return sample, reference


Types = tuple["Typed", "npt.NDArray[np.uint8]"]


def type_task(session: Session, reference: Reference, params: CellTypingParams) -> Task[Types]:
    typed = yield from pipeline.typing_step(session, reference, params)
    return _coded(typed)


def retype_task(session: Session, fitted: FittedTyping, nu: float) -> Task[Types]:
    yield Progress("settling cell types", 0, 1)
    return _coded(pipeline.retype(session, fitted, nu))


def _coded(typed: Typed) -> Types:
    assert typed.session.nuclei is not None
    return typed, nuclei_codes(typed.session.nuclei.n, typed.session.cells)
