"""``spotscope bench expression`` and its kin, ``imputation`` and ``dropout``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.evaluation import (
    between_cases,
    between_table,
    dropout_cases,
    dropout_table,
    expression_cases,
    expression_margins,
    expression_table,
    imputation_cases,
    imputation_table,
)
from spotscope.model import ParamsError
from spotscope.model import run as drive
from spotscope.pipeline.bench._between import bench_between
from spotscope.pipeline.bench._dropout import bench_dropout
from spotscope.pipeline.bench._expression import MARGINS, TIERS, bench_expression
from spotscope.pipeline.bench._expression_speed import bench_expression_speed
from spotscope.pipeline.bench._imputation import IMPUTATION_TIERS, bench_imputation
from spotscope.pipeline.bench._imputation_peers import peer_names
from spotscope.pipeline.bench._typing_peers import PeerRun

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from spotscope.pipeline.cli._console import Console

__all__ = ["EXPRESSION_BENCHES", "add_expression_arguments", "expression_bench"]

EXPRESSION_BENCHES = (
    *("expression", "expression-between", "expression-speed", "imputation", "dropout"),
)
#: Tiers by default; ``score`` trains, for minutes on every reference.
_TIERS = {
    "expression": ("split", "gaussian"),
    "expression-speed": TIERS,
    "imputation": ("gaussian", "blend"),
    "expression-between": (),
    "dropout": (),
}


def add_expression_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what these take beside the arguments of every benchmark."""
    parser.add_argument(
        "--tiers",
        default="",
        metavar="A,B",
        help="of expression: split, gaussian, score (the first two); of imputation: gaussian, "
        "score, blend (gaussian,blend); score trains",
    )
    parser.add_argument(
        "--cells-per-spot",
        type=int,
        choices=range(2, 9),
        default=8,
        metavar="N",
        help="of expression: 2 to N cells a spot (8); 2 is the published example",
    )


def expression_bench(args: argparse.Namespace, console: Console) -> str:
    """Measure, and return tables in Markdown."""
    tiers = tuple(filter(None, args.tiers.split(","))) or _TIERS[args.name]
    known = dict.fromkeys((*TIERS, *IMPUTATION_TIERS))
    if unknown := [tier for tier in tiers if tier not in known]:
        raise ParamsError(
            f"Expected tiers of {', '.join(known)}, found {', '.join(unknown)}; "
            "name others with --tiers."
        )
    sets = tuple(filter(None, args.sets.split(",")))
    how = PeerRun(args.peer_python, args.peer_limit, args.peer_answers)
    if args.name == "expression-speed":
        asked = tuple(tier for tier in TIERS if tier in tiers)
        return drive(bench_expression_speed(asked, device=args.device), console.progress)
    if args.name == "expression-between":
        between = between_cases(args.data, args.part, args.seeds, sets)
        return between_table(drive(bench_between(between), console.progress))
    if args.name == "expression":
        tiers = tuple(tier for tier in tiers if tier in TIERS)
        cases = expression_cases(
            args.data, args.part, args.seeds, sets, most_cells=args.cells_per_spot
        )
        beside = how if args.peers else None
        notes: list[str] = []
        task = bench_expression(cases, tiers, device=args.device, how=beside, notes=notes)
        scores = drive(task, console.progress)
        said = f"{expression_margins(scores, MARGINS)}\n\n{expression_table(scores)}"
        return said + _not_scored(notes)
    peers = peer_names(args.peer_names) if args.peers else ()
    if args.name == "dropout":
        thinned = dropout_cases(args.data, args.part, args.seeds, sets)
        return dropout_table(drive(bench_dropout(thinned, peers, how), console.progress))
    hidden = imputation_cases(args.data, args.part, args.seeds, sets)
    tiers = tuple(tier for tier in tiers if tier in IMPUTATION_TIERS)
    found = drive(bench_imputation(hidden, tiers, args.device, peers, how), console.progress)
    return imputation_table(found.scores) + _not_scored(found.notes)


def _not_scored(notes: Sequence[str]) -> str:
    return "\n\nNot scored:\n\n" + "\n".join(f"- {note}" for note in notes) if notes else ""
