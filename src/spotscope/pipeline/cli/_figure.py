"""``spotscope figure``: a figure for print of a finished run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.model import ParamsError
from spotscope.model import run as drive
from spotscope.pipeline._given import file_or_text, regions_from
from spotscope.pipeline._out_folder import inputs_of, spare
from spotscope.pipeline._save import open_session
from spotscope.pipeline.cli._flags import existing
from spotscope.pipeline.report._figures import check_figures, draw_figure
from spotscope.pipeline.report._html import regions_of

if TYPE_CHECKING:
    import argparse

    from spotscope.model import Region, Session
    from spotscope.pipeline.cli._console import Console

NAME = "figure"
HELP = "draw a figure of a finished run: PNG, SVG or PDF with legend and scale bar"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope figure``."""
    parser.add_argument("folder", type=existing, metavar="OUT", help="result folder of a run")
    parser.add_argument("--gene", metavar="NAME", help="colour by a gene; by cell types if absent")
    parser.add_argument(
        "--on-cells", action="store_true", help="the gene as inferred of cells, not of spots"
    )
    parser.add_argument(
        "--show",
        choices=("types", "confidence", "image"),
        help="cell types, how well they are supported, or the image alone",
    )
    parser.add_argument(
        "--region", metavar="NAME|FILE", help="of the regions drawn in the window, or GeoJSON"
    )
    parser.add_argument("--dpi", type=float, default=300.0, help="dots an inch (300)")
    parser.add_argument(
        "--width", type=float, default=120.0, metavar="MM", help="of the picture (120)"
    )
    parser.add_argument(
        "-o", "--to", type=Path, required=True, metavar="FILE", help=".png, .svg or .pdf"
    )


def run(args: argparse.Namespace, console: Console) -> None:
    """Draw it."""
    check_figures(args.to)
    session = drive(open_session(args.folder), console.progress)
    drawn = None if args.region is None else file_or_text(args.region)
    spare([args.to], [*inputs_of(session), drawn])
    task = draw_figure(
        session,
        args.to,
        shown=args.show,
        gene=args.gene,
        on_cells=args.on_cells,
        region=_region(args.region, session),
        dpi=args.dpi,
        width_mm=args.width,
    )
    written = drive(task, console.progress)
    console.say(f"written to {written}", figure=str(written))


def _region(named: str | None, session: Session) -> Region | None:
    if named is None:
        return None
    drawn = regions_of(session)
    found = [region for region in drawn if region.name == named]
    if found:
        return found[0]
    given = file_or_text(named)
    if isinstance(given, str) or given.exists():
        return regions_from(given, session.sample)[0]
    names = ", ".join(repr(region.name) for region in drawn) or "none"
    raise ParamsError(
        f"Expected a region that was drawn ({names}) or a GeoJSON file, found {named!r}; name one "
        "of them."
    )
