"""``spotscope segment``: nuclei alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope import io
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import ParamsError, Sample, Session
from spotscope.model import run as drive
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._executor import open_executor
from spotscope.pipeline._out_folder import check_writable, spare
from spotscope.pipeline.cli._flags import add_params, existing, params_from
from spotscope.pipeline.segmentation._step import segmentation_step

if TYPE_CHECKING:
    import argparse

    from spotscope.pipeline.cli._console import Console

NAME = "segment"
HELP = "find the nuclei of an image: a label image, and a GeoJSON for QuPath beside it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope segment``."""
    parser.add_argument("image", type=existing, metavar="IMAGE", help="the slide image")
    parser.add_argument("--mpp", type=float, metavar="M", help="µm per pixel")
    parser.add_argument("--out", type=existing, required=True, metavar="LABELS.tif")
    add_params(parser, SegmentationParams, "nuclei")


def run(args: argparse.Namespace, console: Console) -> None:
    """Write labels and outlines."""
    params = params_from(args, SegmentationParams)
    if args.out.suffix.lower() not in (".tif", ".tiff"):
        raise ParamsError(
            f"Expected a label image to write to, found {args.out.name!r}; "
            "give a name that ends in .tif (--out nuclei.tif)."
        )
    outlines = args.out.with_suffix(".geojson")
    spare([args.out, outlines], [args.image])
    check_writable(args.out.parent)
    slide = drive(io.open_slide(args.image, mpp=args.mpp), console.progress)
    session = Session(Sample(slide.name, slide))
    with open_executor(args.workers, args.scheduler) as executor:
        cache = StepCache(user_cache())
        task = segmentation_step(
            session, params, cache=cache, executor=executor, device=args.device
        )
        session = drive(task, console.progress)
    assert session.labels is not None
    assert session.nuclei is not None
    drive(io.write_label_tiff(args.out, session.labels), console.progress)
    drive(io.write_nuclei_geojson(outlines, session.nuclei, mpp=slide.mpp), console.progress)
    console.say(
        f"{session.nuclei.n:,} {'nucleus' if session.nuclei.n == 1 else 'nuclei'} written to "
        f"{args.out} and {outlines.name}",
        nuclei=session.nuclei.n,
        out=str(args.out),
    )
