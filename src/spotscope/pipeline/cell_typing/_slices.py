"""Several slices of one block, typed together: neighbours are looked for across them too.

Each slice is typed alone first. Then all are turned and shifted onto the first, stacked
``across_um`` apart, and typed as one section in space: the nearer two slices are said to lie, the
more a cell listens to those above and below it. What was learned of the section (genes, noise, ν)
is then learned of all slices together.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from spotscope.methods import cell_typing
from spotscope.methods.slices import align_slices
from spotscope.model import (
    MethodError,
    Params,
    Progress,
    RunRecord,
    Transform,
    param,
    spawn,
    versions,
)
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._fingerprint import of_text
from spotscope.pipeline.cell_typing._features import nucleus_features
from spotscope.pipeline.cell_typing._find_fit import FITTED, STEP
from spotscope.pipeline.cell_typing._slice_of import SLICES
from spotscope.pipeline.cell_typing._slices_answer import SlicesFit, SlicesTyped
from spotscope.pipeline.cell_typing._stack import stack
from spotscope.pipeline.cell_typing._step import typing_step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from spotscope.methods.cell_typing import CellTypingParams, FittedTyping
    from spotscope.model import Reference, Session, Task
    from spotscope.pipeline.cell_typing._stack import Stack
    from spotscope.pipeline.cell_typing._step import Typed

__all__ = ["SlicesParams", "type_slices"]


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
        Where the slices typed alone, and the fit of all, are kept; another ν needs no new fit.
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
    inputs = tuple(one.records[STEP].inputs for one in now)
    joint = _Joint(stacked, inputs, tuple(transforms), how.across_um)
    fitted = yield from _fit(joint, reference, params, features, cache, seed)
    made_from, live = joint.fingerprints[SLICES], fitted.under(params)
    fit = SlicesFit(tuple(alone), stacked, tuple(transforms), how, made_from, live)
    return (yield from fit.settle(fitted.auto_nu if params.nu == "auto" else float(params.nu)))


class _Joint(NamedTuple):
    """Slices laid on one another, and what they were made from."""

    stacked: Stack
    inputs: tuple[Mapping[str, str], ...]
    transforms: tuple[Transform, ...]
    across_um: float

    @property
    def fingerprints(self) -> dict[str, str]:
        """By which a fit of them is known."""
        placed = [transform.to_json() for transform in self.transforms]
        made = [[dict(one) for one in self.inputs], placed, self.across_um]
        return {SLICES: of_text(json.dumps(made, sort_keys=True))}


def _fit(
    joint: _Joint,
    reference: Reference,
    params: CellTypingParams,
    features: npt.NDArray[np.float64] | None,
    cache: StepCache | None,
    seed: int,
) -> Task[FittedTyping]:
    """The fit of the stack, from the cache if it was made before: another ν needs no new one."""
    kept = cache or StepCache(user_cache())
    folder, stacked = kept.folder(STEP, joint.fingerprints, params), joint.stacked
    if kept.has(folder):
        kept.touch(folder)
        return cell_typing.load_fitted(folder / FITTED)
    started = time.perf_counter()
    fitted = yield from cell_typing.fit(
        stacked.spots,
        reference,
        stacked.membership,
        stacked.zyx_um,
        params,
        features=features,
        rng=seed,
    )
    with kept.writing(folder) as staging:
        fitted.save(staging / FITTED)
        seconds = round(time.perf_counter() - started, 3)
        said = params.model_dump(mode="json")
        record = RunRecord(STEP, said, seed, joint.fingerprints, versions(), seconds)
        kept.write_record(staging, record)
    return fitted


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
