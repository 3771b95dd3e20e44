"""The verbs of the Python interface: each takes a session and returns a new one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import Session, run, update
from spotscope.pipeline._cache import StepCache
from spotscope.pipeline._executor import open_executor
from spotscope.pipeline._given import regions_from
from spotscope.pipeline._read import read_reference, read_sample
from spotscope.pipeline._regions import flag_outside
from spotscope.pipeline._save import open_session, save_session
from spotscope.pipeline._window import open_window
from spotscope.pipeline.cell_typing._step import Typed, typing_step
from spotscope.pipeline.segmentation._cell_numbers import cells_of_spots
from spotscope.pipeline.segmentation._measure import measure_step
from spotscope.pipeline.segmentation._step import segmentation_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.model import Progress, Reference

    OnProgress = Callable[[Progress], None] | None

__all__ = ["load", "read", "save", "segment", "type_cells", "view"]


def read(
    path: str | Path,
    *,
    image: str | Path | None = None,
    mpp: float | None = None,
    on_progress: OnProgress = None,
) -> Session:
    """Open a sample.

    Parameters
    ----------
    path
        Space Ranger folder, h5ad, legacy ST table, or a slide image alone.
    image
        The slide image, where it is not found beside the spots.
    mpp
        µm per pixel of the full-resolution image, where no file says it.
    on_progress
        Called with every :class:`~spotscope.model.Progress`.

    Raises
    ------
    ReadError
        If a file is not what it should be.
    """
    return Session(run(read_sample(path, image=image, mpp=mpp), on_progress))


def load(
    out: str | Path, *, image: str | Path | None = None, on_progress: OnProgress = None
) -> Session:
    """Open what :func:`save` wrote.

    Parameters
    ----------
    out
        The folder.
    image
        The slide, where it is not where it was.
    on_progress
        Called with every :class:`~spotscope.model.Progress`.

    Raises
    ------
    ReadError
        If there is no session, it is damaged, or a newer spotscope wrote it; or ``image`` is not
        its slide.
    """
    return run(open_session(out, image=image), on_progress)


def segment(
    session: Session,
    *,
    regions: Any = (),
    workers: int | None = None,
    scheduler: str | None = None,
    device: str = "auto",
    cache: Path | None = None,
    on_progress: OnProgress = None,
    **params: Any,
) -> Session:
    """Find the nuclei of the session's slide, and measure them.

    Parameters
    ----------
    session
        With a slide.
    regions
        Only in these: :class:`~spotscope.model.Region`, their records in µm, JSON text, or a
        GeoJSON file; by default everywhere. Spots outside are marked.
    workers, scheduler
        Threads, or the address of a Dask cluster.
    device
        Where a network computes; ``auto`` takes CUDA, then MPS, then the processor.
    cache
        Folder where results are kept; the user's cache by default.
    on_progress
        Called with every :class:`~spotscope.model.Progress`.
    **params
        Of :class:`~spotscope.methods.segmentation.SegmentationParams`.

    Raises
    ------
    ParamsError, MethodError
        If a parameter is out of range, or there is no slide to work on.
    """
    chosen = update(SegmentationParams(), **params)
    slide = session.sample.slide  # without one the step says so
    within = regions_from(regions, session.sample) if regions and slide is not None else ()
    if within:
        session = replace(session, sample=flag_outside(session.sample, within))
    with open_executor(workers, scheduler) as executor:
        task = segmentation_step(
            session,
            chosen,
            cache=_cache(cache),
            executor=executor,
            regions=within,
            device=device,
        )
        found = run(task, on_progress)
    return run(measure_step(found), on_progress)


def type_cells(
    session: Session,
    reference: Reference | str | Path,
    *,
    cell_type: str = "cell_type",
    labels: str | Path | None = None,
    n_cells: str | None = None,
    seed: int = 0,
    cache: Path | None = None,
    on_progress: OnProgress = None,
    **params: Any,
) -> Typed:
    """Type the session's nuclei; without nuclei, as many cells as there are in every spot.

    Parameters
    ----------
    session
        With spots and nuclei.
    reference
        A reference, or the path of one.
    cell_type, labels
        How the types of the file ``reference`` are found, as in :func:`read_reference`.
    n_cells
        Without an image: the column of the spots that says how many cells are in each; estimated
        from their counts by default.
    seed
        Of the count splitting that chooses ν.
    cache
        Folder where results are kept; the user's cache by default.
    on_progress
        Called with every :class:`~spotscope.model.Progress`.
    **params
        Of :class:`~spotscope.methods.cell_typing.CellTypingParams`.

    Returns
    -------
    The typed session, the labels, and the fit: ``typed.fitted.solve(nu)`` types anew at once.

    Raises
    ------
    ParamsError, MethodError, ReadError
        If a parameter is out of range, or the inputs cannot be worked on.
    """
    chosen = update(CellTypingParams(), **params)
    if isinstance(reference, (str, Path)):
        reference = run(read_reference(reference, cell_type=cell_type, labels=labels), on_progress)
    numbers = None
    spots = session.sample.spots
    counted = chosen.mode == "cells"  # doublet mode finds them
    if counted and session.nuclei is None and session.sample.slide is None and spots is not None:
        numbers, _ = cells_of_spots(spots, n_cells)
    task = typing_step(session, reference, chosen, cache=_cache(cache), n_cells=numbers, seed=seed)
    return run(task, on_progress)


def save(session: Session, out: str | Path, *, on_progress: OnProgress = None) -> Path:
    """Write the output folder of a session.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    return run(save_session(session, out), on_progress)


def view(*paths: str | Path) -> None:
    """Open a saved session, or a sample's files, in napari; stay until the window is closed.

    Raises
    ------
    ReadError, MissingDependencyError
        If there is no session, or nothing to open a window with.
    """
    open_window(*map(Path, paths))


def _cache(folder: Path | None) -> StepCache | None:
    return None if folder is None else StepCache(Path(folder))
