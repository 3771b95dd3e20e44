"""``spotscope bench nuclei``: how well and how fast nuclei are found."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spotscope.evaluation import nuclei_cases
from spotscope.methods.segmentation import WATERSHED
from spotscope.model import run as drive
from spotscope.pipeline.bench._nuclei import (
    bench_nuclei,
    bench_ways,
    nuclei_table,
    speed_tile,
    ways_table,
)

if TYPE_CHECKING:
    import argparse

    from spotscope.pipeline.cli._console import Console

__all__ = ["bench_nuclei_text"]


def bench_nuclei_text(args: argparse.Namespace, console: Console) -> str:
    """The tables, in Markdown."""
    models = tuple(filter(None, args.models.split(",")))
    cases = nuclei_cases(args.data, args.part)
    said = nuclei_table(drive(bench_nuclei(cases, models, args.device), console.progress))
    networks = tuple(model for model in models if model != WATERSHED)
    if models and not networks:
        return said
    ways = bench_ways(nuclei_cases(args.data, args.part), networks, args.device)
    said += "\n### Precision and mirror images\n\n" + ways_table(drive(ways, console.progress))
    if args.peers:
        from spotscope.pipeline.bench._nuclei_speed import peer_speed, speed_table

        threads = args.workers or os.cpu_count() or 1
        tile = speed_tile(args.data)
        model = models[0] if models else "he"
        task = peer_speed(tile, model, args.peer_python, threads)
        rows, version = drive(task, console.progress)
        said += "\n### Speed\n\n" + speed_table(rows, version, threads, tile.shape)
    return said
