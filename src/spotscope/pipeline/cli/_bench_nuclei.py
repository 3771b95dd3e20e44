"""``spotscope bench nuclei``: how well and how fast nuclei are found."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spotscope.evaluation import nuclei_cases
from spotscope.model import run as drive
from spotscope.pipeline._bench_nuclei import bench_nuclei, nuclei_table, speed_tile

if TYPE_CHECKING:
    import argparse

    from spotscope.pipeline.cli._console import Console

__all__ = ["bench_nuclei_text"]


def bench_nuclei_text(args: argparse.Namespace, console: Console) -> str:
    """The tables, in Markdown."""
    models = tuple(filter(None, args.models.split(",")))
    cases = nuclei_cases(args.data, args.part)
    said = nuclei_table(drive(bench_nuclei(cases, models, args.device), console.progress))
    if args.peers:
        from spotscope.pipeline._bench_nuclei_speed import peer_speed, speed_table

        threads = args.workers or os.cpu_count() or 1
        tile = speed_tile(args.data)
        model = models[0] if models else "he"
        task = peer_speed(tile, model, args.peer_python, threads)
        rows, version = drive(task, console.progress)
        said += "\n### Speed\n\n" + speed_table(rows, version, threads, tile.shape)
    return said
