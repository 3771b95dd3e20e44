"""``spotscope slices``: several slices of one block, typed together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.model import OutFile, ParamsError, Session
from spotscope.model import run as drive
from spotscope.pipeline._cache import StepCache
from spotscope.pipeline._out_folder import check_writable
from spotscope.pipeline._read import read_reference, read_sample
from spotscope.pipeline._save import open_session, save_session
from spotscope.pipeline.cell_typing._slices import SlicesParams, type_slices
from spotscope.pipeline.cli._flags import add_params, existing, params_from
from spotscope.pipeline.cli._report import report, report_sample
from spotscope.pipeline.cli._run import add_reference_arguments
from spotscope.pipeline.segmentation._estimate import estimate_step

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from spotscope.pipeline.cli._console import Console

NAME = "slices"
HELP = "type several slices of one block together"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope slices``."""
    parser.add_argument(
        "slices",
        type=existing,
        nargs="+",
        metavar="SLICE",
        help="in the order in which they were cut: a result folder with nuclei, or spots",
    )
    parser.add_argument("--reference", type=existing, required=True, metavar="REF")
    add_reference_arguments(parser)
    parser.add_argument("--out", type=existing, required=True, metavar="OUT", help="result folder")
    add_params(parser, SlicesParams, "slices")
    add_params(parser, CellTypingParams, "cell types")


def run(args: argparse.Namespace, console: Console) -> None:
    """Type every slice alone and all together; one result folder a slice."""
    params, how = params_from(args, CellTypingParams), params_from(args, SlicesParams)
    check_writable(args.out)
    sessions = [_open(path, console) for path in args.slices]
    reference = drive(
        read_reference(args.reference, cell_type=args.cell_type, labels=args.labels),
        console.progress,
    )
    for note in reference.notes:
        console.note(note)
    cache = StepCache(args.out / OutFile.STEPS)
    for k, session in enumerate(sessions):
        if session.nuclei is None and params.mode != "doublet":  # there beads say how many cells
            sessions[k] = drive(estimate_step(session, cache=cache), console.progress)
            console.note(
                f"{session.sample.name}: each spot's cells are estimated from its counts and area"
            )
    task = type_slices(sessions, reference, params, how, cache=cache, seed=args.seed)
    typed = drive(task, console.progress)
    for k, session in enumerate(typed.sessions):
        folder = args.out / f"{k + 1}-{_plain(session.sample.name)}"
        drive(save_session(session, folder), console.progress)
        report(console, session)
        where = typed.transforms[k].describe()
        said = "the frame of all" if k == 0 else where
        console.say(f"written to {folder} ({said})", out=str(folder), placed=said)


def _open(path: Path, console: Console) -> Session:
    if (path / OutFile.SESSION).is_dir():
        session = drive(open_session(path), console.progress)
    else:
        session = Session(drive(read_sample(path), console.progress))
    report_sample(console, session)
    if session.sample.spots is None:
        raise ParamsError(
            f"Expected spots in {path}, found an image alone; give a slice with spots."
        )
    return session


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in name).strip("-.") or "slice"
