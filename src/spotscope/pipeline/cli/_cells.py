"""The flags that say how many cells spots hold, where nuclei do not, and what follows from them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spotscope.model import ParamsError
from spotscope.model import run as drive
from spotscope.pipeline.segmentation._cell_counts import (
    borrow_counts,
    count_cells,
    read_cell_counts,
)
from spotscope.pipeline.segmentation._edit import edit_step
from spotscope.pipeline.segmentation._estimate import estimate_step
from spotscope.pipeline.segmentation._thumbnail import is_thumbnail

if TYPE_CHECKING:
    import argparse

    from spotscope.methods.cell_typing import FittedTyping
    from spotscope.model import Sample, Session
    from spotscope.pipeline._cache import StepCache
    from spotscope.pipeline.cli._console import Console

__all__ = ["add_counting", "add_estimating", "blind", "counted", "put_cells", "without_thumbnail"]


def add_counting(parser: argparse.ArgumentParser) -> None:
    """Declare how many cells spots hold."""
    parser.add_argument(
        "--n-cells",
        metavar="COLUMN|CSV",
        help="number of cells by spot: a column of the spots, or a csv of spot and n_cells",
    )
    parser.add_argument(
        "--borrow",
        action="store_true",
        help="spots without nuclei borrow cells: as many as spots of like counts have",
    )


def add_estimating(parser: argparse.ArgumentParser) -> None:
    """Declare that no nuclei are looked for."""
    parser.add_argument(
        "--estimate-cells",
        action="store_true",
        help="put cells into the spots, as where there is no image; no nuclei are looked for",
    )


def blind(args: argparse.Namespace, sample: Sample) -> bool:
    """Whether cells are put into spots, and no nuclei looked for.

    Raises
    ------
    ParamsError
        If cells are to be estimated, and nuclei given or a region named.
    """
    if not args.estimate_cells:
        return sample.slide is None and args.nuclei is None
    if args.nuclei is not None or args.region is not None:
        other = "--nuclei" if args.nuclei is not None else "--region"
        raise ParamsError(
            f"Expected cells to be estimated in all spots (--estimate-cells), found {other} too; "
            "leave one of them out."
        )
    return True


def without_thumbnail(sample: Sample, console: Console) -> Sample:
    """A sample without the picture found beside its spots, where that is too coarse for nuclei."""
    slide = sample.slide
    if slide is None or not is_thumbnail(sample):
        return sample
    name = slide.source.name if slide.source is not None else slide.name
    console.note(
        f"{name} is too coarse for nuclei ({slide.mpp:.3g} µm a pixel): cells are guessed as "
        "without an image; give the full-resolution one (--image) to find them"
    )
    return replace(sample, slide=None, problems=())


def put_cells(
    args: argparse.Namespace,
    session: Session,
    cache: StepCache,
    console: Console,
) -> Session:
    """Cells in spots where no nuclei are looked for."""
    spots = session.sample.spots
    if args.borrow:
        found = "no image" if session.sample.slide is None else "--estimate-cells"
        raise ParamsError(
            f"Expected nuclei that spots could borrow from, found {found}; leave --borrow out: all "
            "numbers of cells are estimated."
        )
    given = None
    if args.n_cells and spots is not None:
        given = read_cell_counts(args.n_cells, spots)
        # remembered, to be given again
        opened = {**session.sample.opened, "n_cells": args.n_cells}
        session = replace(session, sample=replace(session.sample, opened=opened))
    task = estimate_step(session, n_cells=given, cache=cache)
    return drive(task, console.progress)


def counted(
    args: argparse.Namespace,
    session: Session,
    console: Console,
    fitted: FittedTyping | None = None,
) -> Session:
    """The session with the cells that were said, and lent, in its spots."""
    spots, edits = session.sample.spots, session.edits
    if not (args.n_cells or args.borrow):
        return session
    if spots is None:
        raise ParamsError(
            "Expected spots whose cells are counted, found an image alone; give the spots, or "
            "leave --n-cells and --borrow out."
        )
    if args.n_cells:
        given = count_cells(spots, read_cell_counts(args.n_cells, spots), "given")
        edits = edits.add(given)
        session = drive(edit_step(session, edits, fitted), console.progress).session
        console.note(f"the number of cells of {len(given.counts):,} spots is as given")
    if args.borrow:
        lent = borrow_counts(session)
        console.note(lent.sentence)
        if lent.edit is not None:
            edits = edits.add(lent.edit)
            session = drive(edit_step(session, edits, fitted), console.progress).session
    return session
