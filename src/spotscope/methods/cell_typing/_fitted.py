"""A fit that answers for any ν in milliseconds, and that can be saved."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._anneal import anneal
from spotscope.methods.cell_typing._answer import (
    Labelled,
    answer,
    expected_shares,
    misfit_of,
    sureness,
)
from spotscope.methods.cell_typing._arrays import arrays_of, state_of
from spotscope.methods.cell_typing._between import Voters, find_voters
from spotscope.methods.cell_typing._calibrate import NO_CALIBRATION, Calibration
from spotscope.methods.cell_typing._gibbs import posterior, shared_out
from spotscope.methods.cell_typing._icm import Field, local_terms, total_energy
from spotscope.methods.cell_typing._label_by import labels_by
from spotscope.methods.cell_typing._locks import with_locks
from spotscope.methods.cell_typing._posed import Posed, lower_of_two, pose
from spotscope.methods.cell_typing._state import State, build_field, candidates_of
from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from spotscope.methods.cell_typing._candidates import Candidates
    from spotscope.methods.cell_typing._icm import Solution
    from spotscope.methods.cell_typing._params import CellTypingParams
    from spotscope.methods.cell_typing._result import CellTyping
    from spotscope.model import Task

__all__ = ["FittedTyping", "assemble", "load_fitted"]

_FORMAT = 3
#: Before this one, labels that were asked for by "auto" were the likeliest, or kept to shares.
_BALANCED = 3
#: Settled answers that are remembered: every correction of a nucleus starts from the same one.
_KNOWN = 4
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
    _known: dict[Any, CellTyping] = field(default_factory=dict)

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
        with self._lock:  # the table of compositions is written to
            posed = self._posed(nu, locks, nu_of)
            return self._answer(posed, lower_of_two(posed, self.state, self.free))

    def settle(
        self,
        nu: float,
        locks: Mapping[int, str | int] | None = None,
        nu_of: npt.NDArray[np.floating] | None = None,
    ) -> Task[CellTyping]:
        """Label all cells as ``params.search`` says: as :meth:`solve`, or by a long search.

        The last few answers are remembered. A long search takes seconds. Its likeliest labels never
        have more energy than those of :meth:`solve`, and are the same every time. Others may ask
        while one is under way.

        Parameters
        ----------
        nu, locks, nu_of
            As of :meth:`solve`.

        Raises
        ------
        MethodError
            As :meth:`solve`.
        """
        params = self.state.params
        own = None if nu_of is None else np.asarray(nu_of, float).tobytes()
        asked = (float(nu), tuple(sorted((locks or {}).items())), own, params.model_dump_json())
        found = self._known.get(asked)
        if found is None and params.search == "quick":
            found = self._known_from_now_on(asked, self.solve(nu, locks, nu_of))
        elif found is None:
            with self._lock:
                posed = self._posed(nu, locks, nu_of)
            found = self._known_from_now_on(asked, (yield from self._search(posed)))
        return found

    def _known_from_now_on(self, asked: Any, found: CellTyping) -> CellTyping:
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[asked] = found
        return found

    def under(self, params: CellTypingParams) -> FittedTyping:
        """The same fit with these live parameters; "auto" labels are what they were to it."""
        if params.label_by == "auto":
            params = params.model_copy(update={"label_by": self.state.params.label_by})
        return replace(self, state=replace(self.state, params=params))

    def _posed(
        self,
        nu: float,
        locks: Mapping[int, str | int] | None,
        nu_of: npt.NDArray[np.floating] | None,
    ) -> Posed:
        return pose(self.state, self._field, self._candidates, nu, locks or {}, nu_of)

    def _search(self, posed: Posed) -> Task[CellTyping]:
        """A step of annealing at a time; in between others may ask."""
        with self._lock:
            search = anneal(posed.field, lower_of_two(posed, self.state, self.free), posed.nu)
        while True:
            with self._lock:
                try:
                    progress = next(search)
                except StopIteration as stop:
                    return self._answer(posed, stop.value)
            yield progress

    def _answer(self, posed: Posed, best: Solution) -> CellTyping:
        """What is said of all cells, with these labels as the likeliest."""
        state, field_, candidates, nu = self.state, posed.field, posed.candidates, posed.nu
        codes, energy, proportions = best.codes, best.energy, None
        if state.metric is None:
            margin, local, agreed = local_terms(field_, codes, nu)
            support = sureness(state, candidates, codes, shared_out(field_, local, agreed))
        else:
            chance = posterior(field_, codes, nu)
            proportions = expected_shares(state, candidates, chance)
            codes = labels_by(state, field_, candidates, codes, chance, proportions, nu)
            energy = total_energy(field_, codes, nu)
            margin, _, _ = local_terms(field_, codes, nu)
            support = self.calibration(sureness(state, candidates, codes, chance), posed.asked)
        labelled = Labelled(codes, best.codes, energy, margin, support, proportions)
        typing = answer(state, self._voters, self.free, labelled, posed.asked, self._misfit)
        return with_locks(typing, posed.given) if len(posed.given.cells) else typing

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
        If the folder holds no fit, a damaged one, or one of a newer version.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if not (folder / _WORDS).is_file() or not (folder / _ARRAYS).is_file():
        raise ReadError(
            f"Expected {_WORDS} and {_ARRAYS} in {folder}, found not both; type the cells again."
        )
    try:
        words: dict[str, Any] = json.loads((folder / _WORDS).read_text("utf-8"))
        a = load_file(folder / _ARRAYS)
    except (ValueError, SafetensorError) as err:
        raise ReadError(
            f"Expected a whole cell typing in {folder}, found it damaged ({err}); delete that "
            "folder and type the cells again."
        ) from err
    if words["format"] > _FORMAT:
        raise ReadError(
            f"Expected a cell typing of format {_FORMAT} in {folder}, found {words['format']}; "
            "it was written by a newer spotscope: update this one."
        )
    kept = words.get("calibration", {"nu": (), "shift": (), "slope": ()})
    if words["format"] < _BALANCED and words["params"].get("label_by", "auto") == "auto":
        words["params"]["label_by"] = "shares" if kept.get("shares") else "section"
    state = state_of(words, a)
    nu = (words["auto_nu"], tuple(words["nu_grid"]), tuple(words["nu_scores"]))
    lines = [tuple(kept[name]) for name in ("nu", "shift", "slope")]
    calibration = Calibration(lines[0], lines[1], lines[2], float(kept.get("lapse", 0.0)))
    return assemble(state, a["free"], nu, calibration=calibration)
