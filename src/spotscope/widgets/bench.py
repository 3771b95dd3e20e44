"""``spotscope bench interface``: what the window's thread is busy with, on sizes of real slides.

Everything is drawn by the code that draws a user's slide; only the section is made up. Times are of
the processor, of the window's own thread, without painting (in software here, on the graphics card
elsewhere); the machine's load hardly changes them.
"""

from __future__ import annotations

import os
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import dask.array as da
import napari
import numpy as np
import pandas as pd
import scipy.sparse as sp
from anndata import AnnData
from napari.utils import resize_dask_cache
from qtpy.QtWidgets import QApplication

from spotscope import layers
from spotscope.model import (
    CellKey,
    Cells,
    Labels,
    Lattice,
    Sample,
    Session,
    Slide,
    Spots,
    StarConvex,
    TypeSource,
)
from spotscope.widgets._bench_table import BenchRow, Browsed, bench_table
from spotscope.widgets._tick_recorder import TickRecorder, busy_ms
from spotscope.widgets.canvas._two_looks import TwoLooks
from spotscope.widgets.expression._expression_shown import (
    ExpressionShown,
    GeneSource,
    gene_colormap,
)
from spotscope.widgets.sample._reader import open_dock

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from spotscope.pipeline.bench._interface_peer import ViewerPeer
    from spotscope.widgets import SpotscopeWidget

__all__ = ["interface_bench"]

_TYPES = tuple(f"type {k}" for k in range(12))
_STEP, _MPP = 15, 0.5
_LIMIT_MS = 50.0
#: Bins along a side of the made-up lattice.
BINS_SIDE = 640
#: So often is looked elsewhere while memory is watched.
VIEWS = 200
#: MB of decoded chunks that napari may keep while memory is watched.
CHUNKS_MB = 256


def interface_bench(
    side: int = 8192, genes: int = 300, times: int = 15, peer: ViewerPeer | None = None
) -> str:
    """Measure recolouring, gene search, lens and card at the mouse; a table in Markdown.

    Parameters
    ----------
    side
        Pixels of a side of the made-up slide; a nucleus stands every 15 of them.
    genes
        Genes that are known of each of 100,000 nuclei.
    times
        How often each is done.
    peer
        What another viewer took for the same.
    """
    rng = np.random.default_rng(0)
    session = _section(side, rng)
    viewer = napari.Viewer(title="bench", show=True)
    viewer.window.resize(1400, 900)
    dock = open_dock(viewer)
    _live(lambda: not dock.office.compiling.busy)  # on a machine that is new to it
    dock.workbench.session = session
    recorder = TickRecorder(dock)
    with recorder.recording() as shown:
        dock.canvas.show_session(session, {})
        _live(lambda: not dock.canvas.turns.busy)
    acts = _acts(dock, session, genes, rng)
    rows = [
        BenchRow(what, limit, busy_ms(act, lambda: _paint(dock), times), other)
        for what, limit, act, other in acts
    ]
    browsed = _browsed(dock, recorder, [act for _, _, act, other in acts if other])
    rows.append(_bins_row(dock, rng, times))
    n = session.nuclei.n if session.nuclei is not None else 0
    viewer.close()
    head = f"{n:,} nuclei on {side:,} × {side:,} pixels; ms of the window's thread, no painting."
    added = (
        f"Layers are added in turns; the longest took {shown.busiest:.0f} ms of the processor "
        f"(between two ticks {shown.longest:.0f} ms by the clock, painting included)."
    )
    return bench_table(head, rows, added, browsed, peer)


def _acts(
    dock: SpotscopeWidget, session: Session, genes: int, rng: np.random.Generator
) -> list[tuple[str, float, Callable[[], object], str]]:
    """What is timed, with its limit in ms, and what the other viewer calls it."""
    canvas, nuclei = dock.canvas, session.nuclei
    assert nuclei is not None
    n, k = nuclei.n, len(_TYPES)

    def types() -> npt.NDArray[np.uint8]:
        codes = rng.integers(1, 2 * k + 1, n + 1).astype(np.uint8)
        codes[0] = 0
        return codes

    made = cycle([types() for _ in range(16)])
    support = rng.random(n + 1, np.float32)
    some = min(n, 100_000)
    shown = ExpressionShown(
        n,
        np.arange(1, some + 1, dtype=np.int64),
        {f"G{g}": g for g in range(genes)},
        tuple(f"G{g}" for g in range(genes)),
        rng.gamma(0.4, 3.0, (some, genes)).astype(np.float32),
        rng.gamma(0.4, 1.0, (some, genes)).astype(np.float32),
        None,
        np.zeros(some, bool),
        None,
        "gaussian",
    )
    at = cycle(range(genes))

    def gene(names: int) -> None:
        asked = [f"G{next(at)}" for _ in range(names)]
        found = (
            shown.gene(asked[0], GeneSource.INFERRED)
            if names == 1
            else shown.score(" ".join(asked), asked, GeneSource.INFERRED)
        )
        assert found is not None
        canvas.show_inferred(found.codes, gene_colormap("bench"), found.name)

    def lens() -> None:
        compare = dock.explorer.compare
        y, x = (rng.random(2) * 0.5 + 0.25) * nuclei.yx_um.max(axis=0)
        canvas.nuclei.move_stencil(layers.Disc(y / _MPP, x / _MPP, 400.0))
        assert compare.mode == ""

    def begin_lens() -> None:
        canvas.show_inferred(None, None, "")
        canvas.nuclei.show_two(TwoLooks(layers.Disc(0.0, 0.0, 400.0)))

    return [
        ("other types, as ν moves", 20.0, lambda: canvas.recolour(next(made), support), "types"),
        (
            "a type hidden",
            _LIMIT_MS,
            lambda: canvas.hide_types(frozenset({_TYPES[rng.integers(k)]})),
            "",
        ),
        (f"a gene of {some:,} cells", _LIMIT_MS, lambda: gene(1), "gene"),
        (f"three genes of {some:,} cells", _LIMIT_MS, lambda: gene(3), ""),
        ("the lens is put on", _LIMIT_MS, begin_lens, ""),
        ("the lens moves", 20.0, lens, ""),
    ]


def _bins_row(dock: SpotscopeWidget, rng: np.random.Generator, times: int) -> BenchRow:
    """Another gene on a dense lattice of bins, turned by three degrees."""
    per = BINS_SIDE
    place = np.stack(np.meshgrid(np.arange(per), np.arange(per), indexing="ij"), axis=-1)
    turned = np.deg2rad(3.0)
    rotate = np.array([[np.cos(turned), -np.sin(turned)], [np.sin(turned), np.cos(turned)]])
    n = per * per
    counts = sp.csr_matrix((n, 1), dtype=np.int32)
    table = AnnData(counts, obs=pd.DataFrame(index=pd.RangeIndex(n).astype(str)))
    spots = Spots(table, 8.0 * place.reshape(-1, 2) @ rotate.T, Lattice("square", 8.0, 8.0))
    dock.canvas.nuclei.show_two(TwoLooks())
    session = Session(Sample("bins", None, spots))
    dock.workbench.session = session
    dock.canvas.show_session(session, {})
    _live(lambda: not dock.canvas.turns.busy)
    made = iter([rng.poisson(1.0, n) for _ in range(times + 1)])
    taken = busy_ms(lambda: dock.canvas.show_gene(next(made)), lambda: _paint(dock), times)
    return BenchRow(f"a gene of {n:,} bins", _LIMIT_MS, taken, "bins")


def _section(side: int, rng: np.random.Generator) -> Session:
    """A made-up section: a nucleus in every square of 15 pixels."""
    per = side // _STEP
    place = np.arange(side) // _STEP
    inside = (np.arange(side) % _STEP > 1) & (place < per)
    labels = np.where(
        inside[:, None] & inside[None, :], place[:, None] * per + place[None, :] + 1, 0
    ).astype(np.uint32)
    levels = [labels]
    while levels[-1].shape[0] > 1024:
        levels.append(levels[-1][::2, ::2])
    middle = ((np.arange(per) + 0.5) * _STEP) * _MPP
    yx = np.stack(np.meshgrid(middle, middle, indexing="ij"), axis=-1).reshape(-1, 2)
    n = len(yx)
    radii = np.full((n, 32), 0.45 * _STEP * _MPP, np.float32)
    nuclei = StarConvex(yx, radii, rng.random(n, np.float32))
    grey = da.zeros((side, side, 3), np.uint8, chunks=(1024, 1024, 3)) + np.uint8(220)
    pyramid = [grey]
    while pyramid[-1].shape[0] > 1024:
        pyramid.append(pyramid[-1][::2, ::2])
    slide = Slide(tuple(pyramid), _MPP, "bench")
    codes = rng.integers(0, len(_TYPES), n)
    obs = pd.DataFrame(
        {
            CellKey.LABEL_ID: np.arange(1, n + 1),
            CellKey.AREA: np.full(n, 40.0),
            CellKey.PROBABILITY: nuclei.probability,
            CellKey.SPOT_ID: pd.Categorical(["s"] * n),
            CellKey.CELL_TYPE: pd.Categorical(np.array(_TYPES)[codes], list(_TYPES)),
            CellKey.MARGIN: np.zeros(n, np.float32),
            CellKey.SUPPORT: rng.random(n, np.float32),
            CellKey.SOURCE: pd.Categorical([str(TypeSource.SPOT)] * n),
        },
        index=pd.RangeIndex(n).astype(str),
    )
    cells = Cells(AnnData(obs=obs), yx, nuclei)
    kept = tuple(da.from_array(level, chunks=(1024, 1024)) for level in levels)
    return Session(Sample("bench", slide), nuclei, Labels(kept, _MPP), cells)


def _browsed(
    dock: SpotscopeWidget, recorder: TickRecorder, changes: list[Callable[[], object]]
) -> Browsed:
    """Look around with other genes and types in between; what the process grew by."""
    # napari keeps decoded chunks up to a tenth of the memory: bounded, so that its limit is reached
    resize_dask_cache(CHUNKS_MB * 2**20)
    dock.canvas.nuclei.show_two(TwoLooks())
    _browse(dock, VIEWS // 4, changes, seed=1)  # caches fill up to their limits
    before, grown = _memory(), []
    with recorder.recording() as looked:
        for part in range(10):
            _browse(dock, VIEWS // 10, changes, seed=2 + part)
            grown.append(_memory() - before)
    views = VIEWS // 10 * 10
    return Browsed(views, views // 2, grown, looked.busiest, CHUNKS_MB)


def _browse(
    dock: SpotscopeWidget, views: int, changes: list[Callable[[], object]], seed: int
) -> None:
    """Look here and there, from near and from afar; every other time at something else."""
    rng = np.random.default_rng(seed)
    camera = dock.canvas.viewer.scene.camera
    for number in range(views):
        extent = np.array(dock.canvas.viewer.layers.extent.world)[:, -2:]
        y, x = extent[0] + (extent[1] - extent[0]) * (0.2 + 0.6 * rng.random(2))
        camera.center = (0.0, float(y), float(x))
        camera.zoom = 0.1 * float(2 ** rng.integers(0, 5))
        if number % 2:
            changes[number // 2 % len(changes)]()
        _paint(dock)


def _paint(dock: SpotscopeWidget) -> None:
    dock.canvas.viewer.screenshot(canvas_only=True, flash=False)
    QApplication.processEvents()


def _live(done: Callable[[], bool]) -> None:
    while not done():
        QApplication.processEvents()


def _memory() -> float:
    """MB the process has now; NaN where the system does not say so in a file."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
