"""A fit that answers for any ν in milliseconds, and that can be saved."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._answer import (
    Labelled,
    answer,
    expected_shares,
    likeliest,
    misfit_of,
    sureness,
)
from spotscope.methods.cell_typing._arrays import arrays_of, state_of
from spotscope.methods.cell_typing._between import Voters, find_voters
from spotscope.methods.cell_typing._calibrate import NO_CALIBRATION, Calibration
from spotscope.methods.cell_typing._gibbs import posterior, shared_out
from spotscope.methods.cell_typing._icm import Field, descend, local_terms, total_energy
from spotscope.methods.cell_typing._locks import lock_cells, with_locks
from spotscope.methods.cell_typing._shares import kept_to_shares
from spotscope.methods.cell_typing._state import State, argmax_start, build_field, candidates_of
from spotscope.model import MethodError, ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from spotscope.methods.cell_typing._candidates import Candidates
    from spotscope.methods.cell_typing._result import CellTyping

__all__ = ["FittedTyping", "assemble", "load_fitted"]

_FORMAT = 2
_ARRAYS, _WORDS = "cell_typing.safetensors", "cell_typing.json"


@dataclass(frozen=True, slots=True, eq=False)
class FittedTyping:
    """Cell typing, fitted; made by ``fit`` or ``load_fitted``.

    Parameters
    ----------
    state
        What was learned.
    free
        (spot cell,) labels at ν = 0, cells sorted by spot.
    auto_nu
        The ν that predicts held-out counts best.
    nu_grid, nu_scores
        The values tried, and the negative log-likelihood of held-out counts per spot.
    calibration
        From the posterior of a label to the support that is reported.
    """

    state: State
    free: npt.NDArray[np.int16]
    auto_nu: float
    nu_grid: tuple[float, ...]
    nu_scores: tuple[float, ...]
    calibration: Calibration
    _field: Field
    _candidates: Candidates
    _voters: Voters
    _misfit: npt.NDArray[np.float32]
    _lock: Lock = field(default_factory=Lock)

    @property
    def types(self) -> tuple[str, ...]:
        """Names of the cell types."""
        return self.state.types

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know."""
        return self.state.notes

    def solve(
        self,
        nu: float,
        locks: Mapping[int, str | int] | None = None,
        nu_of: npt.NDArray[np.floating] | None = None,
    ) -> CellTyping:
        """Label all cells at ``nu``; milliseconds, and the same whatever was asked before.

        Parameters
        ----------
        nu
            Smoothness in nats, 0 or more.
        locks
            Types, by name or number, that some cells (by number) have and keep.
        nu_of
            (cell,) smoothness of cells that have one of their own, such as those of a region; NaN
            for all others. Between two cells it is the mean of theirs.

        Raises
        ------
        MethodError
            If a lock names no cell, or no type; if ``nu_of`` is not of these cells.
        """
        state = self.state
        nu = float(nu)  # a whole number would be compiled for anew
        asked = nu
        field_ = self._field
        if nu_of is not None:
            nu, field_ = _own_smoothness(self._field, state, nu, nu_of)
        with self._lock:  # the table of compositions is written to
            given = lock_cells(state, field_, self._candidates, locks or {})
            field_, candidates = given.field, given.candidates
            starts = [self.free] if nu == 0 else [self.free, argmax_start(state, candidates)]
            starts = [given.start(start, state) for start in starts]
            # both ways down are gone at once, unless they would jostle over what is remembered
            with ThreadPoolExecutor(len(starts) if field_.compositions.shareable else 1) as pool:
                found = list(pool.map(lambda start: descend(field_, start, nu), starts))
            best = min(found, key=lambda solution: solution.energy)
            margin, local, agreed = local_terms(field_, best.codes, nu)
            codes, energy, chance = best.codes, best.energy, None
            if state.metric is not None:
                chance = posterior(field_, codes, nu)
                codes = self._settled(field_, candidates, codes, chance, nu)
                energy = total_energy(field_, codes, nu)
                support = self.calibration(sureness(state, candidates, codes, chance), asked)
            else:
                shared = shared_out(field_, local, agreed)
                support = sureness(state, candidates, codes, shared)
        labelled = Labelled(codes, best.codes, energy, margin, support, chance)
        typing = answer(state, candidates, self._voters, self.free, labelled, asked, self._misfit)
        return with_locks(typing, given) if locks else typing

    def _settled(
        self,
        field_: Field,
        candidates: Candidates,
        codes: npt.NDArray[np.int16],
        chance: npt.NDArray[np.float32],
        nu: float,
    ) -> npt.NDArray[np.int16]:
        """(spot cell,) the labels that are asked for, of the likeliest ones and the posterior."""
        by = self.state.params.label_by
        if by == "cell":
            return likeliest(self.state, candidates, chance)
        if by == "shares" or (by == "auto" and self.calibration.shares):
            wanted = expected_shares(self.state, candidates, chance)
            return kept_to_shares(field_, candidates, codes, chance, wanted, nu)
        return codes

    def save(self, folder: Path) -> None:
        """Write two files into ``folder``: arrays as safetensors, the rest as JSON."""
        from safetensors.numpy import save_file

        folder.mkdir(parents=True, exist_ok=True)
        save_file(arrays_of(self.state, self.free), folder / _ARRAYS)
        words = {
            "format": _FORMAT,
            "types": self.state.types,
            "genes": self.state.genes,
            "reach_um": self.state.reach_um,
            "sigma": self.state.sigma,
            "params": self.state.params.model_dump(),
            "notes": self.state.notes,
            "auto_nu": self.auto_nu,
            "nu_grid": self.nu_grid,
            "nu_scores": self.nu_scores,
            "calibration": asdict(self.calibration),
        }
        (folder / _WORDS).write_text(json.dumps(words, indent=1, ensure_ascii=False), "utf-8")


def assemble(
    state: State,
    free: npt.NDArray[np.int16],
    nu: tuple[float, tuple[float, ...], tuple[float, ...]],
    made: tuple[Field, Candidates] | None = None,
    calibration: Calibration = NO_CALIBRATION,
) -> FittedTyping:
    """Put a fit together from what was learned; ``made`` saves building field and candidates."""
    candidates = candidates_of(state) if made is None else made[1]
    field_ = build_field(state, candidates) if made is None else made[0]
    outside = state.owner < 0
    voters = find_voters(
        state.yx_um[outside],
        state.yx_um[state.spot_cells],
        state.params.n_neighbours,
        state.reach_um,
    )
    misfit = misfit_of(state)
    return FittedTyping(state, free, *nu, calibration, field_, candidates, voters, misfit)


def load_fitted(folder: Path) -> FittedTyping:
    """Read what :meth:`FittedTyping.save` wrote; it answers exactly as the original.

    Raises
    ------
    ReadError
        If the folder holds no fit, or one of a newer version.
    """
    from safetensors.numpy import load_file

    if not (folder / _WORDS).is_file() or not (folder / _ARRAYS).is_file():
        raise ReadError(
            f"Expected {_WORDS} and {_ARRAYS} in {folder}, found not both; type the cells again."
        )
    words: dict[str, Any] = json.loads((folder / _WORDS).read_text("utf-8"))
    if words["format"] > _FORMAT:
        raise ReadError(
            f"Expected a cell typing of format {_FORMAT} in {folder}, found {words['format']}; "
            "it was written by a newer spotscope: update this one."
        )
    a = load_file(folder / _ARRAYS)
    state = state_of(words, a)
    nu = (words["auto_nu"], tuple(words["nu_grid"]), tuple(words["nu_scores"]))
    kept = words.get("calibration", {"nu": (), "shift": (), "slope": ()})
    lines = [tuple(kept[name]) for name in ("nu", "shift", "slope")]
    calibration = Calibration(lines[0], lines[1], lines[2], bool(kept.get("shares", False)))
    return assemble(state, a["free"], nu, calibration=calibration)


def _own_smoothness(
    field_: Field, state: State, nu: float, nu_of: npt.NDArray[np.floating]
) -> tuple[float, Field]:
    """The largest smoothness of any cell, and the field whose edges weigh accordingly less."""
    wanted = np.asarray(nu_of, float)
    if wanted.shape != state.owner.shape or (wanted < 0).any():
        raise MethodError(
            f"Expected a smoothness of 0 or more (or NaN) for each of {len(state.owner):,} cells, "
            f"found an array of shape {wanted.shape}; give one for every cell."
        )
    each = np.where(np.isnan(wanted), nu, wanted)[state.spot_cells]
    most = float(each.max(initial=nu))
    graph = field_.graph
    one = np.repeat(np.arange(len(each)), np.diff(graph.start))
    share = (each[one] + each[graph.other]) / max(2 * most, 1e-300)
    return most, replace(field_, graph=graph._replace(weight=graph.weight * share))
