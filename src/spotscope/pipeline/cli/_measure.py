"""``spotscope measure``: count and measure the nuclei of a finished run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.model import ParamsError
from spotscope.model import run as drive
from spotscope.pipeline._given import regions_from
from spotscope.pipeline._out_folder import check_writable
from spotscope.pipeline._save import open_session, save_session
from spotscope.pipeline.cli._flags import existing
from spotscope.pipeline.segmentation._import_nuclei import import_nuclei
from spotscope.pipeline.segmentation._measure import NucleiNumbers, measure_step, nuclei_numbers
from spotscope.pipeline.segmentation._nuclei_truth import compare_step

if TYPE_CHECKING:
    import argparse

    from spotscope.model import Session, Slide
    from spotscope.pipeline.cli._console import Console

NAME = "measure"
HELP = "count and measure the nuclei of a finished run, by region, and against an annotation"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope measure``."""
    parser.add_argument("folder", type=existing, metavar="OUT", help="result folder of a run")
    parser.add_argument(
        "--region", type=existing, metavar="FILE.geojson", help="numbers of each region in it too"
    )
    parser.add_argument(
        "--truth",
        type=existing,
        metavar="FILE",
        help="a reference annotation: label image or GeoJSON; gives F1, AJI and PQ",
    )


def run(args: argparse.Namespace, console: Console) -> None:
    """Print the numbers; write the columns into the folder."""
    session = drive(open_session(args.folder), console.progress)
    out = check_writable(args.folder)
    session = drive(measure_step(session), console.progress)
    slide = session.sample.slide
    if args.truth and slide is None:
        raise ParamsError(
            "Expected a slide to lay an annotation on, found none in this folder; leave --truth "
            "out."
        )
    regions = regions_from(args.region, session.sample) if args.region else ()
    found = [nuclei_numbers(session), *(nuclei_numbers(session, region) for region in regions)]
    _table(console, found)
    if args.truth and slide is not None:
        _against(args, session, slide, console)
    drive(save_session(session, out), console.progress)


def _table(console: Console, found: list[NucleiNumbers]) -> None:
    lines = [
        f"  {'':<20} {'nuclei':>8} {'mm²':>8} {'per mm²':>8} {'area µm²':>9} {'eccentr.':>9} "
        f"{'haemat. OD':>11} {'corrected':>10}"
    ]
    for numbers in found:
        lines.append(
            f"  {numbers.name[:20]:<20} {numbers.count:>8,} {numbers.area_mm2:>8.3f} "
            f"{numbers.per_mm2:>8,.0f} {numbers.area_um2:>9.1f} {numbers.eccentricity:>9.2f} "
            f"{numbers.haematoxylin_od:>11.3f} {numbers.corrected:>10,}"
        )
    lines.append(f"  medians over nuclei; the first line's area is that of the {found[0].of}")
    console.say("\n".join(lines), numbers=[numbers.to_json() for numbers in found])


def _against(args: argparse.Namespace, session: Session, slide: Slide, console: Console) -> None:
    full = session.sample.full_mpp
    truth = drive(import_nuclei(args.truth, slide, full_mpp=full), console.progress)
    score = drive(compare_step(session, truth), console.progress)
    console.say(
        f"  against {args.truth.name} ({score.n_true:,} nuclei, {score.n_found:,} found among "
        f"them): F1 at IoU 0.5 {score.f1:.3f}, AJI {score.aji:.3f}, PQ {score.pq:.3f}",
        truth=score.to_json(),
    )
