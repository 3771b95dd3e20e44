"""``spotscope type``: cell typing without an image."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spotscope.methods.cell_typing import CellTypingParams, Tiling
from spotscope.model import OutFile, ParamsError, Session
from spotscope.model import run as drive
from spotscope.pipeline._cache import StepCache
from spotscope.pipeline._earlier import spare_hand_work, spare_others
from spotscope.pipeline._executor import open_executor
from spotscope.pipeline._out_folder import check_writable
from spotscope.pipeline._read import read_reference, read_sample
from spotscope.pipeline._save import save_session
from spotscope.pipeline.cell_typing._step import typing_step
from spotscope.pipeline.cell_typing._tiles import MOST_UNTILED, tiled_typing_step
from spotscope.pipeline.cli._flags import add_params, existing, params_from
from spotscope.pipeline.cli._report import report, report_sample
from spotscope.pipeline.cli._run import add_reference_arguments
from spotscope.pipeline.segmentation._cell_numbers import cells_of_spots

if TYPE_CHECKING:
    import argparse

    import numpy as np
    import numpy.typing as npt

    from spotscope.model import Spots
    from spotscope.pipeline.cli._console import Console

NAME = "type"
HELP = "type the cells of spots without an image"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope type``."""
    parser.add_argument("spots", type=existing, metavar="SPOTS")
    parser.add_argument("--reference", type=existing, required=True, metavar="REF")
    add_reference_arguments(parser)
    parser.add_argument(
        "--n-cells", metavar="COLUMN", help="cells of each spot; estimated from counts if absent"
    )
    parser.add_argument("--mpp", type=float, metavar="M", help="µm per pixel of the positions")
    parser.add_argument("--out", type=existing, required=True, metavar="OUT", help="result folder")
    parser.add_argument(
        "--tile-spots",
        type=int,
        default=MOST_UNTILED,
        metavar="N",
        help=f"sections of more spots are typed by tiles, on --scheduler if given ({MOST_UNTILED})",
    )
    add_params(parser, CellTypingParams, "cell types")


def run(args: argparse.Namespace, console: Console) -> None:
    """Type cells that are known by their number alone."""
    params = params_from(args, CellTypingParams)
    check_writable(args.out, args.spots, args.reference, args.labels)
    sample = drive(read_sample(args.spots, mpp=args.mpp), console.progress)
    session = Session(sample)
    spare_others(args.out, sample)
    spare_hand_work(args.out, edits=False, counts=bool(args.n_cells))
    report_sample(console, session)
    if sample.spots is None:
        raise ParamsError(
            f"Expected spots in {args.spots}, found an image alone; "
            "give the spots, or find nuclei with 'spotscope segment'."
        )
    reference = drive(
        read_reference(args.reference, cell_type=args.cell_type, labels=args.labels),
        console.progress,
    )
    for note in reference.notes:
        console.note(note)
    n_cells = _number_of_cells(args, sample.spots, params, console)
    if args.n_cells:
        opened = {**sample.opened, "n_cells": args.n_cells}
        session = replace(session, sample=replace(sample, opened=opened))
    how = {"n_cells": n_cells, "seed": args.seed}
    if sample.spots.n > args.tile_spots:
        with open_executor(args.workers, args.scheduler) as executor:
            tiled = tiled_typing_step(
                session, reference, params, executor, tiling=_tiling(args), **how
            )
            session = drive(tiled, console.progress)
    else:
        if args.scheduler:
            console.note(f"{sample.spots.n:,} spots are few: they are typed here, as one tile")
        cache = StepCache(args.out / OutFile.STEPS)
        typed = typing_step(session, reference, params, cache=cache, **how)
        session = drive(typed, console.progress).session
    drive(save_session(session, args.out), console.progress)
    report(console, session)
    console.say(f"written to {args.out}", out=str(args.out))


def _number_of_cells(
    args: argparse.Namespace, spots: Spots, params: CellTypingParams, console: Console
) -> npt.NDArray[np.int64] | None:
    """(spot,) cells, as said or estimated; None in doublet mode, which finds them."""
    if params.mode == "cells":
        n_cells, note = cells_of_spots(spots, args.n_cells)
        if note:
            console.note(note)
        return n_cells
    if args.n_cells:
        raise ParamsError(
            f"Expected doublet mode to find the cells of the beads, found them said too "
            f"({args.n_cells!r}); leave out --n-cells or --mode."
        )
    return None


def _tiling(args: argparse.Namespace) -> Tiling:
    """A tenth of what is typed at once is a tile, and there are tiles for every worker."""
    if args.tile_spots < 1:
        raise ParamsError(
            f"Expected tiles of at least one spot, found {args.tile_spots}; give --tile-spots 1 or "
            "more."
        )
    return Tiling(max(1, args.tile_spots // 10), ahead=2 * (args.workers or 4))
