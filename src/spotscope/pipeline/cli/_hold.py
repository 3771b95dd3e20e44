"""``spotscope hold``: types that are known, and regions with a ν of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from spotscope.model import MethodError, ParamsError
from spotscope.model import run as drive
from spotscope.pipeline._given import file_or_text, regions_from
from spotscope.pipeline._out_folder import check_writable
from spotscope.pipeline._save import open_session, save_session
from spotscope.pipeline.cell_typing._find_fit import find_fitted
from spotscope.pipeline.cell_typing._hold import Held, held_of, hold, labels_in
from spotscope.pipeline.cell_typing._hold_classes import classes_as_types
from spotscope.pipeline.cell_typing._hold_verb import held_from, hold_types
from spotscope.pipeline.cli._flags import existing
from spotscope.pipeline.cli._report import report

if TYPE_CHECKING:
    import argparse

    from spotscope.methods.cell_typing import FittedTyping
    from spotscope.model import Region, Session
    from spotscope.pipeline.cli._console import Console

NAME = "hold"
HELP = "hold nuclei of a finished run to a type, or give the section or a region another ν"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope hold``."""
    parser.add_argument("folder", type=existing, metavar="OUT", help="result folder of a run")
    parser.add_argument("--cells", metavar="12,17", help="labels of the nuclei (label_id)")
    parser.add_argument(
        "--region",
        type=file_or_text,
        metavar="FILE.geojson",
        help="the nuclei whose centre lies in it; with --nu, the region that has it",
    )
    parser.add_argument("--type", metavar="TYPE", help="of the reference: what they are, and stay")
    parser.add_argument(
        "--classes",
        action="store_true",
        help="nuclei whose class, such as QuPath's, is called like a type: they are that, and stay",
    )
    parser.add_argument("--let-go", action="store_true", help="hold these nuclei no longer")
    parser.add_argument(
        "--nu",
        metavar="X|auto|section",
        help="smoothness: of the region, 'section' for that of the rest; without one, of the rest",
    )
    parser.add_argument(
        "--held",
        type=file_or_text,
        metavar="FILE.json",
        help="all that is to hold, in place of what was held before, as run.json has it",
    )
    parser.add_argument("--out", type=existing, metavar="OUT2", help="write here (into OUT)")


def run(args: argparse.Namespace, console: Console) -> None:
    """Hold, type anew around what is held, and write the folder."""
    _check(args)
    session = drive(open_session(args.folder), console.progress)
    out = check_writable(args.out or args.folder)
    held = held_of(session) if args.held is None else held_from(args.held)
    regions = _regions(args, session)
    if args.type is not None or args.let_go:
        held = _with_types(session, held, args, regions)
    if args.classes:
        named = classes_as_types(session)
        held = replace(held, types={**named.types, **held.types})
        console.say(named.said, named=dict(named.held), no_type=dict(named.unknown))
    nu = None
    if args.nu is not None and regions:
        for region in regions:
            held = held.of_region(region, _number(args.nu, "section"))
    elif args.nu is not None:
        found = _number(args.nu, "auto")
        nu = "auto" if found is None else found
    session = hold_types(session, held, _fitted(args, session), nu=nu)
    drive(save_session(session, out), console.progress)
    report(console, session)
    n, m = len(held.types), len(held.regions)
    said = f"{n:,} {session.called} held, {m:,} regions with a ν of their own; written to {out}"
    console.say(said, held=held.to_json(), out=str(out))


def _check(args: argparse.Namespace) -> None:
    who, what = args.cells or args.region, args.type is not None or args.let_go
    asked = args.held is not None or args.nu is not None or args.classes or (who and what)
    if not asked or (what and not who) or (args.cells and not what) or (args.type and args.let_go):
        raise ParamsError(
            "Expected nuclei (--cells or --region) and what becomes of them (--type or --let-go), "
            "nuclei by their classes (--classes), a smoothness (--nu) with or without a --region, "
            "or all at once (--held), found none of these whole; see 'spotscope hold --help'."
        )


def _regions(args: argparse.Namespace, session: Session) -> tuple[Region, ...]:
    return () if args.region is None else regions_from(args.region, session.sample)


def _with_types(
    session: Session, held: Held, args: argparse.Namespace, regions: tuple[Region, ...]
) -> Held:
    """What is held, with the nuclei that were named."""
    try:
        labels = [int(label) for label in (args.cells or "").split(",") if label.strip()]
    except ValueError as err:
        raise ParamsError(
            f"Expected labels of nuclei, found {args.cells!r}; give such as --cells 12,17."
        ) from err
    labels += labels_in(session, regions) if regions else ()
    types = dict(held.types)
    for label in labels:
        types.pop(label, None)
        if args.type is not None:
            types[label] = args.type
    if args.let_go:
        hold(session, dict.fromkeys(labels, None))  # says which label is not of this session
    return replace(held, types=types)


def _number(text: str, word: str) -> float | None:
    if text == word:
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise ParamsError(
            f"Expected a smoothness from 0 to 100, or {word!r}, found {text!r}; give such as "
            "--nu 3."
        )
    return number


def _fitted(args: argparse.Namespace, session: Session) -> FittedTyping:
    fitted = find_fitted(session, args.folder)
    if fitted is None:
        raise MethodError(
            "Expected the fit behind these types beside them, found that steps/ was deleted; run "
            "the command that typed them again, then hold."
        )
    return fitted
