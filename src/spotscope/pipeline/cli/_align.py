"""``spotscope align``: how far the spots are off, and moving them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.methods.alignment import TurnFound
from spotscope.model import (
    MethodError,
    OutFile,
    ParamsError,
    ReadError,
    Session,
    Transform,
    fit_landmarks,
)
from spotscope.model import run as drive
from spotscope.pipeline._align import align_step
from spotscope.pipeline._given import file_or_text, transform_from
from spotscope.pipeline._out_folder import check_writable
from spotscope.pipeline._position import measure_position
from spotscope.pipeline._read import read_sample
from spotscope.pipeline._save import open_session, save_session
from spotscope.pipeline._shift import as_figures
from spotscope.pipeline._text import text_of
from spotscope.pipeline.cli._flags import existing

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from spotscope.pipeline.cli._console import Console

NAME = "align"
HELP = "say how far the spots lie off the image, or move them upon it"
KINDS = ("shift", "similarity", "affine")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope align``."""
    parser.add_argument(
        "sample", type=existing, metavar="OUT|SPOTS", help="result folder of a run, or spots"
    )
    parser.add_argument("--image", type=existing, metavar="IMG", help="the slide image of SPOTS")
    parser.add_argument("--mpp", type=float, metavar="M", help="µm per pixel of the image")
    add_moving(parser)
    parser.add_argument(
        "--landmarks",
        type=existing,
        metavar="FILE.json",
        help="pairs of places (y, x) in µm: where spots are, and where they should be",
    )
    parser.add_argument(
        "--kind",
        choices=KINDS,
        default="similarity",
        help="what landmarks may do: similarity moves, turns and resizes (default), affine skews "
        "too, shift moves alone",
    )
    parser.add_argument("--out", type=existing, metavar="OUT2", help="write here (into OUT)")


def add_moving(parser: argparse.ArgumentParser) -> None:
    """Declare how spots are moved; ``run`` takes the same."""
    parser.add_argument(
        "--shift", metavar="DOWN,RIGHT", help="move the spots by so many µm (--shift=12,-3)"
    )
    parser.add_argument(
        "--align",
        type=file_or_text,
        metavar="auto|FILE.json",
        help="move the spots: back by the turn or shift that is measured, or by a map of "
        "'spotscope align'",
    )


def moving(args: argparse.Namespace) -> Transform | str | None:
    """What was asked for: a map, ``auto``, or None.

    Raises
    ------
    ParamsError, ReadError
        If it is no map, or two were asked for.
    """
    if args.shift is not None and args.align is not None:
        raise ParamsError("Expected one way to move the spots, found two; give --shift or --align.")
    if args.shift is not None:
        return transform_from(str(args.shift).split(","))
    if args.align is None or str(args.align) == "auto":
        return None if args.align is None else "auto"
    return transform_from(args.align)


def run(args: argparse.Namespace, console: Console) -> None:
    """Measure; move and write where that is asked for."""
    asked = moving(args)
    if args.landmarks is not None:
        if asked is not None:
            raise ParamsError("Expected one way to move the spots, found two; give one of them.")
        asked = _from_landmarks(args.landmarks, args.kind, console)
    is_result = (args.sample / OutFile.SESSION).exists()
    if is_result:
        session = drive(open_session(args.sample), console.progress)
    else:
        sample = read_sample(args.sample, image=args.image, mpp=args.mpp)
        session = Session(drive(sample, console.progress))
    if asked is None:
        tell(console, session, args.seed)
        return
    out = args.out or (args.sample if is_result else None)
    if out is None:
        raise ParamsError(
            "Expected a result folder to move the spots of, found spots alone; move them as they "
            "are run (spotscope run … --align), or say where to write (--out OUT)."
        )
    check_writable(out, args.sample, args.image)
    typed = session.cells is not None
    session = drive(
        align_step(session, asked if isinstance(asked, Transform) else None, seed=args.seed),
        console.progress,
    )
    for note in session.records["align"].notes:
        console.say(note, **session.records["align"].params)
    for problem in session.sample.problems:
        console.note(str(problem))
    if typed and session.cells is None:
        console.note("cell types and expression were of spots elsewhere and are gone; type again")
    drive(save_session(session, out), console.progress)
    console.say(f"written to {out}", out=str(out))


def tell(console: Console, session: Session, seed: int) -> None:
    """Say what is measured."""
    found = drive(measure_position(session, seed=seed), console.progress)
    if isinstance(found, TurnFound):
        console.say(
            f"{found.sentence}; turn the spots too (--align auto)",
            turn=found.turn.name,
            clearness=[round(z, 2) for z in found.clearness],
        )
        return
    console.say(
        f"spots: {found.sentence}; counts explained by the image: {found.agreement:.0%} as they "
        f"lie, {found.at_best:.0%} at best",
        **as_figures(found),
    )


def warn_of_shift(console: Console, session: Session, seed: int) -> None:
    """Say so where the spots are off the image; say nothing where that cannot be told."""
    if session.sample.slide is None or session.sample.spots is None:
        return
    try:
        found = drive(measure_position(session, seed=seed), console.progress)
    except MethodError:  # too few spots, or none on the image: said elsewhere
        return
    if isinstance(found, TurnFound):
        # where the spots miss the tissue for it, that was said, with the same way out
        if all(problem.turn != found.turn.name for problem in session.sample.problems):
            console.note(f"{found.sentence}; turn the spots too (--align auto)")
    elif found.is_off:
        console.note(
            f"spots look {found.sentence}; move them (--align auto), or look at them (spotscope "
            "align)"
        )


def _from_landmarks(path: Path, kind: Any, console: Console) -> Transform:
    text = text_of(path, "pairs of landmarks")
    try:
        pairs = np.asarray(json.loads(text), float)
        if pairs.ndim != 3 or pairs.shape[1:] != (2, 2):
            raise ValueError(f"an array of shape {pairs.shape}")
    except (ValueError, TypeError) as err:
        raise ReadError(
            f"Expected pairs [[[y, x], [y, x]], …] in µm in {path}, found {err}; write where a "
            "spot is, then where it should be."
        ) from err
    fit = fit_landmarks(pairs[:, 0], pairs[:, 1], kind)
    console.say(
        f"{len(pairs)} landmarks, {kind}: {fit.residual_um.mean():.1f} µm off on average, at most "
        f"{fit.residual_um.max():.1f} µm",
        residual_um=[round(float(value), 2) for value in fit.residual_um],
    )
    return fit.transform
