"""Print the energy of our labels beside that which simulated annealing comes to, on real sets.

    python docs/measure/annealing.py DATA
    python docs/measure/annealing.py DATA truth

On the development parts. The first, one seed, shows energies of the quick and of the long search
(``search``); the second, three seeds at the ν of the data's choice and at 8, what the long search
does to labels whose truth is known. Annealing beside them starts from the labels at ν = 0 and
tries, for every cell in every sweep, one other type and one swap within its spot, each taken with
chance min(1, e^{-ΔE / T}); T falls from 3 nats to 0.03 in 2,000 sweeps, and the lowest energy on
the way is kept; six times, with other random numbers. Every ΔE is the exact one, of the same field.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

from spotscope.evaluation import TypingAnswer, score_typing, typing_cases
from spotscope.methods.cell_typing import CellTypingParams, fit
from spotscope.methods.cell_typing._anneal import anneal
from spotscope.methods.cell_typing._icm import Field, descend, total_energy
from spotscope.methods.cell_typing._posed import lower_of_two, pose
from spotscope.model import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.evaluation import TypingCase
    from spotscope.methods.cell_typing import CellTyping, FittedTyping

T = TypeVar("T")

SETS = ("starmap", "merfish", "osmfish", "xenium")
SWEEPS, HOT, COLD = 2000, 3.0, 0.03
TIMES = 6
NUS = (1.0, 8.0)


@njit
def _anneal(codes, temperatures, rng_seed, nu, start, spot, graph, ev):  # type: ignore[no-untyped-def]
    np.random.seed(rng_seed)
    n, energy, lowest = len(codes), 0.0, 0.0
    best = codes.copy()
    types = ev.profiles.shape[0]
    have = np.zeros((len(start) - 1, types))
    for cell in range(n):
        have[spot[cell], codes[cell]] += 1
    for temperature in temperatures:
        for cell in range(n):
            i, first = spot[cell], ev.start[spot[cell]]
            width, square = ev.start[i + 1] - first, ev.bend_start[i]
            c = np.random.randint(width)
            old, new = codes[cell], ev.codes[first + c]
            if new != old:
                o = 0
                while ev.codes[first + o] != old:
                    o += 1
                change = 0.5 * ev.bend[square + c * width + c] - ev.pull[first + c]
                change -= 0.5 * ev.bend[square + o * width + o] - ev.pull[first + o]
                for e in range(width):
                    rest = have[i, ev.codes[first + e]] - (1 if e == o else 0)
                    change += (
                        ev.bend[square + c * width + e] - ev.bend[square + o * width + e]
                    ) * rest
                for p in range(graph.start[cell], graph.start[cell + 1]):
                    other = codes[graph.other[p]]
                    change += nu * graph.weight[p] * ((other == old) * 1.0 - (other == new) * 1.0)
                if change <= 0 or np.random.random() < np.exp(-change / temperature):
                    codes[cell] = new
                    have[i, old] -= 1
                    have[i, new] += 1
                    energy += change
            other_cell = start[i] + np.random.randint(start[i + 1] - start[i])
            a, b = codes[cell], codes[other_cell]
            if a != b:
                change = 0.0
                for p in range(graph.start[cell], graph.start[cell + 1]):
                    o = graph.other[p]
                    if o != other_cell:
                        change += nu * graph.weight[p] * ((codes[o] == a) * 1.0 - (codes[o] == b))
                for p in range(graph.start[other_cell], graph.start[other_cell + 1]):
                    o = graph.other[p]
                    if o != cell:
                        change += nu * graph.weight[p] * ((codes[o] == b) * 1.0 - (codes[o] == a))
                if change <= 0 or np.random.random() < np.exp(-change / temperature):
                    codes[cell], codes[other_cell] = b, a
                    energy += change
            if energy < lowest - 1e-9:
                lowest = energy
        if energy <= lowest + 1e-6:
            best[:] = codes
    return best


def annealed(field: Field, start: npt.NDArray[np.int16], nu: float) -> list[float]:
    """Energies that annealing comes to, its last labels carried down as ours are."""
    temperatures = HOT * (COLD / HOT) ** (np.arange(SWEEPS) / (SWEEPS - 1))
    rest = (field.start, field.spot, field.graph, field.compositions.evidence)
    found = []
    for seed in range(TIMES):
        codes = _anneal(start.astype(np.int16), temperatures, seed, nu, *rest)
        found.append(min(total_energy(field, codes, nu), descend(field, codes, nu).energy))
    return found


def energies(data: Path) -> None:
    """Print the first table, in Markdown."""
    print(
        "| case | cells | ν | quick | long | annealed, mean | annealed, lowest | quick, ms "
        f"| long, s | annealed once, s |\n{'|---' * 10}|"
    )
    for case in typing_cases(data, "development", 1, SETS):
        fitted = fitted_to(case, "moments")
        for nu in NUS:
            posed = pose(fitted.state, fitted._field, fitted._candidates, nu, {}, None)
            down = partial(lower_of_two, posed, fitted.state, fitted.free)
            quick, at_once = timed(down)
            found, slow = timed(partial(run, anneal(posed.field, quick, posed.nu)))
            others, slower = timed(partial(annealed, posed.field, fitted.free, nu))
            print(
                f"| {case.name} | {len(fitted.free):,} | {nu:g} | {quick.energy:,.1f} | "
                f"{found.energy:,.1f} | {np.mean(others):,.1f} | {min(others):,.1f} | "
                f"{1e3 * at_once:.0f} | {slow:.1f} | {slower / TIMES:.1f} |",
                flush=True,
            )


def truths(data: Path) -> None:
    """Print the second table, in Markdown."""
    print("| case | ν | cells wrong | RMSE of labels | RMSE of proportions | labels that differ |")
    print("|---|---|---|---|---|---|")
    for nu in (None, 8.0):
        rows: dict[str, list[npt.NDArray[np.float64]]] = {}
        for case in typing_cases(data, "development", 3, SETS):
            fitted = fitted_to(case, "auto")
            asked = fitted.auto_nu if nu is None else nu
            quick, found = fitted.solve(asked), run(fitted.settle(asked))
            differ = (quick.codes != found.codes).mean()
            both = [*scores(case, quick), *scores(case, found), differ]
            rows.setdefault(case.name, []).append(np.array(both))
        for name, each in rows.items():
            a = np.mean(each, axis=0)
            print(
                f"| {name} | {f'{nu:g}' if nu else 'chosen'} | {a[0]:.3f} → {a[3]:.3f} "
                f"| {a[1]:.4f} → {a[4]:.4f} | {a[2]:.4f} → {a[5]:.4f} | {a[6]:.0%} |",
                flush=True,
            )


def fitted_to(case: TypingCase, evidence: Literal["auto", "moments"]) -> FittedTyping:
    """A fit that is to search long."""
    params = CellTypingParams(evidence=evidence, search="long")
    task = fit(case.spots, case.reference, case.membership, case.yx_um, params, rng=case.seed)
    return run(task)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and seconds of a processor."""
    started = time.process_time()
    return work(), time.process_time() - started


def scores(case: TypingCase, typing: CellTyping) -> tuple[float, float, float]:
    """Cells wrong, RMSE of the labels' proportions, and of those reported."""
    owner, inside = case.membership.owner, case.membership.owner >= 0
    counts = np.zeros(case.truth.shape)
    np.add.at(counts, (owner[inside], typing.codes[inside]), 1.0)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    of_labels = TypingAnswer("labels", shares, typing.codes)
    told = score_typing(case, of_labels)
    return told.cell, told.rmse, score_typing(case, TypingAnswer("shares", typing.proportions)).rmse


if __name__ == "__main__":
    (truths if "truth" in sys.argv[2:] else energies)(Path(sys.argv[1]))
