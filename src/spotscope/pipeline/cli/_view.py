"""``spotscope view``: the window, with a saved session as it was left, or with a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.pipeline._window import open_window
from spotscope.pipeline.cli._flags import existing

if TYPE_CHECKING:
    import argparse

    from spotscope.pipeline.cli._console import Console

NAME = "view"
HELP = "open the window: on a saved session, exactly as it was left, on a sample, or empty"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope view``."""
    parser.add_argument(
        "paths",
        type=existing,
        nargs="*",
        metavar="OUT|FILE",
        help="the folder a run wrote; or spots, their image and their reference; or nothing",
    )


def run(args: argparse.Namespace, console: Console) -> None:
    """Open the window and stay until it is closed."""
    open_window(*args.paths)
