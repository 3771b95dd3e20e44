"""``spotscope region``: what regions of a finished run hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.model import ParamsError
from spotscope.model import run as drive
from spotscope.pipeline._ask_region import RegionAnswer, ask_region
from spotscope.pipeline._given import regions_from
from spotscope.pipeline._out_folder import spare
from spotscope.pipeline._save import open_session
from spotscope.pipeline._save_regions import REGION_FILES, save_regions
from spotscope.pipeline.cli._flags import existing

if TYPE_CHECKING:
    import argparse

    from spotscope.model import Region
    from spotscope.pipeline.cli._console import Console

NAME = "region"
HELP = "say what regions of a finished run hold: cell types with intervals, density, marking genes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope region``."""
    parser.add_argument("folder", type=existing, metavar="OUT", help="result folder of a run")
    parser.add_argument(
        "regions", type=existing, metavar="FILE.geojson", help="regions, as QuPath exports them"
    )
    parser.add_argument(
        "--against", metavar="NAME", help="compare with this region of the file, not with the rest"
    )
    parser.add_argument(
        "--to", type=Path, metavar="FOLDER", help="write GeoJSON with numbers, and tables as CSV"
    )


def run(args: argparse.Namespace, console: Console) -> None:
    """Print a card of each region."""
    if args.to is not None:
        spare([args.to / name for name in REGION_FILES], [args.regions])
    session = drive(open_session(args.folder), console.progress)
    regions = regions_from(args.regions, session.sample)
    against = _named(regions, args.against)
    asked = [region for region in regions if region is not against]
    answers = [ask_region(session, region, against) for region in asked]
    for answer in answers:
        console.say("\n".join(card(answer)), region=answer.to_json())
    if args.to is not None:
        written = save_regions(args.to, asked, answers, mpp=session.sample.drawn_mpp)
        console.say(f"written to {args.to}", written=[str(path) for path in written])


def _named(regions: tuple[Region, ...], name: str | None) -> Region | None:
    if name is None:
        return None
    found = [region for region in regions if region.name == name]
    if len(found) != 1 or len(regions) < 2:
        names = ", ".join(repr(region.name) for region in regions)
        raise ParamsError(
            f"Expected one region {name!r} and others to compare with it, found {names}; "
            "give a name of the file."
        )
    return found[0]


def card(answer: RegionAnswer) -> list[str]:
    """The lines of a region's card."""
    head = [f"{answer.name}: {answer.area_mm2:.3g} mm²"]
    if answer.nuclei is not None:
        head.append(f"{answer.nuclei:,} {answer.called} ({answer.per_mm2:,.0f} per mm²)")
    if answer.spots is not None:
        head.append(f"{answer.spots:,} spots")
    lines = [", ".join(head), *(f"  {line}" for line in answer.within)]
    if answer.types:
        lines.append(f"  {'':<24} {answer.called:>8} {'share':>7} {'95%':>15} {'elsewhere':>10}")
        lines += [
            f"  {row.name[:24]:<24} {row.count:>8,} {row.share:>7.1%} "
            f"{f'{row.low:.1%} to {row.high:.1%}':>15} {row.elsewhere:>10.1%}"
            for row in answer.types
        ]
    if answer.genes:
        lines.append(
            f"  genes against {answer.against}, counts per 10,000, ratio (95%), surest first"
        )
        lines += [
            f"  {gene.name[:24]:<24} {gene.inside:>8.1f} {gene.elsewhere:>7.1f} "
            f"{gene.ratio:>6.1f} ({gene.low:.1f} to {gene.high:.1f})"
            for gene in answer.genes
        ]
    return lines + [f"  note: {note}" for note in answer.notes]
