"""``spotscope run``: the main job on a real sample."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.expression import ExpressionParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import EditLog, MethodError, OutFile, ParamsError, Session, update
from spotscope.model import run as drive
from spotscope.pipeline._align import align_step
from spotscope.pipeline._cache import StepCache
from spotscope.pipeline._device import resolve_device
from spotscope.pipeline._earlier import spare_hand_work, spare_others
from spotscope.pipeline._executor import open_executor
from spotscope.pipeline._given import edits_from, file_or_text, regions_from
from spotscope.pipeline._out_folder import check_writable
from spotscope.pipeline._read import read_reference, read_sample
from spotscope.pipeline._regions import flag_outside
from spotscope.pipeline._replay import replay_of
from spotscope.pipeline._save import open_session, save_session
from spotscope.pipeline.cell_typing._step import typing_step
from spotscope.pipeline.cli._align import add_moving, moving, warn_of_shift
from spotscope.pipeline.cli._cells import (
    add_counting,
    add_estimating,
    blind,
    counted,
    put_cells,
    without_thumbnail,
)
from spotscope.pipeline.cli._flags import Stated, add_params, existing, params_from
from spotscope.pipeline.cli._report import report, report_expression, report_sample
from spotscope.pipeline.expression._decompose import decompose_step
from spotscope.pipeline.segmentation._import_nuclei import import_step
from spotscope.pipeline.segmentation._measure import measure_step
from spotscope.pipeline.segmentation._step import segmentation_step

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from spotscope.model import Region, Sample
    from spotscope.pipeline._replay import Replay
    from spotscope.pipeline.cli._console import Console

NAME = "run"
HELP = "find the nuclei of a sample, type them, and infer what they express"
STEPS = ("segment", "type", "decompose")
USUAL_STEPS = "segment,type"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope run``."""
    parser.add_argument(
        "spots", type=existing, metavar="SPOTS", help="Space Ranger folder, h5ad, or other form"
    )
    parser.add_argument("--image", type=existing, metavar="IMG", help="the slide image")
    parser.add_argument("--reference", type=existing, metavar="REF", help="single-cell reference")
    add_reference_arguments(parser)
    parser.add_argument(
        "--region", type=file_or_text, metavar="FILE.geojson", help="only this part of the slide"
    )
    parser.add_argument(
        "--nuclei",
        type=existing,
        metavar="FILE",
        help="nuclei that others found: a label image, or GeoJSON; none is looked for",
    )
    parser.add_argument(
        "--edits",
        type=file_or_text,
        metavar="FILE.json",
        help="corrections of the nuclei to lay upon them: a file of edits, or a run.json",
    )
    add_counting(parser)
    add_estimating(parser)
    parser.add_argument("--mpp", type=float, metavar="M", help="µm per pixel of the image")
    parser.add_argument("--steps", metavar="A,B", help=f"of {', '.join(STEPS)} ({USUAL_STEPS})")
    parser.add_argument(
        "--like",
        type=existing,
        metavar="OUT",
        help="settings of an earlier run, for what is not given here; never its files",
    )
    add_moving(parser)
    parser.add_argument(
        "--expression", metavar="METHOD", help="of decompose: split, gaussian or score (gaussian)"
    )
    parser.add_argument("--out", type=existing, required=True, metavar="OUT", help="result folder")
    add_params(parser, SegmentationParams, "nuclei")
    add_params(parser, CellTypingParams, "cell types")


def add_reference_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how the cell types of a reference are found."""
    parser.add_argument(
        "--cell-type",
        default="cell_type",
        action=Stated,
        metavar="COLUMN",
        help="of the reference (cell_type)",
    )
    parser.add_argument(
        "--labels", type=existing, metavar="CSV", help="barcode,cell_type where there is no column"
    )


def run(args: argparse.Namespace, console: Console) -> None:
    """Run the steps asked for; those done already are not done again."""
    like = replay_of(drive(open_session(args.like), console.progress)) if args.like else None
    steps = _steps(args.steps or (",".join(like.steps) if like else USUAL_STEPS))
    segmentation = params_from(args, SegmentationParams, like.segmentation if like else None)
    typing = params_from(args, CellTypingParams, like.typing if like else None)
    chosen = {"method": args.expression} if args.expression else {}
    expression = update(like.expression if like else ExpressionParams(), **chosen)
    if like is not None:
        _take(args, like, steps, console)
    if "type" in steps and args.reference is None:
        raise ParamsError(
            "Expected a single-cell reference to type cells by, found none; give one "
            "(--reference REF), or find nuclei alone (--steps segment)."
        )
    read = (args.spots, args.image, args.reference, args.labels, args.nuclei, args.region)
    check_writable(args.out, *read)
    if args.command == NAME:  # the demo begins anew whenever it is asked for
        counts = bool(args.n_cells or args.borrow)
        spare_hand_work(args.out, edits=bool(args.edits), counts=counts)
    session = _opened(args, steps, console)
    sample = session.sample
    guessed = "segment" in steps and blind(args, sample)
    regions = _regions(args.region, sample)
    session = replace(session, sample=flag_outside(sample, regions) if regions else sample)
    cache = StepCache(args.out / OutFile.STEPS)
    if "segment" in steps:
        if guessed:
            session = put_cells(args, session, cache, console)
        else:
            session = _with_nuclei(args, session, segmentation, cache, regions, console)
            session = counted(args, session, console)
    if "type" in steps:
        reference = drive(
            read_reference(args.reference, cell_type=args.cell_type, labels=args.labels),
            console.progress,
        )
        for note in reference.notes:
            console.note(note)
        typed = typing_step(session, reference, typing, cache=cache, seed=args.seed)
        session = drive(typed, console.progress).session
        if "decompose" in steps:
            how = {"cache": cache, "regions": regions, "seed": args.seed}
            device = resolve_device(args.device)
            opened = decompose_step(session, reference, expression, **how, device=device)
            session = drive(opened, console.progress).session
    drive(save_session(session, args.out), console.progress)
    report(console, session)
    if "decompose" in session.records:
        report_expression(console, session)
    console.say(f"written to {args.out}", out=str(args.out))


def _opened(args: argparse.Namespace, steps: tuple[str, ...], console: Console) -> Session:
    """The sample, its spots where they are said to be, told about; stops at what is fatal."""
    map_of_spots = moving(args)
    sample = drive(read_sample(args.spots, image=args.image, mpp=args.mpp), console.progress)
    spare_others(args.out, sample)
    # nuclei alone, asked for of a picture, are not guessed without being asked
    guesses = args.estimate_cells or "type" in steps
    if args.nuclei is None and "segment" in steps and guesses:
        sample = without_thumbnail(sample, console)
    session = Session(sample, edits=edits_from(args.edits) if args.edits else EditLog())
    if map_of_spots is not None:
        to = None if isinstance(map_of_spots, str) else map_of_spots
        session = drive(align_step(session, to, seed=args.seed), console.progress)
    report_sample(console, session, fatal=False)
    if map_of_spots is None:
        warn_of_shift(console, session, args.seed)
    fatal = [problem for problem in session.sample.problems if problem.fatal]
    if fatal:
        raise MethodError(str(fatal[0]))
    return session


def _take(args: argparse.Namespace, like: Replay, steps: tuple[str, ...], console: Console) -> None:
    """Take over what is no parameter of a method, and say what is taken."""
    if "segment" in steps and like.nuclei_given and args.nuclei is None:
        raise ParamsError(
            "Expected nuclei from a file, as in the run whose settings are taken, found none; give "
            "them (--nuclei FILE)."
        )
    if "seed" not in args.stated:
        args.seed = like.seed
    if "cell_type" not in args.stated:
        args.cell_type = like.cell_type
    for line in like.said:
        console.note(line)


def _with_nuclei(
    args: argparse.Namespace,
    session: Session,
    params: SegmentationParams,
    cache: StepCache,
    regions: tuple[Region, ...],
    console: Console,
) -> Session:
    """Nuclei found, or taken from a file; measured."""
    if args.nuclei is not None:
        session = drive(import_step(session, args.nuclei, cache=cache), console.progress)
        return drive(measure_step(session), console.progress)
    with open_executor(args.workers, args.scheduler) as executor:
        task = segmentation_step(
            session, params, cache=cache, executor=executor, regions=regions, device=args.device
        )
        session = drive(task, console.progress)
    return drive(measure_step(session), console.progress)


def _regions(given: Path | str | None, sample: Sample) -> tuple[Region, ...]:
    """The regions, if any were given."""
    if given is None:
        return ()
    if sample.slide is None:
        raise ParamsError(
            "Expected a slide image to find nuclei of the region on, found none; give one "
            "(--image), or leave --region out here and give it to 'spotscope decompose'."
        )
    return regions_from(given, sample)


def _steps(text: str) -> tuple[str, ...]:
    steps = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = [step for step in steps if step not in STEPS]
    if unknown or not steps:
        raise ParamsError(
            f"Expected steps out of {', '.join(STEPS)}, found {text!r}; "
            "name those to run, separated by commas."
        )
    if "decompose" in steps and "type" not in steps:
        raise ParamsError(
            f"Expected cells to be typed before spots come apart, found the steps {text!r}; name "
            "type too, or give an earlier run to 'spotscope decompose'."
        )
    return steps
