"""``spotscope decompose``: expression of the typed cells of an earlier run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.methods.expression import ExpressionParams
from spotscope.model import OutFile
from spotscope.model import run as drive
from spotscope.pipeline._cache import StepCache
from spotscope.pipeline._device import resolve_device
from spotscope.pipeline._given import file_or_text, regions_from
from spotscope.pipeline._out_folder import check_writable
from spotscope.pipeline._read import read_reference
from spotscope.pipeline._save import open_session, save_session
from spotscope.pipeline.cli._flags import add_params, existing, params_from
from spotscope.pipeline.cli._report import report_expression
from spotscope.pipeline.cli._run import add_reference_arguments
from spotscope.pipeline.expression._decompose import decompose_step
from spotscope.pipeline.expression._fit import open_checkpoint

if TYPE_CHECKING:
    import argparse

    from spotscope.pipeline.cli._console import Console

NAME = "decompose"
HELP = "infer what every typed cell of an earlier run expresses"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope decompose``."""
    parser.add_argument("out", type=existing, metavar="OUT", help="the folder a run wrote")
    parser.add_argument(
        "--region", type=file_or_text, metavar="FILE.geojson", help="only the spots in this region"
    )
    parser.add_argument(
        "--reference", type=existing, metavar="REF", help="the one cells were typed from, if moved"
    )
    add_reference_arguments(parser)
    parser.add_argument(
        "--checkpoint",
        type=existing,
        metavar="FOLDER",
        help="what 'spotscope train reference' wrote, in place of the reference",
    )
    add_params(parser, ExpressionParams, "expression")


def run(args: argparse.Namespace, console: Console) -> None:
    """Open the session, decompose, save it again; expression of other spots stays."""
    params = params_from(args, ExpressionParams)
    session = drive(open_session(args.out), console.progress)
    check_writable(args.out)
    fitted = open_checkpoint(args.checkpoint) if args.checkpoint is not None else None
    reference = None
    if args.reference is not None:
        reference = drive(
            read_reference(args.reference, cell_type=args.cell_type, labels=args.labels),
            console.progress,
        )
    task = decompose_step(
        session,
        reference,
        params,
        cache=StepCache(args.out / OutFile.STEPS),
        regions=() if args.region is None else regions_from(args.region, session.sample),
        fitted=fitted,
        seed=args.seed,
        device=resolve_device(args.device),
    )
    session = drive(task, console.progress).session
    drive(save_session(session, args.out), console.progress)
    report_expression(console, session)
    console.say(f"written to {args.out}", out=str(args.out))
