"""``spotscope edit``: corrections of the nuclei of a finished run, as the window makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.model import EditLog, ParamsError
from spotscope.model import run as drive
from spotscope.pipeline._given import edits_from, file_or_text
from spotscope.pipeline._out_folder import check_writable
from spotscope.pipeline._save import open_session, save_session
from spotscope.pipeline.cell_typing._find_fit import find_fitted
from spotscope.pipeline.cli._cells import add_counting, counted
from spotscope.pipeline.cli._flags import existing
from spotscope.pipeline.cli._report import report
from spotscope.pipeline.segmentation._edit import edit_step

if TYPE_CHECKING:
    import argparse

    from spotscope.methods.cell_typing import FittedTyping
    from spotscope.model import Session
    from spotscope.pipeline.cli._console import Console

NAME = "edit"
HELP = "correct the nuclei of a finished run; only the spots that are touched are typed again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope edit``."""
    parser.add_argument("folder", type=existing, metavar="OUT", help="result folder of a run")
    parser.add_argument(
        "--edits",
        type=file_or_text,
        metavar="FILE.json",
        help="corrections to add: a file of edits, or the run.json of another folder",
    )
    add_counting(parser)
    parser.add_argument("--undo", type=int, default=0, metavar="N", help="take back the last N")
    parser.add_argument("--redo", type=int, default=0, metavar="N", help="bring back N of them")
    parser.add_argument("--out", type=existing, metavar="OUT2", help="write here (into OUT)")


def run(args: argparse.Namespace, console: Console) -> None:
    """Put the edits in force and write the folder."""
    asked = args.edits or args.undo or args.redo or args.n_cells or args.borrow
    if args.undo < 0 or args.redo < 0 or not asked:
        raise ParamsError(
            "Expected corrections to make (--edits FILE), numbers of cells (--n-cells, --borrow), "
            "or corrections to take back (--undo N) or bring back (--redo N), found none; give one "
            "of them."
        )
    more = edits_from(args.edits) if args.edits else EditLog()
    session = drive(open_session(args.folder), console.progress)
    out = check_writable(args.out or args.folder)
    edits = _turned_back(session.edits, args.undo, args.redo)
    if more.done:
        edits = edits.add(*more.done)
    fitted = _fitted(args, session)
    corrected = drive(edit_step(session, edits, fitted), console.progress)
    session, missed = corrected.session, len(corrected.missed)
    session = counted(args, session, console, fitted)
    drive(save_session(session, out), console.progress)
    report(console, session)
    n = len(session.edits.done)
    idle = f" ({missed:,} without effect, see the notes)" if missed else ""
    console.say(f"{n:,} edits in force{idle}; written to {out}", edits=n, out=str(out))


def _turned_back(edits: EditLog, n_undo: int, n_redo: int) -> EditLog:
    if n_undo > len(edits.done) or n_redo > len(edits.undone) + n_undo:
        raise ParamsError(
            f"Expected corrections to take back ({n_undo:,}) and to bring back ({n_redo:,}), found "
            f"{len(edits.done):,} in force and {len(edits.undone):,} taken back; give no more than "
            "there are."
        )
    for _ in range(n_undo):
        edits = edits.undo()
    for _ in range(n_redo):
        edits = edits.redo()
    return edits


def _fitted(args: argparse.Namespace, session: Session) -> FittedTyping | None:
    """The fit behind the session's types, from wherever it was kept."""
    return None if session.cells is None else find_fitted(session, args.folder)
