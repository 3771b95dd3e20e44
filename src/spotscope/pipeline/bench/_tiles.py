"""Time and memory of typing by tiles: drawn bins, here and on a cluster of processes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.cell_typing import CellTypingParams, Tiling, fit, fit_tiled
from spotscope.model import MissingDependencyError, Progress
from spotscope.pipeline.bench._memory import peak_gib, sparse_gib
from spotscope.pipeline.bench._speed import BIN_COUNTS, BIN_UM, draw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from spotscope.methods.cell_typing import CellTyping
    from spotscope.model import Task
    from spotscope.pipeline.bench._speed import Drawn

__all__ = ["bench_tiles"]

#: Sections of more bins are typed by tiles in one process alone.
_WHOLE = 200_000
_WORKERS = 2


def bench_tiles(bins: int = 100_000) -> Task[str]:
    """Type drawn bins by tiles; a table in Markdown.

    Parameters
    ----------
    bins
        Their number, one cell each.
    """
    yield Progress("drawing bins", 0, 1)
    drawn = draw(bins, 2, most_cells=1, depth=BIN_COUNTS, pitch_um=BIN_UM)
    before = peak_gib()
    rows: list[tuple[str, float, CellTyping]] = []
    with ThreadPoolExecutor(1) as pool:
        rows.append(("tiles, one process", *(yield from _tiled(drawn, pool))))
    peak = peak_gib()
    if bins <= _WHOLE:
        rows += yield from _otherwise(drawn)
    counts = drawn.spots.counts
    sparse = sparse_gib(counts)
    first = rows[0][2]
    lines = [
        f"| {name} | {seconds:.0f} | {np.mean(first.codes == typing.codes):.2%} |"
        for name, seconds, typing in rows
    ]
    return (
        f"{bins:,} bins of {BIN_UM:g} µm × {counts.shape[1]:,} genes, {sparse:.2f} GiB of sparse "
        f"counts; the process held {before:.1f} GiB after drawing them, and {peak:.1f} GiB at most "
        "when the tiles were done.\n\n| typed | counts to labels (s) | labels as by tiles in one "
        "process |\n|---|---|---|\n" + "\n".join(lines)
    )


def _otherwise(drawn: Drawn) -> Task[list[tuple[str, float, CellTyping]]]:
    """The same on a cluster, and not by tiles at all."""
    rows = []
    try:
        with _cluster() as executor:
            named = f"tiles, a cluster of {_WORKERS} processes"
            rows.append((named, *(yield from _tiled(drawn, executor))))
    except MissingDependencyError:
        yield Progress("no cluster", 1, 1)
    rows.append(("as a whole", *(yield from _whole(drawn))))
    return rows


def _tiled(drawn: Drawn, executor: Executor) -> Task[tuple[float, CellTyping]]:
    started = time.perf_counter()
    typing = yield from fit_tiled(
        drawn.spots,
        drawn.reference,
        drawn.membership,
        drawn.yx_um,
        CellTypingParams(),
        Tiling(),
        executor,
        rng=0,
    )
    return time.perf_counter() - started, typing


def _whole(drawn: Drawn) -> Task[tuple[float, CellTyping]]:
    started = time.perf_counter()
    fitted = yield from fit(
        drawn.spots, drawn.reference, drawn.membership, drawn.yx_um, CellTypingParams(), rng=0
    )
    typing = fitted.solve(fitted.auto_nu)
    return time.perf_counter() - started, typing


@contextmanager
def _cluster() -> Iterator[Executor]:
    """Processes of this machine, as a Dask cluster."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as err:
        raise MissingDependencyError(
            "A Dask cluster needs distributed, which is not installed. "
            "Install it with: pip install 'spotscope[cluster]'"
        ) from err
    with (
        LocalCluster(n_workers=_WORKERS, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as client,
        client.get_executor() as executor,
    ):
        yield executor
