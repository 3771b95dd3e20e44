"""Several slices of one block, typed together: neighbours are looked for across them too.

Each slice is typed alone first. Then all are turned and shifted onto the first, stacked
``across_um`` apart, and typed as one section in space: the nearer two slices are said to lie, the
more a cell listens to those above and below it. What was learned of the section (genes, noise, ν)
is then learned of all slices together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from spotscope.methods import cell_typing
from spotscope.methods.slices import align_slices
from spotscope.model import MethodError, Params, Progress, Transform, param, spawn
from spotscope.pipeline._fingerprint import of_text
from spotscope.pipeline.cell_typing._features import nucleus_features
from spotscope.pipeline.cell_typing._stack import of_slice, stack
from spotscope.pipeline.cell_typing._step import typing_step
from spotscope.pipeline.segmentation._cells import with_types

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from spotscope.methods.cell_typing import CellTyping, CellTypingParams
    from spotscope.model import Reference, Session, Task
    from spotscope.pipeline._cache import StepCache
    from spotscope.pipeline.cell_typing._stack import Stack
    from spotscope.pipeline.cell_typing._step import Typed

__all__ = ["SliceChange", "SlicesParams", "SlicesTyped", "type_slices"]

STEP = "type"


class SlicesParams(Params):
    """How slices lie to one another."""

    across_um: float = param(
        20.0,
        title="Across slices (µm)",
        description="How far apart neighbouring slices are taken to lie. Small: cells listen to "
        "those above and below as to their neighbours. Beyond the reach of neighbours: each slice "
        "for itself.",
        ge=0,
        le=10_000,
    )
    align: Literal["expression", "none"] = param(
        "expression",
        title="Alignment",
        description="'expression': each slice is turned and shifted onto the one before by what "
        "its spots express (PASTE). 'none': places are of one frame already.",
    )


@dataclass(frozen=True, slots=True)
class SliceChange:
    """What typing together changed in one slice.

    Parameters
    ----------
    name
        Of the sample.
    cells
        Cells of its spots.
    changed
        Share of them that have another type than when the slice was typed alone; which cell of a
        spot has which of its types is no matter.
    nu_alone, nu
        Smoothness alone, and together.
    support_alone, support
        Mean support of the labels.
    """

    name: str
    cells: int
    changed: float
    nu_alone: float
    nu: float
    support_alone: float
    support: float

    @property
    def sentence(self) -> str:
        """In words."""
        return (
            f"{self.name}: typed with the other slices, {self.changed:.1%} of {self.cells:,} cells "
            f"in spots have another type than alone (ν {self.nu_alone:g} → {self.nu:g}, mean "
            f"support {self.support_alone:.2f} → {self.support:.2f})."
        )


@dataclass(frozen=True, slots=True, eq=False)
class SlicesTyped:
    """Slices typed together.

    Parameters
    ----------
    sessions
        One a slice, with cells.
    transforms
        How each came to lie on the first.
    changes
        What it changed.
    alone
        The answer of each slice typed for itself.
    """

    sessions: tuple[Session, ...]
    transforms: tuple[Transform, ...]
    changes: tuple[SliceChange, ...]
    alone: tuple[CellTyping, ...]


def type_slices(
    sessions: Sequence[Session],
    reference: Reference,
    params: CellTypingParams,
    how: SlicesParams,
    *,
    cache: StepCache | None = None,
    n_cells: Sequence[npt.NDArray[np.int64] | None] | None = None,
    seed: int = 0,
) -> Task[SlicesTyped]:
    """Type slices alone, then together.

    Parameters
    ----------
    sessions
        At least two, in the order in which they were cut; each as for ``typing_step``.
    reference, params
        As for ``typing_step``.
    how
        Distance and alignment.
    cache
        Where the slices typed alone are kept.
    n_cells
        For every slice without nuclei, (spot,) number of cells.
    seed
        Of every random number.

    Raises
    ------
    MethodError, MissingDependencyError
        If there are too few slices, one cannot be typed, or there is nothing to align them with.
    """
    if len(sessions) < 2:
        raise MethodError(
            f"Expected at least two slices, found {len(sessions)}; type a single one with "
            "'spotscope run' or 'spotscope type'."
        )
    counts = n_cells or [None] * len(sessions)
    alone: list[Typed] = []
    for session, number in zip(sessions, counts, strict=True):
        task = typing_step(session, reference, params, cache=cache, n_cells=number, seed=seed)
        alone.append((yield from task))
    now = [typed.session for typed in alone]
    transforms = yield from _transforms(now, how, seed)
    stacked = stack(now, [typed.fitted for typed in alone], transforms, how.across_um)
    features = yield from _features(now, params)
    fitted = yield from cell_typing.fit(
        stacked.spots,
        reference,
        stacked.membership,
        stacked.zyx_um,
        params,
        features=features,
        rng=seed,
    )
    together = cell_typing.predict(fitted, params)
    parts = [of_slice(stacked, together, k) for k in range(len(now))]
    changes = [_change(typed, part) for typed, part in zip(alone, parts, strict=True)]
    done = tuple(
        _with_types(typed, part, stacked, transforms, how, change, k)
        for k, (typed, part, change) in enumerate(zip(alone, parts, changes, strict=True))
    )
    return SlicesTyped(
        done, tuple(transforms), tuple(changes), tuple(typed.typing for typed in alone)
    )


def _transforms(sessions: list[Session], how: SlicesParams, seed: int) -> Task[list[Transform]]:
    """How each slice comes to lie on the first."""
    found = [Transform()]
    for k, rng in enumerate(spawn(seed, len(sessions) - 1), start=1):
        yield Progress("aligning slices", k - 1, len(sessions) - 1)
        if how.align == "none":
            found.append(Transform())
            continue
        before, here = sessions[k - 1].sample.spots, sessions[k].sample.spots
        assert before is not None
        assert here is not None
        found.append(align_slices(before, here, rng=rng).then(found[-1]))
    yield Progress("aligning slices", len(sessions) - 1, len(sessions) - 1)
    return found


def _features(
    sessions: list[Session], params: CellTypingParams
) -> Task[npt.NDArray[np.float64] | None]:
    """Numbers of all nuclei, where every slice has the same ones."""
    if params.looks == "off":
        return None
    each = []
    for session in sessions:
        _, features = yield from nucleus_features(session)
        each.append(features)
    known = [features for features in each if features is not None]
    if len(known) < len(each) or len({features.shape[1] for features in known}) > 1:
        return None
    return np.concatenate(known)


def _change(alone: Typed, together: CellTyping) -> SliceChange:
    before, spots = alone.typing, alone.session.sample
    inside = before.source == "spot"
    return SliceChange(
        name=spots.name,
        cells=int(inside.sum()),
        changed=changed_share(alone.fitted.state.owner, before.codes, together.codes),
        nu_alone=before.nu,
        nu=together.nu,
        support_alone=float(before.support[inside].mean()),
        support=float(together.support[inside].mean()),
    )


def changed_share(
    owner: npt.NDArray[np.int32], before: npt.NDArray[np.int16], after: npt.NDArray[np.int16]
) -> float:
    """Σ_i ½ |c_i - c'_i| over the cells of spots, c_i the spot's number of each type.

    Parameters
    ----------
    owner
        (cell,) spot, or -1.
    before, after
        (cell,) types.
    """
    inside = np.flatnonzero(owner >= 0)
    if not len(inside):
        return 0.0
    counts = np.zeros((2, int(owner.max()) + 1, int(max(before.max(), after.max())) + 1))
    for side, codes in enumerate((before, after)):
        np.add.at(counts[side], (owner[inside], codes[inside]), 1)
    return float(np.abs(counts[0] - counts[1]).sum() / 2 / len(inside))


def _with_types(
    alone: Typed,
    typing: CellTyping,
    stacked: Stack,
    transforms: list[Transform],
    how: SlicesParams,
    change: SliceChange,
    k: int,
) -> Session:
    """The session with its types; its record no longer leads to the fit of the slice alone."""
    session = alone.session
    record = session.records[STEP]
    told = {
        "names": stacked.names,
        "number": k,
        "across_um": how.across_um,
        "align": how.align,
        "transforms": [transform.to_json() for transform in transforms],
        "sentence": change.sentence,
    }
    figures = {key: value for key, value in record.figures.items() if key != "against_baseline"}
    record = replace(
        record,
        inputs={**record.inputs, "slices": of_text(str(told))},
        params={**record.params, "nu_used": float(typing.nu)},
        notes=tuple(dict.fromkeys([*record.notes, change.sentence])),
        figures={**figures, "slices": told},
    )
    records = {**session.records, STEP: record}
    records.pop("decompose", None)
    owner = np.asarray(alone.fitted.state.owner, np.int32)
    return with_types(replace(session, records=records), owner, typing)
