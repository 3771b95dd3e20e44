"""``spotscope train``: what can be trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.pipeline.cli import _train_nuclei, _train_reference
from spotscope.pipeline.cli._flags import add_common

if TYPE_CHECKING:
    import argparse

    from spotscope.pipeline.cli._console import Console

NAME = "train"
HELP = "train what a step needs, once, to be carried anywhere"

#: A module each: NAME, HELP, add_arguments, run.
TRAINERS = (_train_nuclei, _train_reference)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be trained, each with its own arguments."""
    kinds = parser.add_subparsers(dest="kind", metavar="WHAT", required=True)
    for trainer in TRAINERS:
        sub = kinds.add_parser(trainer.NAME, help=trainer.HELP, description=trainer.HELP)
        trainer.add_arguments(sub)
        add_common(sub)
        sub.set_defaults(train=trainer.run)


def run(args: argparse.Namespace, console: Console) -> None:
    """Run the one that was named."""
    args.train(args, console)
