"""``spotscope view``: a saved session in napari, as it was left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.pipeline._window import open_window
from spotscope.pipeline.cli._flags import existing

if TYPE_CHECKING:
    import argparse

    from spotscope.pipeline.cli._console import Console

NAME = "view"
HELP = "open a saved session in napari, exactly as it was left"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope view``."""
    parser.add_argument("out", type=existing, metavar="OUT", help="the folder a run wrote")


def run(args: argparse.Namespace, console: Console) -> None:
    """Open the window and stay until it is closed."""
    open_window(args.out)
