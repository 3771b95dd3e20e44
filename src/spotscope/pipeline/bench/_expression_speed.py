"""How long expression takes: learning, a region of fifty spots, and a slide of 10,000 nuclei.

Everything is drawn, at a stated size; the step is run as the window runs it, from the request on,
with what was learned at hand and nothing of the answer. Beside it, in the same run, the floors: one
spot after another in plain arrays (the split), algebra over all nuclei of a spot (the closed form),
and the published annealed Langevin dynamics with our network (the score model): each timed on a few
spots and scaled.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import expression
from spotscope.methods.expression import ExpressionParams
from spotscope.model import Progress
from spotscope.pipeline._cache import StepCache
from spotscope.pipeline.bench._expression_floors import floor_seconds
from spotscope.pipeline.bench._expression_world import CellMaker, draw_reference, draw_section
from spotscope.pipeline.expression._decompose import decompose_step
from spotscope.pipeline.expression._decompose_inputs import codes_in, membership_of_cells

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.methods.expression import CellExpression, FittedExpression
    from spotscope.model import Session, Task

__all__ = ["SpeedSizes", "bench_expression_speed"]


@dataclass(frozen=True, slots=True)
class SpeedSizes:
    """How large everything is that is drawn."""

    reference_cells: int = 20_000
    genes: int = 2000
    types: int = 20
    cells: int = 10_000
    per_spot: int = 8
    region: int = 50
    repeats: int = 3
    train_steps: int = 3000


@dataclass(frozen=True, slots=True)
class Lap:
    """Seconds by the clock, and of processors."""

    wall: float
    busy: float

    @classmethod
    def since(cls, start: tuple[float, float]) -> Lap:
        """Until now."""
        return cls(time.perf_counter() - start[0], time.process_time() - start[1])


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def bench_expression_speed(
    tiers: tuple[str, ...] = ("split", "gaussian", "score"),
    sizes: SpeedSizes | None = None,
    device: str = "cpu",
) -> Task[str]:
    """Time every tier on drawn counts; returns tables in Markdown.

    Parameters
    ----------
    tiers
        Of ``split``, ``gaussian`` and ``score``; the last trains.
    sizes
        Of what is drawn.
    device
        Where a network is trained and asked.
    """
    sizes = sizes or SpeedSizes()
    yield Progress("drawing cells", 0, 1)
    maker = CellMaker(sizes.types, sizes.genes)
    reference = draw_reference(maker, sizes.reference_cells, 1)
    section = draw_section(maker, sizes.cells, sizes.per_spot, 2)
    parts, fitted = [], None
    learned = ["| learned once | s | s of processors |", "|---|---|---|"]
    for tier in tiers:
        start = _now()
        params = ExpressionParams(method=tier, train_steps=sizes.train_steps)
        fitted = yield from expression.fit(reference, params, rng=0, device=device)
        lap = Lap.since(start)
        said = {"split": "means", "gaussian": "and how cells differ", "score": "and the network"}
        steps = ""
        if fitted.score is not None:
            steps = f", {int(fitted.score.losses[-1, 0]):,} of {sizes.train_steps:,} steps"
        learned.append(f"| {tier}: {said[tier]}{steps} | {lap.wall:.1f} | {lap.busy:.1f} |")
    assert fitted is not None
    parts.append(
        f"{sizes.reference_cells:,} reference cells × {sizes.genes:,} genes × {sizes.types} types; "
        "each row learns everything from the beginning.\n\n" + "\n".join(learned)
    )
    spots = section.sample.spots
    assert spots is not None
    away = ((spots.yx_um - spots.yx_um.mean(axis=0)) ** 2).sum(axis=1)
    region = np.sort(np.argsort(away, kind="stable")[: sizes.region])
    codes, membership = codes_in(section, fitted), membership_of_cells(section)
    start = _now()
    expression.compare_section(fitted, spots.table, codes, membership, ExpressionParams())
    once = Lap.since(start)
    rows = []
    for tier in tiers:
        rows.append((yield from _row(section, fitted, tier, region, sizes, device)))
    rows += [
        f"| floor: {name} | – | {1e3 * seconds * len(region):,.0f} | – | – | "
        f"{seconds * spots.n:,.1f} | – |"
        for name, seconds in floor_seconds(section, fitted, tiers, device).items()
    ]
    head = (
        f"{sizes.cells:,} nuclei, {spots.n:,} spots; a region of {len(region)} spots, the median "
        f"of {sizes.repeats} runs. The first region of a section takes {1e3 * once.wall:.0f} ms "
        "more: all spots are compared with the reference, once.\n\n"
        "| tier | region: first of its pictures (ms) | settled (ms) | of processors (ms) | "
        "slide: first of its pictures (s) | settled (s) | of processors (s) |"
        "\n|---|---|---|---|---|---|---|\n"
    )
    parts.append(head + "\n".join(rows))
    return "\n\n".join(parts)


def _row(
    section: Session,
    fitted: FittedExpression,
    tier: str,
    region: npt.NDArray[np.intp],
    sizes: SpeedSizes,
    device: str,
) -> Task[str]:
    """A row of the table: the region a few times, and the slide once."""
    yield from _asked(section, fitted, tier, region[:2], 0, device)  # whatever is compiled is
    laps = []
    for seed in range(sizes.repeats):
        laps.append((yield from _asked(section, fitted, tier, region, seed, device)))
    first, settled = (sorted(pair, key=lambda lap: lap.wall) for pair in zip(*laps, strict=True))
    early, late = first[len(first) // 2], settled[len(settled) // 2]
    shown, whole = yield from _asked(section, fitted, tier, None, 0, device)
    return (
        f"| {tier} | {1e3 * early.wall:.0f} | {1e3 * late.wall:.0f} | {1e3 * late.busy:.0f} | "
        f"{shown.wall:.1f} | {whole.wall:.1f} | {whole.busy:.1f} |"
    )


def _asked(
    section: Session,
    fitted: FittedExpression,
    tier: str,
    wanted: npt.NDArray[np.intp] | None,
    seed: int,
    device: str,
) -> Task[tuple[Lap, Lap]]:
    """Run the step; time until the tier's first picture, and until all is settled."""
    params, first = ExpressionParams(method=tier), None
    with tempfile.TemporaryDirectory(prefix="spotscope-bench-") as folder:
        start = _now()
        task = decompose_step(
            section, None, params, cache=StepCache(Path(folder)), spots_wanted=wanted,
            fitted=fitted, seed=seed, device=device,
        )  # fmt: skip
        while True:
            try:
                progress = next(task)
            except StopIteration:
                break
            found: CellExpression | None = progress.preview
            if first is None and found is not None and found.method == tier:
                first = Lap.since(start)
            yield Progress(progress.stage, progress.done, progress.total)
        settled = Lap.since(start)
    assert first is not None
    return first, settled
