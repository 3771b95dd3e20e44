"""The answers along a path of smoothnesses, found behind: then turning ν only looks them up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import Progress

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.methods.cell_typing._fitted import FittedTyping
    from spotscope.methods.cell_typing._result import CellTyping
    from spotscope.model import Task

__all__ = ["PATH", "NuPath", "flipped", "nu_path"]

#: Smoothnesses of the path: 0, and then evenly in their logarithm.
PATH = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0)


@dataclass(frozen=True, slots=True, eq=False)
class NuPath:
    """Answers at rising smoothnesses.

    Parameters
    ----------
    answers
        By ν.
    """

    answers: dict[float, CellTyping]

    @property
    def nus(self) -> tuple[float, ...]:
        """The smoothnesses, rising."""
        return tuple(sorted(self.answers))

    def nearest(self, nu: float) -> CellTyping:
        """The answer at the smoothness of the path that is nearest in ln(1 + ν)."""
        at = min(self.nus, key=lambda known: abs(np.log1p(known) - np.log1p(nu)))
        return self.answers[at]

    def curve(self) -> tuple[tuple[float, float, float], ...]:
        """ν, energy and share flipped at every smoothness of the path."""
        found = (self.answers[nu] for nu in self.nus)
        return tuple((one.nu, one.energy, one.share_flipped) for one in found)


def nu_path(fitted: FittedTyping, nus: tuple[float, ...] = PATH) -> Task[NuPath]:
    """Solve for every ν; each report carries the answer that has just been found.

    A task of many short steps, to be run behind other work and stopped at any of them.

    Parameters
    ----------
    fitted
        The fit; its own choice of ν is on the path too.
    nus
        Smoothnesses.
    """
    wanted = sorted({*map(float, nus), float(fitted.auto_nu)})
    # from the choice outwards: what is asked for first is there first
    wanted.sort(key=lambda nu: abs(np.log1p(nu) - np.log1p(fitted.auto_nu)))
    answers: dict[float, CellTyping] = {}
    for done, nu in enumerate(wanted):
        yield Progress("trying other smoothnesses", done, len(wanted))
        answers[nu] = fitted.solve(nu)
        yield Progress("trying other smoothnesses", done + 1, len(wanted), preview=answers[nu])
    return NuPath(answers)


def flipped(one: CellTyping, other: CellTyping) -> npt.NDArray[np.bool_]:
    """(cell,) whether two answers give a cell different types."""
    return np.asarray(one.codes != other.codes)
