"""``spotscope impute``: the genes a panel lacks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from spotscope import io
from spotscope.methods.expression import ExpressionParams
from spotscope.model import ParamsError
from spotscope.model import run as drive
from spotscope.pipeline._device import resolve_device
from spotscope.pipeline._out_folder import check_writable, spare
from spotscope.pipeline._read import read_reference
from spotscope.pipeline.cli._flags import existing
from spotscope.pipeline.cli._run import add_reference_arguments
from spotscope.pipeline.expression._impute import IMPUTERS, impute_step
from spotscope.pipeline.expression._impute_genes import choose_genes

if TYPE_CHECKING:
    import argparse

    import pandas as pd

    from spotscope.pipeline.cli._console import Console

NAME = "impute"
HELP = "tell the genes that a panel lacks from a reference"
#: Genes shown by name, of the best and of the worst told.
_NAMED = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope impute``."""
    parser.add_argument("panel", type=existing, metavar="PANEL", help="h5ad of cells, raw counts")
    parser.add_argument("--reference", type=existing, required=True, metavar="REF")
    add_reference_arguments(parser)
    parser.add_argument(
        "--method",
        choices=IMPUTERS,
        default="blend",
        help="blend weighs all but score by how well they tell the panel's own genes; score must "
        "be trained; mean, knn, ridge and principal are the simplest means (blend)",
    )
    parser.add_argument(
        "--genes",
        metavar="A,B|FILE",
        help="only these genes; if absent all of the reference, or of many cells those in which "
        "its cells differ most",
    )
    parser.add_argument(
        "--thin",
        default="",
        metavar="A,B",
        help="genes of the panel that dropped out: told by the others and by what is left of them",
    )
    parser.add_argument("--out", type=existing, required=True, metavar="OUT.h5ad")


def run(args: argparse.Namespace, console: Console) -> None:
    """Write the imputed table."""
    if args.out.suffix != ".h5ad":
        raise ParamsError(
            f"Expected a table to write to, found {args.out.name!r}; give a name that ends in "
            ".h5ad (--out imputed.h5ad)."
        )
    spare([args.out], [args.panel, args.reference, args.labels])
    check_writable(args.out.parent)
    panel, notes = io.read_panel(args.panel)
    reference = drive(
        read_reference(args.reference, cell_type=args.cell_type, labels=args.labels),
        console.progress,
    )
    genes, note = (None, "") if args.genes is None else choose_genes(args.genes, reference)
    for said in (*notes, *reference.notes, note):
        if said:
            console.note(said)
    task = impute_step(
        panel,
        reference,
        method=args.method,
        genes=genes,
        thin=tuple(filter(None, (name.strip() for name in args.thin.split(",")))),
        params=ExpressionParams(),
        seed=args.seed,
        device=resolve_device(args.device),
    )
    table = drive(task, console.progress)
    io.write_table_h5ad(args.out, table)
    for said in json.loads(table.uns["imputation_record"])["notes"]:
        console.note(said)
    new = ~table.var["measured"].to_numpy()
    told = f"{table.n_obs:,} cells, {table.n_vars:,} genes, {int(new.sum()):,} of them not measured"
    console.say(
        f"{told}; written to {args.out}",
        cells=table.n_obs,
        genes=table.n_vars,
        inferred=int(new.sum()),
        out=str(args.out),
    )
    if new.any():
        expected = table.var["r_in_reference"][new].sort_values(ascending=False)
        console.note(f"correlation within the reference (the best to hope for): {_shown(expected)}")
    if "r_cross_validated" in table.var:
        checked = table.var["r_cross_validated"].dropna().sort_values(ascending=False)
        if len(checked):
            console.note(f"correlation of measured genes, hidden and told: {_shown(checked)}")


def _shown(r: pd.Series) -> str:
    """Median and genes by name: all of a few, else the best and the worst."""
    if len(r) <= 2 * _NAMED:
        named = ", ".join(f"{gene} {value:.2f}" for gene, value in r.items())
    else:
        best, worst = r.iloc[:_NAMED], r.iloc[-_NAMED:]
        named = " … ".join(
            ", ".join(f"{gene} {value:.2f}" for gene, value in part.items())
            for part in (best, worst)
        )
    return f"median {np.median(r):.2f}; {named}"
