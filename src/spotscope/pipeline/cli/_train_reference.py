"""``spotscope train reference``: learn from a reference once, to be carried anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.methods.expression import ExpressionParams, quality_table
from spotscope.model import run as drive
from spotscope.pipeline._device import resolve_device
from spotscope.pipeline._out_folder import check_writable
from spotscope.pipeline._read import read_reference
from spotscope.pipeline.cli._flags import add_params, existing, params_from
from spotscope.pipeline.cli._run import add_reference_arguments
from spotscope.pipeline.expression._fit import learn_reference, write_checkpoint
from spotscope.pipeline.expression._quality_picture import quality_picture

if TYPE_CHECKING:
    import argparse

    from spotscope.pipeline.cli._console import Console

NAME = "reference"
PICTURE = "quality.png"
HELP = "learn how the cells of a reference differ, for 'spotscope decompose' and 'impute'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope train reference``."""
    parser.add_argument("reference", type=existing, metavar="REF", help="single-cell reference")
    add_reference_arguments(parser)
    parser.add_argument("--out", type=existing, required=True, metavar="FOLDER")
    add_params(parser, ExpressionParams, "expression")


def run(args: argparse.Namespace, console: Console) -> None:
    """Train, and write the checkpoint."""
    params = params_from(args, ExpressionParams)
    check_writable(args.out)
    reference = drive(
        read_reference(args.reference, cell_type=args.cell_type, labels=args.labels),
        console.progress,
    )
    for note in reference.notes:
        console.note(note)
    device = resolve_device(args.device)
    task = learn_reference(reference, params, seed=args.seed, device=device)
    fitted = drive(task, console.progress)
    write_checkpoint(fitted, args.out)
    if fitted.quality:
        console.say(quality_table(fitted.quality))
        picture = args.out / PICTURE
        task_of_picture = quality_picture(fitted, reference, picture, seed=args.seed)
        if missing := drive(task_of_picture, console.progress):
            console.note(missing)
        if picture.is_file():
            console.say(f"cells and training drawn in {picture}")
    console.say(
        f"{len(fitted.type_names)} types of {reference.name} learned, written to {args.out}",
        out=str(args.out),
        fingerprint=fitted.fingerprint,
        quality=[tier.to_json() for tier in fitted.quality],
    )
