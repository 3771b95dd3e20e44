"""``spotscope info``: what a file is, what can be done with it, what it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope import io
from spotscope.pipeline.cli._flags import existing

if TYPE_CHECKING:
    import argparse

    from spotscope.pipeline.cli._console import Console

NAME = "info"
HELP = "say what a file is, what can be done with it and what it lacks; nothing is loaded whole"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope info``."""
    parser.add_argument("path", type=existing, metavar="PATH")


def run(args: argparse.Namespace, console: Console) -> None:
    """Describe the file or folder."""
    found = io.describe(args.path)
    width = max((len(label) for label, _ in found.facts), default=0)
    lines = [f"{args.path.name}: {found.kind}"]
    lines += [f"  {label:<{width}}  {value}" for label, value in found.facts]
    lines += [f"  can:   {item}" for item in found.can]
    lines += [f"  lacks: {item}" for item in found.lacks]
    console.say(
        "\n".join(lines),
        path=str(args.path),
        kind=found.kind,
        facts=dict(found.facts),
        can=list(found.can),
        lacks=list(found.lacks),
    )
