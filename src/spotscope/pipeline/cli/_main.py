"""``spotscope COMMAND …``: the same pipeline the window runs."""

from __future__ import annotations

import argparse
import logging
import sys
import warnings
from io import TextIOWrapper
from typing import TYPE_CHECKING

import spotscope
from spotscope.model import NotConvergedWarning, SpotscopeError
from spotscope.pipeline._device import resolve_device
from spotscope.pipeline.cli import (
    _align,
    _analyse,
    _bench,
    _cache,
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
    *(_align, _region, _analyse, _figure, _html, _log, _view, _info, _cache, _bench),
)
#: What shells say of a program that Ctrl-C ended: 128 and the number of the signal.
STOPPED = 130


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
        sub.set_defaults(run=command.run)
    return parser


def _of_the_system(err: OSError) -> str:
    """A sentence for what no reader or writer has explained: a file closed to the user, a drive."""
    where = f" {str(err.filename)!r}" if err.filename is not None else " a file"
    why = err.strerror or str(err) or type(err).__name__
    return f"Expected to read or write{where}, found that it cannot be ({why}); check the path."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    0, 2 after one sentence that says what was expected, what was found and what to do, or 130
    after Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # pipes of Windows know neither ν nor █
            stream.reconfigure(errors="replace")
    # what it finds wrong with a file is said by us, in one sentence
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    args = build_parser().parse_args(argv)
    console = Console(as_json=args.json)
    with warnings.catch_warnings():
        # other libraries speak to programmers; only our own warning is meant for the user
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", NotConvergedWarning)
        warnings.showwarning = lambda message, *_, **__: console.note(str(message))
        try:
            # 'auto' waits until a network runs: torch takes seconds, a wrong path is said at once
            if args.device != "auto":
                args.device = resolve_device(args.device)
            args.run(args, console)
        except SpotscopeError as err:
            where = "".join(f" ({note})" for note in getattr(err, "__notes__", ()))
            console.error(f"{err}{where}")
            return 2
        except KeyboardInterrupt:
            console.error("Stopped; steps that were finished are kept and will be used again.")
            return STOPPED
        except BrokenPipeError:
            sys.stderr.close()
            return 2
        except OSError as err:
            console.error(_of_the_system(err))
            return 2
        except MemoryError:
            console.error(
                "Expected memory for this step, found none left; close other programs, work on a "
                "region (--region), or take a machine with more."
            )
            return 2
    return 0
