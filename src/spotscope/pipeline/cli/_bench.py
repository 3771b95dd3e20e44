"""``spotscope bench``: the figures of the documentation, printed anew."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.evaluation import ratio_table, score_table, typing_cases
from spotscope.model import run as drive
from spotscope.pipeline._bench_speed import bench_speed
from spotscope.pipeline._bench_typing import PAIRS, bench_typing
from spotscope.pipeline.cli._flags import existing

if TYPE_CHECKING:
    import argparse

    from spotscope.pipeline.cli._console import Console

NAME = "bench"
HELP = "measure cell typing on real data, beside other methods"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope bench``."""
    parser.add_argument(
        "name", choices=("typing", "typing-speed"), help="accuracy on real data, or time"
    )
    parser.add_argument(
        "--data",
        type=existing,
        default=Path(os.environ.get("SPOTSCOPE_DATA", "data")),
        metavar="DIR",
        help="folder of the data sets (the environment's SPOTSCOPE_DATA, or ./data)",
    )
    parser.add_argument(
        "--peers", action="store_true", help="also the packages of others that are installed"
    )
    parser.add_argument(
        "--part",
        choices=("reporting", "development"),
        default="reporting",
        help="part of every set: the one that is shown, or the one that choices are made on",
    )
    parser.add_argument(
        "--sets", default="", metavar="A,B", help="only these sets (starmap, merfish, osmfish, …)"
    )
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="draws of every case (3)")
    parser.add_argument("--out", type=existing, metavar="FILE", help="also write the table here")


def run(args: argparse.Namespace, console: Console) -> None:
    """Print a table in Markdown."""
    if args.name == "typing-speed":
        said = drive(bench_speed(), console.progress)
    else:
        sets = tuple(filter(None, args.sets.split(",")))
        cases = typing_cases(args.data, args.part, args.seeds, sets)
        scores = drive(bench_typing(cases, args.peers), console.progress)
        said = f"{ratio_table(scores, PAIRS)}\n\n{score_table(scores)}"
    if args.out:
        args.out.write_text(said + "\n", "utf-8")
    console.say(said)
