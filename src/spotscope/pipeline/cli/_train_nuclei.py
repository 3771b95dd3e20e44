"""``spotscope train nuclei``: a network of one's own, from images and label images."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.methods.segmentation.stardist import NetworkParams
from spotscope.pipeline._save import check_writable
from spotscope.pipeline.cli._flags import add_params, existing, params_from
from spotscope.pipeline.segmentation._train_nuclei import NucleiTraining, train_nuclei_model
from spotscope.training import TrainParams

if TYPE_CHECKING:
    import argparse
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
    parser.add_argument("--out", type=existing, required=True, metavar="FOLDER")
    parser.add_argument("--mpp", type=float, metavar="M", help="µm per pixel of the images")
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
        help="of the patients: half to calibrate on, half to score on (0.3)",
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
        args.images, args.labels, args.out, args.mpp, args.patient, args.held_back, args.licence
    )
    shape, params = params_from(args, NetworkParams), params_from(args, TrainParams)
    check_writable(args.out)
    task = train_nuclei_model(job, shape, params, seed=args.seed, device=args.device)
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
                console.progress(progress)
                done = progress.done if progress.stage == "training" else done
                if progress.stage == "training" and progress.done % 100 == 0:
                    _tell_loss(progress, console)
                if asked:
                    task.close()
                    console.note(f"{done:,} of {steps:,} steps are kept; the same command goes on.")
                    raise KeyboardInterrupt
        except StopIteration as stop:
            return stop.value


def _tell_loss(progress: Progress, console: Console) -> None:
    if progress.preview is not None and not console.err.isatty():
        console.note(f"step {progress.done:,} of {progress.total:,}: loss {progress.preview:.4f}")


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
