"""``spotscope COMMAND …``: the same pipeline the window runs."""

from __future__ import annotations

import argparse
import sys
import warnings
from typing import TYPE_CHECKING

import spotscope
from spotscope.model import NotConvergedWarning, SpotscopeError
from spotscope.pipeline._device import resolve_device
from spotscope.pipeline.cli import (
    _align,
    _analyse,
    _bench,
    _decompose,
    _demo,
    _edit,
    _figure,
    _hold,
    _html,
    _impute,
    _info,
    _log,
    _measure,
    _region,
    _run,
    _segment,
    _slices,
    _train,
    _type,
    _view,
)
from spotscope.pipeline.cli._console import Console
from spotscope.pipeline.cli._flags import add_common

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["build_parser", "main"]

COMMANDS = (
    *(_demo, _run, _segment, _type, _slices, _edit, _hold, _measure, _decompose, _impute, _train),
    *(_align, _region, _analyse, _figure, _html, _log, _view, _info, _bench),
)
#: Run no network: looking for a device would load torch, a second or two, for nothing.
WITHOUT_NETWORK = (
    *(_type, _slices, _edit, _hold, _measure, _align, _region, _analyse, _figure, _html, _log),
    *(_view, _info),
)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="spotscope", description="Turns a tissue slide into cells one can read."
    )
    parser.add_argument("--version", action="version", version=f"spotscope {spotscope.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = commands.add_parser(command.NAME, help=command.HELP, description=command.HELP)
        command.add_arguments(sub)
        add_common(sub)
        sub.set_defaults(run=command.run, networks=command not in WITHOUT_NETWORK)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    0, or 2 after one sentence that says what was expected, what was found and what to do.
    """
    args = build_parser().parse_args(argv)
    console = Console(as_json=args.json)
    with warnings.catch_warnings():
        # other libraries speak to programmers; only our own warning is meant for the user
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", NotConvergedWarning)
        warnings.showwarning = lambda message, *_, **__: console.note(str(message))
        try:
            if args.networks or args.device != "auto":
                args.device = resolve_device(args.device)
            args.run(args, console)
        except SpotscopeError as err:
            where = "".join(f" ({note})" for note in getattr(err, "__notes__", ()))
            console.error(f"{err}{where}")
            return 2
        except KeyboardInterrupt:
            console.error("Stopped; steps that were finished are kept and will be used again.")
            return 2
        except BrokenPipeError:
            sys.stderr.close()
            return 2
    return 0
