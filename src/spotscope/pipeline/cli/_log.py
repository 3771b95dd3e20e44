"""``spotscope log``: what was done to a run, and how to do it again."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from spotscope.model import run as drive
from spotscope.pipeline._copy_as import as_command, as_python
from spotscope.pipeline._log import log_text, session_log
from spotscope.pipeline._recipe import STEPS
from spotscope.pipeline._save import open_session
from spotscope.pipeline.cli._flags import existing

if TYPE_CHECKING:
    import argparse

    from spotscope.pipeline.cli._console import Console

NAME = "log"
HELP = "say what was done to a run, when and how long it took, or how to do it again"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope log``."""
    parser.add_argument("folder", type=existing, metavar="OUT", help="result folder of a run")
    parser.add_argument(
        "--as", dest="form", choices=("command", "python"), help="print what does it again"
    )
    parser.add_argument("--step", choices=STEPS, help="as far as this step (all)")


def run(args: argparse.Namespace, console: Console) -> None:
    """Print the log, or a command or script."""
    session = drive(open_session(args.folder), console.progress)
    if args.form is not None:
        make = as_command if args.form == "command" else as_python
        text = make(session, args.step, out=f"{args.folder}-again")
        console.say(text.rstrip("\n"), **{args.form: text})
        return
    entries = [asdict(entry) for entry in session_log(session)]
    console.say(log_text(session).rstrip("\n"), log=entries)
