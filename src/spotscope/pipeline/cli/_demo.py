"""``spotscope demo``: the main job on the embedded sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.model import run as drive
from spotscope.pipeline._demo import write_demo
from spotscope.pipeline._out_folder import check_writable
from spotscope.pipeline._window import has_screen, open_window
from spotscope.pipeline.cli import _run
from spotscope.pipeline.cli._flags import existing

if TYPE_CHECKING:
    import argparse

    from spotscope.pipeline.cli._console import Console

NAME = "demo"
HELP = "the main job on the embedded demo sample; opens the window when there is a screen"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope demo``."""
    parser.add_argument("--out", type=existing, default=Path("demo"), metavar="OUT")
    parser.add_argument("--no-window", action="store_true", help="do not open the window")


def run(args: argparse.Namespace, console: Console) -> None:
    """Make the sample, run the main job on its files as a user would, open the window."""
    check_writable(args.out)
    files = drive(write_demo(args.out / "input", args.seed), console.progress)
    args.spots, args.image, args.reference = files["spots"], files["image"], files["reference"]
    args.steps, args.cell_type = _run.USUAL_STEPS, "cell_type"
    args.mpp = args.labels = args.region = args.expression = None
    args.edits = args.nuclei = args.like = args.shift = args.align = None
    args.n_cells, args.borrow, args.estimate_cells = None, False, False
    _run.run(args, console)
    if not args.no_window and has_screen():
        open_window(args.out)
