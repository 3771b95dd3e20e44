"""``spotscope report``: one HTML page of a finished run, to keep or to send."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.model import run as drive
from spotscope.pipeline._out_folder import inputs_of, spare
from spotscope.pipeline._save import open_session
from spotscope.pipeline.analyses._store import read_findings
from spotscope.pipeline.cli._flags import existing
from spotscope.pipeline.report._html import REPORT, report_step

if TYPE_CHECKING:
    import argparse

    from spotscope.pipeline.cli._console import Console

NAME = "report"
HELP = "write one HTML page of a finished run: figures, numbers, regions, parameters, versions"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope report``."""
    parser.add_argument("out", type=existing, metavar="OUT", help="the folder a run wrote")
    parser.add_argument(
        "--to", type=Path, metavar="FILE.html", help=f"where to write it (default: OUT/{REPORT})"
    )


def run(args: argparse.Namespace, console: Console) -> None:
    """Write the page."""
    session = drive(open_session(args.out), console.progress)
    page = args.to or args.out / REPORT
    spare([page], inputs_of(session))
    task = report_step(session, page, read_findings(args.out))
    written = drive(task, console.progress)
    console.say(f"written to {written}", report=str(written))
