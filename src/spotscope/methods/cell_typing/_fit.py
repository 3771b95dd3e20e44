"""Cell typing from counts to a fit that answers for any ν."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._check import check
from spotscope.methods.cell_typing._genes import choose_markers, picked_genes, share_genes
from spotscope.methods.cell_typing._platform import gene_effects, section_mix, with_background
from spotscope.methods.cell_typing._potts import reach_of
from spotscope.model import MethodError, MethodInfo, Progress, run, spawn

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._candidates import Candidates
    from spotscope.methods.cell_typing._continuous import Mixtures
    from spotscope.methods.cell_typing._fitted import FittedTyping
    from spotscope.methods.cell_typing._genes import SharedGenes
    from spotscope.methods.cell_typing._icm import Field
    from spotscope.methods.cell_typing._params import CellTypingParams
    from spotscope.methods.cell_typing._result import CellTyping
    from spotscope.methods.cell_typing._state import State
    from spotscope.model import Membership, Reference, Rng, Spots, Task

__all__ = ["counts_state", "fit", "info", "predict"]

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int16]

info = MethodInfo(
    name="cell_typing",
    title="Cell types",
    question="Which type is each nucleus?",
    references=(
        "Wan X. et al. Integrating spatial and single-cell transcriptomics data using deep "
        "generative models with SpatialScope. Nature Communications 14, 7848 (2023).",
        "Cable D. M. et al. Robust decomposition of cell type mixtures in spatial transcriptomics. "
        "Nature Biotechnology 40, 517-526 (2022).",
        "Besag J. On the statistical analysis of dirty pictures. "
        "Journal of the Royal Statistical Society B 48, 259-302 (1986).",
    ),
)

#: Relative variance between cells of a type, above which it is more than chance.
_BEYOND_CHANCE = 0.05
_LABELLING = "labelling cells"


def fit(
    spots: Spots,
    reference: Reference,
    membership: Membership,
    yx_um: Floats,
    params: CellTypingParams,
    *,
    features: Floats | None = None,
    rng: Rng = None,
) -> Task[FittedTyping]:
    """Learn everything that does not depend on ν.

    The first progress report after the baseline carries it as preview.

    Parameters
    ----------
    spots, reference
        Raw counts.
    membership
        Which cell lies in which spot.
    yx_um
        (cell, 2) places of the cells; their spot's centre where only the number is known. Cells of
        stacked slices have a depth before them: (cell, 3), (z, y, x).
    params
        Parameters.
    features
        (cell, feature) numbers of the nuclei, such as area, eccentricity and stain; NaN where not
        known. What they tell of a cell's type is learned from the section; None for no image.
    rng
        Splits counts to choose ν, and draws the cells on which support is checked.

    Raises
    ------
    MethodError
        If an input stands in the way; the message says what to do.
    """
    notes = _stop_or_note(spots, reference, membership, yx_um, params)
    if features is not None and (np.ndim(features) != 2 or len(features) != len(yx_um)):
        raise MethodError(
            f"Expected a row of features for each of {len(yx_um):,} cells, found an array of shape "
            f"{np.shape(features)}; measure the same nuclei."
        )
    yield Progress("matching genes", 0, 1)
    genes = share_genes(spots, reference)
    notes.append(genes.note)

    from spotscope.methods.cell_typing._baseline import least_squares
    from spotscope.methods.cell_typing._calibrate import NO_CALIBRATION, calibrate
    from spotscope.methods.cell_typing._fit_moments import moments_state
    from spotscope.methods.cell_typing._fitted import assemble
    from spotscope.methods.cell_typing._nu import choose_nu

    first = least_squares(genes, reference.types, membership)
    yield Progress("matching genes", 1, 1, preview=first)
    state = yield from (
        moments_state(genes, reference, first, spots, membership, yx_um, params)
        if _by_moments(genes, reference, params)
        else counts_state(genes, reference, spots, membership, yx_um, params)
    )
    state = replace(state, notes=(*notes, *state.notes))
    genes = replace(genes, counts=genes.counts[:0])  # the state has those that are used
    state, free, made = yield from _by_evidence(state, features)
    for_nu, for_support = spawn(rng, 2)
    nu = yield from choose_nu(state, spots.yx_um, rng=for_nu)
    calibration = NO_CALIBRATION
    if state.metric is not None:
        used = picked_genes(genes, state.genes)
        calibration = yield from calibrate(state, reference, used, spots.yx_um, nu, for_support)
    fitted = assemble(state, free, nu, made, calibration)
    yield Progress("smoothing", 0, 1)
    fitted.solve(fitted.auto_nu)  # fills the table of compositions: later answers take milliseconds
    yield Progress("smoothing", 1, 1)
    return fitted


def _by_evidence(
    state: State, features: Floats | None
) -> Task[tuple[State, Codes, tuple[Field, Candidates]]]:
    """The labels at ν = 0, and what else they tell of the section: looks, and likings of types."""
    from spotscope.methods.cell_typing._icm import evidence_only, total_energy
    from spotscope.methods.cell_typing._state import (
        argmax_start,
        build_field,
        candidates_of,
        rounded_start,
    )

    yield Progress(_LABELLING, 0, 3)
    candidates = candidates_of(state)
    field = build_field(state, candidates)
    yield Progress(_LABELLING, 1, 3)
    starts = [rounded_start(state, candidates), argmax_start(state, candidates)]
    total_energy(field, starts[0], 0.0)  # on the very first run this compiles a part: stop here too
    yield Progress(_LABELLING, 2, 3)
    free = evidence_only(field, starts)
    yield Progress(_LABELLING, 3, 3)
    state = _know_more(state, field, free, features)
    if len(state.looks) or len(state.like):
        looks = state.looks[state.spot_cells] if len(state.looks) else state.looks
        field = replace(field, looks=looks, like=state.like)
        free = evidence_only(field, [free, *starts])
    return state, free, (field, candidates)


def predict(fitted: FittedTyping, params: CellTypingParams) -> CellTyping:
    """Label all cells by the live ones of ``params``; the others were used up by the fit."""
    nu = fitted.auto_nu if params.nu == "auto" else float(params.nu)
    return run(fitted.under(params).settle(nu))


def _know_more(state: State, field: Field, free: Codes, features: Floats | None) -> State:
    """What is learned of the section besides its counts: likings of types, and nuclei's looks."""
    from spotscope.methods.cell_typing._compatibility import compatibility
    from spotscope.methods.cell_typing._looks import learn_looks
    from spotscope.methods.cell_typing._state import spot_shares

    if not state.n_cells.any():
        return state
    shares = spot_shares(state, field, free)
    if state.params.together == "learned":
        like = compatibility(field, shares)
        if like is None:
            said = "Types do not keep to one another: neighbours' likings could not be learned."
            state = replace(state, notes=(*state.notes, said))
        else:
            state = replace(state, like=like)
    if features is None or state.params.looks == "off":
        return state
    mix = shares[state.owner[state.spot_cells]].mean(axis=0)
    learned = learn_looks(np.asarray(features, float), state.owner, shares, mix)
    gain, error = (100 * np.expm1(nats) for nats in learned.gain)
    foretold = f"those of left-out spots were foretold {gain:.1f} ± {error:.1f}% better"
    if learned.trust == 0:
        said = f"The nuclei's looks say nothing of their types ({foretold}): not used."
        return replace(state, notes=(*state.notes, said))
    said = f"Which nucleus is which was also judged by their looks ({foretold})."
    return replace(state, looks=learned.nats, notes=(*state.notes, said))


def _by_moments(genes: SharedGenes, reference: Reference, params: CellTypingParams) -> bool:
    """Whether the reference's cells have anything to tell beyond their means."""
    if params.evidence != "auto":
        return params.evidence == "moments"
    from spotscope.methods.cell_typing._moments import between_cells

    return between_cells(reference, genes.right) > _BEYOND_CHANCE


def counts_state(
    genes: SharedGenes,
    reference: Reference,
    spots: Spots,
    membership: Membership,
    yx_um: Floats,
    params: CellTypingParams,
) -> Task[State]:
    """Poisson counts with heavy-tailed noise, of marker genes."""
    from spotscope.methods.cell_typing._continuous import fit_weights
    from spotscope.methods.cell_typing._sigma import choose_sigma, table_of
    from spotscope.methods.cell_typing._state import State

    markers, wider, said = choose_markers(genes, params)
    mixtures, mix = _on_platform(genes, markers, wider, spots.umis, params)
    sigma = yield from choose_sigma(mixtures, params.umi_min)
    weights = yield from fit_weights(mixtures, table_of(sigma, mixtures), "weighing types")
    return State(
        types=reference.types,
        genes=tuple(genes.names[g] for g in np.flatnonzero(markers)),
        mixtures=mixtures,
        weights=weights,
        size=_cell_sizes(reference, params),
        mix=mix,
        owner=np.asarray(membership.owner, np.int32),
        yx_um=np.asarray(yx_um, float),
        reach_um=reach_of(spots, params),
        sigma=sigma,
        params=params,
        notes=tuple(said),
    )


def _stop_or_note(
    spots: Spots,
    reference: Reference,
    membership: Membership,
    yx_um: Floats,
    params: CellTypingParams,
) -> list[str]:
    """Raise the first fatal problem; return the others as notes."""
    problems = check(spots, reference, membership, params)
    for problem in problems:
        if problem.fatal:
            raise MethodError(problem.message)
    if np.shape(yx_um)[:1] != (len(membership.owner),) or np.shape(yx_um)[1:] not in ((2,), (3,)):
        raise MethodError(
            f"Expected a place (y, x) for each of {len(membership.owner):,} cells, found an array "
            f"of shape {np.shape(yx_um)}; give the cells' centres in µm."
        )
    low = int((spots.umis < params.umi_min).sum())
    said = [problem.message for problem in problems]
    if low:
        said.append(
            f"{low:,} of {spots.n:,} spots have fewer than {params.umi_min} counts: their cells "
            "follow the neighbours more than the counts."
        )
    empty = int((membership.cells_per_spot == 0).sum())
    if empty:
        said.append(f"{empty:,} of {spots.n:,} spots hold no cell: their counts type none.")
    return said


def _on_platform(
    genes: SharedGenes,
    markers: npt.NDArray[np.bool_],
    wider: npt.NDArray[np.bool_],
    umis: npt.NDArray[np.int64],
    params: CellTypingParams,
) -> tuple[Mixtures, Floats]:
    """Marker counts with profiles as the spots' platform would show them, and the section's mix."""
    from spotscope.methods.cell_typing._continuous import Mixtures
    from spotscope.methods.cell_typing._likelihood import floors
    from spotscope.methods.cell_typing._products import column_sums, columns

    rich = umis >= params.umi_min
    if not rich.any():
        rich = umis > 0
    totals = column_sums(genes.counts, np.flatnonzero(rich))
    mix = section_mix(totals[wider], genes.profiles[:, wider])
    profiles = genes.profiles[:, markers]
    effects = gene_effects(
        totals[markers], float(umis[rich].sum()), mix, profiles, genes.seen[markers]
    )
    seen = with_background(effects * profiles, totals[markers], params.background)
    counts = columns(genes.counts, np.flatnonzero(markers))
    everything = umis.astype(np.float64)
    return Mixtures(counts, everything, floors(everything), seen.astype(np.float32)), mix


def _cell_sizes(reference: Reference, params: CellTypingParams) -> Floats:
    """(type,) RNA of a cell, relative to the mean type."""
    if params.cell_size == "equal":
        return np.ones(reference.n_types)
    total = np.maximum(reference.mean_total(), 1e-9)
    return np.asarray(total / total.mean())
