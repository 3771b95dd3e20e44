"""Print the energy of our labels beside that which simulated annealing comes to, on real sets.

    python docs/measure/annealing.py DATA

On the development parts, one seed. Annealing starts from the same labels and tries, for every cell
in every sweep, one other type and one swap within its spot, each taken with chance
min(1, e^{-ΔE / T}); T falls from 3 nats to 0.03 in 2,000 sweeps, and the lowest energy on the way
is kept. Every ΔE is the exact one, of the same field.
"""

import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numba import njit

from spotscope.evaluation import typing_cases
from spotscope.methods.cell_typing import CellTypingParams, FittedTyping, fit
from spotscope.methods.cell_typing._icm import Field, descend, total_energy
from spotscope.methods.cell_typing._state import argmax_start
from spotscope.model import run

SETS = ("starmap", "merfish", "osmfish", "xenium")
SWEEPS, HOT, COLD = 2000, 3.0, 0.03
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


def annealed(field: Field, start: npt.NDArray[np.int16], nu: float, seed: int) -> float:
    """Energy that annealing comes to, its last labels carried down as ours are."""
    temperatures = HOT * (COLD / HOT) ** (np.arange(SWEEPS) / (SWEEPS - 1))
    codes = _anneal(
        start.astype(np.int16),
        temperatures,
        seed,
        nu,
        field.start,
        field.spot,
        field.graph,
        field.compositions.evidence,
    )
    return min(total_energy(field, codes, nu), descend(field, codes, nu).energy)


def ours(fitted: FittedTyping, nu: float) -> float:
    """Energy of the likeliest labels as a whole."""
    field, heavy = fitted._field, argmax_start(fitted.state, fitted._candidates)
    return min(descend(field, start, nu).energy for start in (fitted.free, heavy))


def main(data: Path) -> None:
    """Print a table in Markdown."""
    print("| case | cells | ν | ours | annealed | annealed less ours | ms | s |")
    print("|---|---|---|---|---|---|---|---|")
    for case in typing_cases(data, "development", 1, SETS):
        params = CellTypingParams(evidence="moments")
        task = fit(case.spots, case.reference, case.membership, case.yx_um, params, rng=0)
        fitted = run(task)
        for nu in NUS:
            ours(fitted, nu)
            started = time.perf_counter()
            energy = ours(fitted, nu)
            quick = time.perf_counter() - started
            started = time.perf_counter()
            other = annealed(fitted._field, fitted.free, nu, 0)
            slow = time.perf_counter() - started
            print(
                f"| {case.name} | {len(fitted.free):,} | {nu:g} | {energy:,.1f} | {other:,.1f} | "
                f"{other - energy:+.1f} | {1e3 * quick:.0f} | {slow:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
