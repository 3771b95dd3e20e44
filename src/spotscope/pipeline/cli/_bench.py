"""``spotscope bench``: the figures of the documentation, printed anew."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.evaluation import (
    bead_cases,
    ratio_table,
    score_table,
    slice_cases,
    typing_cases,
)
from spotscope.model import run as drive
from spotscope.pipeline._device import resolve_device
from spotscope.pipeline.bench._beads import bench_beads
from spotscope.pipeline.bench._interface import bench_interface
from spotscope.pipeline.bench._looks import bench_looks
from spotscope.pipeline.bench._slices import bench_slices
from spotscope.pipeline.bench._speed import bench_speed
from spotscope.pipeline.bench._speed_reference import bench_reference
from spotscope.pipeline.bench._tiles import bench_tiles
from spotscope.pipeline.bench._typing import PAIRS, bench_typing
from spotscope.pipeline.bench._typing_peers import PEERS, PeerRun
from spotscope.pipeline.cli._bench_expression import (
    EXPRESSION_BENCHES,
    add_expression_arguments,
    expression_bench,
)
from spotscope.pipeline.cli._bench_nuclei import bench_nuclei_text
from spotscope.pipeline.cli._flags import existing

if TYPE_CHECKING:
    import argparse

    from spotscope.model import Task
    from spotscope.pipeline.cli._console import Console

TYPING_BENCHES = (
    *("typing-looks", "typing-beads", "typing-slices", "typing-speed", "typing-tiles"),
)
NAME = "bench"
HELP = "measure a step on real data, beside other methods"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope bench``."""
    parser.add_argument(
        "name",
        choices=("typing", *TYPING_BENCHES, "nuclei", *EXPRESSION_BENCHES, "interface"),
        help="accuracy on real data, or time",
    )
    parser.add_argument(
        "--data",
        type=existing,
        default=Path(os.environ.get("SPOTSCOPE_DATA", "data")),
        metavar="DIR",
        help="folder of the data sets (the environment's SPOTSCOPE_DATA, or ./data)",
    )
    _add_peers(parser)
    parser.add_argument(
        "--part",
        choices=("reporting", "development"),
        default="reporting",
        help="part of every set: the one that is shown, or the one that choices are made on",
    )
    parser.add_argument(
        "--sets", default="", metavar="A,B", help="only these sets (starmap, merfish, osmfish, …)"
    )
    parser.add_argument(
        "--across-um", default="", metavar="A,B", help="of typing-slices: distances that are tried"
    )
    parser.add_argument(
        "--bins", type=int, default=100_000, metavar="N", help="of typing-tiles: bins (100,000)"
    )
    parser.add_argument(
        "--reference-cells",
        type=int,
        default=0,
        metavar="N",
        help="of typing-speed: instead, a reference of N cells × 30,000 genes, written to disk",
    )
    add_expression_arguments(parser)
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="draws of every case (3)")
    parser.add_argument(
        "--models", default="", metavar="A,B", help="of nuclei: only these (those that ship)"
    )
    parser.add_argument("--out", type=existing, metavar="FILE", help="also write the table here")


def _add_peers(parser: argparse.ArgumentParser) -> None:
    """Declare how packages of others are run beside ours."""
    parser.add_argument(
        "--peers", action="store_true", help="also the packages of others that are installed"
    )
    parser.add_argument(
        "--peer-python",
        default=os.environ.get("SPOTSCOPE_PEER_PYTHON", sys.executable),
        metavar="EXE",
        help="Python of the environment the peers are in (SPOTSCOPE_PEER_PYTHON, or this one)",
    )
    parser.add_argument(
        "--peer-limit", type=float, default=900.0, metavar="S", help="seconds a peer has (900)"
    )
    parser.add_argument(
        "--peer-names", default="", metavar="A,B", help="only these peers (flashdeconv, rctd, …)"
    )
    parser.add_argument(
        "--peer-answers", type=Path, metavar="DIR", help="keep peers' answers here, and use them"
    )
    parser.add_argument(
        "--peer-epochs", type=int, metavar="N", help="train cell2location so long only (30,000)"
    )


def run(args: argparse.Namespace, console: Console) -> None:
    """Print a table in Markdown."""
    args.device = resolve_device(args.device)
    if args.name in TYPING_BENCHES:
        said = drive(_typing_bench(args), console.progress)
    elif args.name in EXPRESSION_BENCHES:
        said = expression_bench(args, console)
    elif args.name == "nuclei":
        said = bench_nuclei_text(args, console)
    elif args.name == "interface":
        peer = args.peer_python if args.peers else None
        said = drive(bench_interface(peer, args.peer_limit), console.progress)
    else:
        sets = tuple(filter(None, args.sets.split(",")))
        cases = typing_cases(args.data, args.part, args.seeds, sets)
        peers = _peers(args) if args.peers else None
        found = drive(bench_typing(cases, peers), console.progress)
        said = f"{ratio_table(found.scores, PAIRS)}\n\n{score_table(found.scores)}"
        if found.notes:
            said += "\n\nNot scored:\n\n" + "\n".join(f"- {note}" for note in found.notes)
    if args.out:
        args.out.write_text(said + "\n", "utf-8")
    console.say(said)


def _typing_bench(args: argparse.Namespace) -> Task[str]:
    """A benchmark of one side of typing; its table in Markdown."""
    sets = tuple(filter(None, args.sets.split(",")))
    if args.name == "typing-speed":
        cells = args.reference_cells
        return bench_reference(cells) if cells else bench_speed()
    if args.name == "typing-tiles":
        return bench_tiles(args.bins)
    if args.name == "typing-looks":
        return bench_looks(args.seeds)
    if args.name == "typing-beads":
        return bench_beads(bead_cases(args.data, args.part, args.seeds, sets))
    across = tuple(map(float, filter(None, args.across_um.split(","))))
    return bench_slices(slice_cases(args.data, args.part, args.seeds, sets), across)


def _peers(args: argparse.Namespace) -> PeerRun:
    names = tuple(filter(None, args.peer_names.split(","))) or tuple(PEERS.values())
    return PeerRun(args.peer_python, args.peer_limit, args.peer_answers, args.peer_epochs, names)
