"""``spotscope train nuclei``: a network of one's own, from images and label images."""

from __future__ import annotations

import argparse
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.methods.segmentation.stardist import NetworkParams
from spotscope.pipeline._device import resolve_device
from spotscope.pipeline._out_folder import check_writable
from spotscope.pipeline.cli._flags import add_params, existing, params_from
from spotscope.pipeline.segmentation._train_nuclei import train_nuclei_model
from spotscope.pipeline.segmentation._train_parts import NucleiTraining
from spotscope.training import TrainParams

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spotscope.model import Progress, Task
    from spotscope.pipeline.cli._console import Console

NAME = "nuclei"
HELP = "train a network that finds nuclei; the same command goes on after Ctrl-C"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope train nuclei``."""
    parser.add_argument("images", type=existing, metavar="IMAGES", help="folder of images")
    parser.add_argument(
        "labels", type=existing, metavar="LABELS", help="folder of label images of the same names"
    )
    parser.add_argument(
        "--and",
        dest="more",
        nargs=2,
        type=existing,
        action="append",
        default=[],
        metavar=("IMAGES", "LABELS"),
        help="another pair of folders; may be given again",
    )
    parser.add_argument("--out", type=existing, required=True, metavar="FOLDER")
    parser.add_argument("--mpp", type=float, metavar="M", help="µm per pixel of the images")
    parser.add_argument(
        "--mpp-of",
        type=_size_of,
        action="append",
        default=[],
        metavar="REGEX=M",
        help="µm per pixel of images whose names match; may be given again",
    )
    parser.add_argument(
        "--patient",
        default=".*",
        metavar="REGEX",
        help="part of a file name that names the patient (the whole name): patients are held back "
        "whole",
    )
    parser.add_argument(
        "--held-back",
        type=float,
        default=0.3,
        metavar="SHARE",
        help="of the patients, drawn: half to calibrate on, half to score on (0.3)",
    )
    for part, what in (("calibrate", "calibrate and validate on"), ("score", "score on")):
        parser.add_argument(
            f"--{part}-on",
            default="",
            metavar="REGEX",
            help=f"names of the images to {what}, in place of a draw",
        )
    parser.add_argument(
        "--licence",
        default=NucleiTraining.__dataclass_fields__["licence"].default,
        metavar="TEXT",
        help="of the weights, for the model card",
    )
    add_params(parser, NetworkParams, "network")
    add_params(parser, TrainParams, "training")


def run(args: argparse.Namespace, console: Console) -> None:
    """Train, calibrate, score, and write model and card."""
    job = NucleiTraining(
        sources=((args.images, args.labels), *map(tuple, args.more)),
        out=args.out,
        mpp=args.mpp,
        mpp_of=tuple(args.mpp_of),
        patient=args.patient,
        held_back=args.held_back,
        calibrate_on=args.calibrate_on,
        score_on=args.score_on,
        licence=args.licence,
    )
    shape, params = params_from(args, NetworkParams), params_from(args, TrainParams)
    check_writable(args.out)
    device = resolve_device(args.device)
    task = train_nuclei_model(job, shape, params, seed=args.seed, device=device)
    scores = _driven(task, console, params.steps)
    said = f"written to {args.out}: use it with --model {args.out}"
    if scores:
        mean = np.mean([score.values for score in scores.values()], axis=0)
        said = (
            f"on {len(scores)} tiles of held-back patients F1 {mean[0]:.3f} at IoU 0.5, "
            f"{mean[1]:.3f} at 0.7, AJI {mean[2]:.3f}, PQ {mean[3]:.3f}; {said}"
        )
    console.say(said, out=str(args.out), f1=float(mean[0]) if scores else None)


def _driven(task: Task[Any], console: Console, steps: int) -> Any:
    """Drive a task; Ctrl-C ends it between two steps, so that none is lost."""
    done = 0
    with _asked_to_stop() as asked:
        try:
            while True:
                progress: Progress = next(task)
                if progress.stage != "validating":
                    console.progress(progress)
                done = progress.done if progress.stage == "training" else done
                _tell_loss(progress, console)
                if asked:
                    task.close()
                    console.note(f"{done:,} of {steps:,} steps are kept; the same command goes on.")
                    raise KeyboardInterrupt
        except StopIteration as stop:
            return stop.value


def _tell_loss(progress: Progress, console: Console) -> None:
    if progress.preview is None:
        return
    at = f"step {progress.done:,} of {progress.total:,}"
    if progress.stage == "validating":
        console.note(f"{at}: validation loss {progress.preview:.4f}")
    elif progress.stage == "training" and progress.done % 100 == 0 and not console.err.isatty():
        console.note(f"{at}: loss {progress.preview:.4f}")


def _size_of(text: str) -> tuple[str, float]:
    """Parse ``REGEX=M``."""
    pattern, _, size = text.rpartition("=")
    try:
        return pattern, float(size)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected part of file names and µm per pixel, such as 'TCGA-HE-=0.5', found {text!r}"
        ) from None


@contextmanager
def _asked_to_stop() -> Iterator[list[bool]]:
    """A list that is no longer empty after Ctrl-C; a second one stops at once."""
    asked: list[bool] = []

    def hear(number: int, frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(True)

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)
