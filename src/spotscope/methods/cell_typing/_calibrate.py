"""How far support can be believed, found out on spots made of the reference's own cells.

Types are drawn for the section's cells, in their places, from the posterior at the smoothness that
predicts best, every type of the reference a candidate. Each drawn cell is stood in for by a random
cell of its type out of the reference, brought to the spots' platform; a spot's cells are summed.
These counts are then typed as the section was. There the truth is known, and with s the support of
a label and r whether it is right,

    P(r = 1) = 1 / (1 + exp(-(a + b ln s/(1 - s))))                             (Platt 1999)

is fitted by maximum likelihood, held a little to a = 0, b = 1. What makes support claim too much is
in it: types that were no candidates, cells that vary otherwise than a Gaussian, a smoothness chosen
on the high side. What reference and section do not share is not: cells that no cell of the
reference is like, and types drawn otherwise there and here. For these the chance is lowered by a
lapse λ, so that nothing is ever told as surer than 1 - λ:

    support  =  (1 - λ) P(r = 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from spotscope.methods.cell_typing._answer import expected_shares, sureness
from spotscope.methods.cell_typing._candidates import choose_candidates
from spotscope.methods.cell_typing._gibbs import drawn, posterior
from spotscope.methods.cell_typing._icm import descend, evidence_only
from spotscope.methods.cell_typing._label_by import labels_by
from spotscope.methods.cell_typing._nu import neighbourhood
from spotscope.methods.cell_typing._stand_ins import drawing_order, of_reference_cells
from spotscope.methods.cell_typing._state import (
    argmax_start,
    build_field,
    candidates_of,
    rounded_start,
)
from spotscope.model import Progress

if TYPE_CHECKING:
    import scipy.sparse as sp

    from spotscope.methods.cell_typing._candidates import Candidates
    from spotscope.methods.cell_typing._icm import Field
    from spotscope.methods.cell_typing._state import State
    from spotscope.model import Reference, Task

__all__ = ["NO_CALIBRATION", "Calibration", "calibrate", "platt"]

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int16]

#: Types beyond which a spot's posterior is not drawn from all of them.
_ALL_TYPES = 40
_CELLS = 4000
#: Sections of fewer cells are drawn several times: a draw of 300 cells leaves much to chance.
_MOST_DRAWS = 4
#: The line is held to (0, 1) as if by so many cells.
_HELD = 20.0
#: λ. Of 0 to 0.1, on the development parts support errs least with it (docs/benchmarks/typing.md).
_LAPSE = 0.05
_STAGE = "checking the support"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Lines from support to the chance of being right, one for each of some ν.

    Parameters
    ----------
    nu
        Rising smoothnesses.
    shift, slope
        a and b at each; between them they change with ln(1 + ν) in proportion.
    lapse
        λ, 0 to 1.
    """

    nu: tuple[float, ...]
    shift: tuple[float, ...]
    slope: tuple[float, ...]
    lapse: float = _LAPSE

    def __call__(self, support: npt.NDArray[np.floating], nu: float) -> npt.NDArray[np.float32]:
        """(cell,) support at ``nu`` as it can be believed, 0 to 1."""
        if not self.nu:
            return np.asarray(support, np.float32)
        at = np.log1p(self.nu)
        shift = np.interp(np.log1p(nu), at, self.shift)
        slope = np.interp(np.log1p(nu), at, self.slope)
        chance = expit(shift + slope * _logit(support))
        return np.asarray((1 - self.lapse) * chance, np.float32)


NO_CALIBRATION = Calibration((), (), ())


def calibrate(
    state: State,
    reference: Reference,
    picked: sp.csr_matrix,
    spots_um: Floats,
    nu: tuple[float, tuple[float, ...], tuple[float, ...]],
    rng: np.random.Generator,
) -> Task[Calibration]:
    """Learn the lines of a fit with a metric.

    Parameters
    ----------
    state
        The fit.
    reference, picked
        Its cells, and the (reference gene, gene) choice of the genes that are used.
    spots_um
        (spot, 2).
    nu
        The choice, the values tried, and their scores.
    rng
        Draws types and cells.
    """
    part = neighbourhood(state, spots_um, _CELLS)
    best = nu[1][int(np.argmin(nu[2]))]
    order = drawing_order(reference)
    draws = int(np.clip(_CELLS // max(1, len(part.owner)), 1, _MOST_DRAWS))
    told: dict[float, list[Floats]] = {value: [] for value in sorted({0.0, nu[0], nu[1][-1]})}
    for turn in range(draws):
        yield Progress(_STAGE, 3 * turn, 3 * draws)
        truth = _draw_types(part, best, rng)
        yield Progress(_STAGE, 3 * turn + 1, 3 * draws)
        made = _Made.of(of_reference_cells(part, truth, reference, picked, order, rng))
        yield Progress(_STAGE, 3 * turn + 2, 3 * draws)
        for value, seen in told.items():
            codes, chance = made.labelled(value)
            support = sureness(made.state, made.candidates, codes, chance)
            seen.append(np.stack([support, codes == truth]))
            yield Progress(_STAGE, 3 * turn + 2, 3 * draws)
    yield Progress(_STAGE, 3 * draws, 3 * draws)
    lines = [platt(*np.concatenate(seen, axis=1)) for seen in told.values()]
    shift, slope = (tuple(line[i] for line in lines) for i in (0, 1))
    return Calibration(tuple(told), shift, slope)


class _Made(NamedTuple):
    """A section made of the reference's cells: the problem it poses, and where to start from."""

    state: State
    candidates: Candidates
    field: Field
    starts: tuple[Codes, Codes]

    @classmethod
    def of(cls, state: State) -> _Made:
        """Set the problem up."""
        candidates = candidates_of(state)
        field = build_field(state, candidates)
        heavy = argmax_start(state, candidates)
        free = evidence_only(field, [rounded_start(state, candidates), heavy])
        return cls(state, candidates, field, (free, heavy))

    def labelled(self, nu: float) -> tuple[Codes, npt.NDArray[np.float32]]:
        """(spot cell,) labels, and (spot cell, candidate) chances, as a fit finds them."""
        found = [descend(self.field, start, nu) for start in self.starts] if nu else []
        codes = min(found, key=lambda one: one.energy).codes if found else self.starts[0]
        chance = posterior(self.field, codes, nu)
        expected = expected_shares(self.state, self.candidates, chance)
        rest = (self.state, self.field, self.candidates)
        return labels_by(*rest, codes, chance, expected, nu), chance


def platt(support: npt.NDArray[np.floating], right: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """a, b of the module's line, b never below 0.

    Parameters
    ----------
    support, right
        (cell,).
    """
    x = np.stack([np.ones(len(support)), _logit(support)], axis=1)
    y, prior = np.asarray(right, float), np.array([0.0, 1.0])

    def loss(line: Floats) -> tuple[float, Floats]:
        z = x @ line
        away = line - prior
        value = np.logaddexp(0.0, z).sum() - y @ z + 0.5 * _HELD * away @ away
        return float(value), x.T @ (expit(z) - y) + _HELD * away

    line = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=[(None, None), (0, None)]).x
    return float(line[0]), float(line[1])


def _logit(support: npt.NDArray[np.floating]) -> Floats:
    held = np.clip(np.asarray(support, float), 1e-3, 1 - 1e-3)
    return np.asarray(np.log(held / (1 - held)))


def _draw_types(part: State, nu: float, rng: np.random.Generator) -> Codes:
    """(spot cell,) one draw from the posterior, all types (or very many) being candidates."""
    everything = choose_candidates(part.expected, part.n_cells, 0.0, _ALL_TYPES, part.mix)
    field = build_field(part, everything)
    start = evidence_only(field, [argmax_start(part, everything)])
    return drawn(field, start, nu, rng)
