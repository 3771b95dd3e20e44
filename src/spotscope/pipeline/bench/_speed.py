"""The speed benchmark: from counts to labels, and per ν, on drawn counts of a stated size.

Beside it, in the same run, a straightforward solver: one spot at a time, a Poisson likelihood with
log-normal noise as it is defined, by quadrature over the noise, minimised by L-BFGS-B on the same
counts. It is timed on a few spots, and scaled to all of them. A third table is of bins as small and
as many as Visium HD's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.special import gammaln

from spotscope.methods.cell_typing import CellTypingParams, fit
from spotscope.model import Lattice, Membership, Progress, Reference, Spots
from spotscope.pipeline.bench._memory import Growth, peak_gib, sparse_gib

if TYPE_CHECKING:
    from spotscope.methods.cell_typing import FittedTyping
    from spotscope.model import Task

__all__ = ["BIN_COUNTS", "BIN_UM", "Drawn", "bench_speed", "draw", "fit_drawn"]

Floats = npt.NDArray[np.float64]

_SPOTS, _GENES, _TYPES = 4000, 2000, 20
_REFERENCE_CELLS = 50
_SLOW_SPOTS = 20
_NUS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_SIGMA = 0.5
_PATHS: tuple[Literal["moments", "counts"], ...] = ("moments", "counts")
_HEAD = (
    "| solver | genes used | counts to labels (s) | of processors (s) | a new ν, median (ms) | "
    "slowest (ms) | of processors (ms) | memory beyond what is given, GiB (× sparse counts) |\n"
    "|---|---|---|---|---|---|---|---|\n"
)
#: Bins of 16 µm: their number, most cells of one, and mean counts of a cell in it.
_BINS, _BIN_CELLS, BIN_COUNTS, BIN_UM = 100_000, 1, 150.0, 16.0


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A section as ``fit`` takes it."""

    spots: Spots
    reference: Reference
    membership: Membership
    yx_um: Floats


def bench_speed() -> Task[str]:
    """Time the typing of drawn counts; returns a table in Markdown."""
    yield Progress("drawing counts", 0, 1)
    small, drawn = draw(100, 0), draw(_SPOTS, 1)
    yield Progress("compiling", 0, 1)
    for evidence in _PATHS:
        warm = yield from fit_drawn(small, CellTypingParams(evidence=evidence))
        warm.solve(1.0)
    rows = yield from _both(drawn)
    yield Progress("one spot at a time", 0, 1)
    slow, busy = _one_at_a_time(drawn)
    rows.append(
        f"| one spot at a time, weights only | {_GENES:,} | {slow:.0f} | {busy:.0f} | – | – | – | "
        "– |"
    )
    said = (
        f"{_SPOTS:,} spots × {_GENES:,} genes × {_TYPES} types, {len(drawn.yx_um):,} cells, "
        f"{sparse_gib(drawn.spots.counts):.3f} GiB of sparse counts; the last row is timed on "
        f"{_SLOW_SPOTS} spots and scaled.\n\n"
    )
    bins = yield from _bins()
    return said + _HEAD + "\n".join(rows) + "\n\n" + bins


def _both(drawn: Drawn) -> Task[list[str]]:
    """Rows of the table: by moments, which is the default, and by Poisson counts."""
    rows = []
    for evidence in _PATHS:
        row = yield from _timed(f"ours, {evidence}", drawn, CellTypingParams(evidence=evidence))
        rows.append(row)
    return rows


def _timed(name: str, drawn: Drawn, params: CellTypingParams) -> Task[str]:
    """A row of the table: counts to labels, new smoothnesses, and memory."""
    grown = Growth()
    started, worked = time.perf_counter(), time.process_time()
    fitted = yield from fit_drawn(drawn, params)
    fitted.solve(fitted.auto_nu)
    whole, busy = time.perf_counter() - started, time.process_time() - worked
    each, work = [], []
    for nu in _NUS:
        started, worked = time.perf_counter(), time.process_time()
        fitted.solve(nu)
        each.append(time.perf_counter() - started)
        work.append(time.process_time() - worked)
    return (
        f"| {name} | {len(fitted.state.genes):,} | {whole:.1f} | {busy:.1f} | "
        f"{1e3 * np.median(each):.0f} | {1e3 * max(each):.0f} | {1e3 * np.median(work):.0f} | "
        f"{grown.beside(drawn.spots.counts)} |"
    )


def _bins() -> Task[str]:
    yield Progress("drawing bins", 0, 1)
    drawn = draw(_BINS, 2, most_cells=_BIN_CELLS, depth=BIN_COUNTS, pitch_um=BIN_UM)
    rows = yield from _both(drawn)
    return (
        f"{_BINS:,} bins of {BIN_UM:g} µm × {_GENES:,} genes × {_TYPES} types, "
        f"{len(drawn.yx_um):,} cells, {sparse_gib(drawn.spots.counts):.2f} GiB of sparse counts; "
        f"the process, with everything above, held {peak_gib():.1f} GiB at most.\n\n{_HEAD}"
        + "\n".join(rows)
    )


def fit_drawn(drawn: Drawn, params: CellTypingParams) -> Task[FittedTyping]:
    """Learn what hangs on no ν."""
    return fit(drawn.spots, drawn.reference, drawn.membership, drawn.yx_um, params, rng=0)


def draw(
    n_spots: int,
    seed: int,
    most_cells: int = 5,
    depth: float = 600.0,
    pitch_um: float = 100.0,
) -> Drawn:
    """Bands of types with neighbours mixed in; cells differ by gamma bursts and in depth.

    Parameters
    ----------
    n_spots
        On a square lattice.
    seed
        Of everything that is drawn.
    most_cells
        Of a spot; at least one.
    depth
        Mean counts of a cell.
    pitch_um
        Of the lattice.
    """
    import pandas as pd
    from anndata import AnnData

    rng = np.random.default_rng(seed)
    profiles = np.tile(rng.gamma(0.5, 1, _GENES) + 0.01, (_TYPES, 1))
    for k in range(_TYPES):
        profiles[k, 40 * k : 40 * (k + 1)] *= 8
    profiles /= profiles.sum(axis=1, keepdims=True)

    def cells(codes: npt.NDArray[np.int64], depth: float) -> sp.csr_matrix:
        rows = []
        for part in np.array_split(codes, max(1, len(codes) // 1000)):
            total = rng.lognormal(np.log(depth), 0.4, (len(part), 1))
            burst = rng.gamma(2, 0.5, (len(part), _GENES))
            rows.append(sp.csr_matrix(rng.poisson(profiles[part] * total * burst)))
        return sp.vstack(rows).tocsr().astype(np.int32)

    names = pd.DataFrame(index=[f"G{g}" for g in range(_GENES)])
    known = np.repeat(np.arange(_TYPES), _REFERENCE_CELLS)
    labels = pd.DataFrame(
        {"cell_type": [f"type{k:02d}" for k in known]}, index=[f"c{i}" for i in range(len(known))]
    )
    reference = Reference.from_table(AnnData(cells(known, 2000), obs=labels, var=names.copy()))
    side = int(np.ceil(np.sqrt(n_spots)))
    yx = pitch_um * np.stack(np.divmod(np.arange(n_spots), side), axis=1)
    n_cells = rng.integers(1, most_cells + 1, n_spots)
    members = Membership.from_counts(n_cells)
    band = yx[members.owner, 1] / (pitch_um * side) * _TYPES + rng.integers(-2, 3, n_cells.sum())
    codes = np.clip(band.astype(int), 0, _TYPES - 1)
    ones = sp.csr_matrix((np.ones(len(codes), np.int32), (members.owner, np.arange(len(codes)))))
    obs = pd.DataFrame(index=[f"s{i}" for i in range(n_spots)])
    table = AnnData((ones @ cells(codes, depth)).tocsr(), obs=obs, var=names)
    places = yx[members.owner] + pitch_um * rng.uniform(-0.2, 0.2, (len(codes), 2))
    return Drawn(
        Spots(table, yx, Lattice("square", pitch_um, 0.55 * pitch_um)), reference, members, places
    )


def _one_at_a_time(drawn: Drawn) -> tuple[float, float]:
    """Seconds for all spots, from a few, and those of processors."""
    profiles = drawn.reference.profiles()
    node, weight = np.polynomial.hermite_e.hermegauss(31)
    factor, share = np.exp(_SIGMA * node), weight / weight.sum()
    started, worked = time.perf_counter(), time.process_time()
    for i in range(_SLOW_SPOTS):
        y = drawn.spots.counts[i].toarray().ravel().astype(float)

        def loss(w: Floats, y: Floats = y) -> tuple[float, Floats]:
            rate = y.sum() * (w @ profiles) + 1e-4
            terms = np.exp(
                y[:, None] * np.log(rate[:, None] * factor)
                - rate[:, None] * factor
                - gammaln(y + 1)[:, None]
            )
            p = np.maximum(terms @ share, 1e-300)
            slope = (terms * (y[:, None] / rate[:, None] - factor)) @ share / p
            return -float(np.log(p).sum()), -y.sum() * (profiles @ slope)

        start = np.full(_TYPES, 1 / _TYPES)
        minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * _TYPES)
    scale = drawn.spots.n / _SLOW_SPOTS
    return scale * (time.perf_counter() - started), scale * (time.process_time() - worked)
