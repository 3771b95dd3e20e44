"""Labels of lower energy than moves that only lower it can find: annealing, patch by patch.

Where neighbours weigh much, whole patches would have to change at once, and no single move of them
is worth it. Annealing (Kirkpatrick et al. 1983) walks over such hills: labels are drawn from
exp(-E / T), and T falls evenly in its logarithm. What it comes to goes down until no move of
:mod:`_icm` lowers it, and only those patches are kept that lie lower than what was there (see
:mod:`_patches`); then again from there, not as hot. So E never rises, and a large section gains as
much a cell as a small one. The random numbers are the same every time: labels stay a function of
the inputs and ν.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.cell_typing._heat import heated
from spotscope.methods.cell_typing._icm import Solution, descend
from spotscope.methods.cell_typing._patches import best_patches
from spotscope.model import Progress

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._icm import Codes, Field
    from spotscope.model import Task

__all__ = ["anneal"]

#: Temperatures, in nats: the first, more where neighbours weigh more, and the last of every round.
_HOT, _HOT_NU, _COLD = 2.0, 0.25, 0.03
#: Of every round: its sweeps, and at what part of the first temperature it begins.
_ROUNDS = ((600, 1.0), (300, 0.5), (60, 0.5), (60, 0.5), (60, 0.25), (60, 0.5))
_STAGE = "settling labels"


def anneal(field: Field, start: Solution, nu: float) -> Task[Solution]:
    """Look for labels of lower energy than ``start``, which is returned if there are none.

    Parameters
    ----------
    field
        The problem.
    start
        Labels that no move lowers.
    nu
        Smoothness, in nats.
    """
    best, hot = start, max(_HOT, _HOT_NU * nu)
    done, total = 0, sum(sweeps for sweeps, _ in _ROUNDS)
    for sweeps, part in _ROUNDS:
        codes = best.codes.copy()
        for heat in np.geomspace(part * hot, _COLD, sweeps):
            yield Progress(_STAGE, done, total)
            _sweep(field, codes, nu, float(heat), done)
            done += 1
        best = _lower(field, best, descend(field, codes, nu).codes, nu)
    yield Progress(_STAGE, total, total)
    return best


def _sweep(field: Field, codes: Codes, nu: float, heat: float, number: int) -> None:
    """Draw every cell once, in place; another number draws otherwise."""
    kept, draws, swaps = field.compositions, field.tosses(2 * number), field.tosses(2 * number + 1)
    rest = (field.start, field.spot, field.graph, kept.evidence, kept.memory)
    heated(field.visits, codes, heat, draws, swaps, field.prior(nu), field.held, *rest)
    kept.grow()


def _lower(field: Field, best: Solution, other: Codes, nu: float) -> Solution:
    """The best with patches of the other; beside a patch that was taken a move may lower E more."""
    found = descend(field, best_patches(field, best.codes, other, nu), nu)
    return found if found.energy < best.energy else best
