"""``spotscope analyse``: neighbours, ligands, variable genes and differences of a finished run."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from spotscope.model import ParamsError
from spotscope.model import run as drive
from spotscope.pipeline._given import file_or_text, regions_from
from spotscope.pipeline._out_folder import check_writable
from spotscope.pipeline._save import open_session
from spotscope.pipeline.analyses._params import AnalyseParams, Question
from spotscope.pipeline.analyses._questions import require_analysis
from spotscope.pipeline.analyses._said import lines_of
from spotscope.pipeline.analyses._step import analyse_step
from spotscope.pipeline.analyses._store import ANALYSIS, save_findings
from spotscope.pipeline.cell_typing._find_fit import find_fitted
from spotscope.pipeline.cli._flags import add_params, existing, params_from
from spotscope.pipeline.report._html import regions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.model import Region, Session
    from spotscope.pipeline.cli._console import Console

NAME = "analyse"
HELP = "ask a finished run: neighbours, ligands and receptors, variable genes, regions compared"
_ALL = (Question.NEIGHBOURS, Question.LIGANDS, Question.VARIABLE)
_ROWS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope analyse``."""
    parser.add_argument("out", type=existing, metavar="OUT", help="the folder a run wrote")
    parser.add_argument(
        "--what",
        type=_questions,
        default=None,
        metavar="A,B",
        help=f"of {', '.join(Question)} (all but {Question.DIFFERENCE}, which needs --regions)",
    )
    parser.add_argument(
        "--regions",
        nargs="+",
        default=(),
        metavar="NAME",
        help="two regions to compare, or one to compare with the rest: those saved with the run, "
        "or of --regions-file",
    )
    parser.add_argument(
        "--regions-file",
        type=file_or_text,
        metavar="FILE.geojson",
        help="regions drawn elsewhere; without --regions its first two are compared",
    )
    add_params(parser, AnalyseParams, "analyses")


def run(args: argparse.Namespace, console: Console) -> None:
    """Ask, write the tables, say the head of each."""
    require_analysis()
    params = params_from(args, AnalyseParams)
    session = drive(open_session(args.out), console.progress)
    check_writable(args.out / ANALYSIS)
    regions = _regions(args, session)
    asked = args.what or ((*_ALL, Question.DIFFERENCE) if regions else _ALL)
    task = analyse_step(
        session,
        asked,
        params,
        regions=regions,
        fitted=find_fitted(session, args.out),
        seed=args.seed,
    )
    analysed = drive(task, console.progress)
    written = save_findings(args.out, analysed.findings)
    for finding in analysed.findings:
        facts = {
            "finding": finding.name,
            "rows": len(finding.table),
            "head": finding.table.head(_ROWS).to_dict("records"),
        }
        console.say("\n".join(lines_of(finding, _ROWS)), **facts)
        for note in finding.record.notes:
            console.note(f"{finding.name}: {note}")
    for refused in analysed.refused:
        console.note(refused)
    console.say(f"written to {args.out / ANALYSIS}", written=[str(path) for path in written])


def _questions(text: str) -> tuple[Question, ...]:
    try:
        return tuple(Question(name.strip()) for name in text.split(","))
    except ValueError as err:
        raise argparse.ArgumentTypeError(f"expected {', '.join(Question)}, found {text!r}") from err


def _regions(args: argparse.Namespace, session: Session) -> tuple[Region, ...]:
    """The regions that are named, in the order of their names."""
    known: Sequence[Region] = regions_of(session)
    if args.regions_file is not None:
        known = regions_from(args.regions_file, session.sample)
        if not args.regions:
            return tuple(known[:2])
    chosen = []
    for name in args.regions:
        found = [region for region in known if region.name == name]
        if len(found) != 1:
            names = ", ".join(repr(region.name) for region in known) or "none"
            raise ParamsError(
                f"Expected one region {name!r}, found {names}; draw and save regions in the "
                "window, or give a file (--regions-file)."
            )
        chosen.append(found[0])
    return tuple(chosen)
