"""Spots come apart into cells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.expression._answer import CHUNK, Answer
from spotscope.methods.expression._baseline import split_cells
from spotscope.methods.expression._check import cell_problems, memory_problems, support_problems
from spotscope.methods.expression._evidence import gather, wanted_genes
from spotscope.methods.expression._gaussian import GaussianCells
from spotscope.methods.expression._unseen import Unseen
from spotscope.model import MethodError, Progress, as_rng, in_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from spotscope.methods.expression._describe import Described
    from spotscope.methods.expression._fitted import FittedExpression
    from spotscope.methods.expression._kept_latents import KeptLatents
    from spotscope.methods.expression._params import ExpressionParams
    from spotscope.methods.expression._result import CellExpression
    from spotscope.methods.expression._section import Section
    from spotscope.model import Membership, Rng, Spots, Task

__all__ = ["predict"]

Ints = npt.NDArray[np.int64]

_MOST_BYTES = 16 << 30
_PREVIEWS = 8
#: Genes that a cell's share of its spot's latents takes the room of: where the evidence is not gone
#: through, genes that are not told take none.
_NARROW = 4096
_STAGES = {
    "split": "splitting counts",
    "gaussian": "inferring cells",
    "score": "drawing cells",
}


def predict(
    fitted: FittedExpression,
    spots: Spots,
    codes: npt.NDArray[np.integer],
    membership: Membership,
    params: ExpressionParams,
    *,
    spots_wanted: npt.ArrayLike | None = None,
    genes: Sequence[str] | None = None,
    platform: Mapping[str, float] | npt.ArrayLike | None = None,
    split: CellExpression | None = None,
    yx_um: npt.NDArray[np.floating] | None = None,
    support: npt.ArrayLike | None = None,
    section: Section | None = None,
    own_means: bool = True,
    kept: KeptLatents | None = None,
    rng: Rng = None,
    device: str = "cpu",
) -> Task[CellExpression]:
    """Infer what every cell expresses.

    Depths, effects of genes and noise are those of the whole section, so a region is answered
    exactly as it would be within the whole. The first progress report carries the split.

    Parameters
    ----------
    fitted
        Learned from the reference.
    spots
        Raw counts.
    codes
        (cell,) types, an index into ``fitted.type_names``; -1 where unknown.
    membership
        Which cell lies in which spot.
    params
        Of this answer.
    spots_wanted
        Numbers of spots; all by default, and then also the cells that no spot sees.
    genes
        Names of the genes to return; all by default. All shared genes are evidence anyhow.
    platform
        Effects of the spots' platform by gene name, or (gene,); estimated by default.
    split
        The split of the same cells, where it is there already.
    yx_um
        (cell, 2) places: those that no spot sees then lean to cells of their type around them;
        without places they are as their type is.
    support
        (cell,) probability of each cell's type, by which nuclei of a spot are averaged where
        ``params.who`` asks for it; NaN and None count as certain.
    section
        What ``compare_section`` said of the same inputs, where it was asked before.
    own_means
        Whether, without ``section``, spots have a say in their types' means.
    kept
        What spots' counts said of their cells before, with the same inputs and parameters, whatever
        genes were told: of spots it knows any gene is told quickly, others are put in.
    rng
        Of samples and drawn counts.
    device
        Where a network computes.

    Raises
    ------
    MethodError
        If an input stands in the way; the message says what to do.
    """
    codes = np.asarray(codes)
    _stop(fitted, spots, codes, membership, params, genes, support)
    yield Progress("comparing depths", 0, 1)
    every = np.arange(spots.n)
    outside = spots_wanted is None
    asked = every if spots_wanted is None else np.unique(np.asarray(spots_wanted, np.int64))
    evidence = gather(
        fitted, spots.table, codes, membership, params, genes, platform, support,
        section=section, spots=None if outside else asked, own_means=own_means,
    )  # fmt: skip
    unseen = Unseen(evidence) if outside else None
    seed = int(as_rng(rng).integers(2**63))
    total = int(evidence.arrangement.n_cells[asked].sum())
    if split is None or params.method == "split":
        answer, cells_of = Answer.blank(evidence, asked, unseen), split_cells(evidence)
        split = yield from _tier(answer, asked, cells_of, "split", params, seed, total)
    if params.method == "split":
        return split
    yield Progress("splitting counts", total, total, preview=split)
    answer = Answer.blank(evidence, asked, unseen)
    closed = GaussianCells(evidence, kept)
    second = yield from _tier(answer, asked, closed, "gaussian", params, seed, total)
    if outside and yx_um is not None:
        answer.lean(closed, np.asarray(yx_um, float))  # into the arrays of ``second``
    if params.method == "gaussian":
        return second
    yield Progress("inferring cells", total, total, preview=second)

    from spotscope.methods.expression._sample import ScoreCells

    sampled = ScoreCells(evidence, params, seed, device)
    return (yield from _tier(answer.anew(), asked, sampled, "score", params, seed, total))


def _stop(
    fitted: FittedExpression,
    spots: Spots,
    codes: npt.NDArray[np.integer],
    membership: Membership,
    params: ExpressionParams,
    genes: Sequence[str] | None,
    support: npt.ArrayLike | None,
) -> None:
    for problem in (
        *cell_problems(spots.n, codes, membership, len(fitted.type_names)),
        *support_problems(len(codes), support),
        *memory_problems(len(codes), len(wanted_genes(fitted, genes)), _MOST_BYTES),
    ):
        if problem.fatal:
            raise MethodError(problem.message)
    if params.method not in fitted.methods:
        raise MethodError(
            f"Expected a fit that knows the method {params.method!r}, found one that knows "
            f"{', '.join(fitted.methods)}; learn from the reference with this method."
        )


def _tier(
    answer: Answer,
    asked: Ints,
    cells: Callable[[Ints, Ints], Described],
    method: str,
    params: ExpressionParams,
    seed: int,
    total: int,
) -> Task[CellExpression]:
    """Ask one tier, some spots at a time."""
    stage = _STAGES[method]
    evidence = answer.evidence
    done = 0
    kept = cells.kept if isinstance(cells, GaussianCells) else None
    narrow = method == "split" or (kept is not None and kept.knows(asked))
    evident = len(evidence.shared)
    width = max(len(evidence.wanted), min(_NARROW, evident) if narrow else evident)
    yield Progress(stage, 0, total)

    def told(group: tuple[Ints, Ints]) -> int:
        answer.add(*group, cells(*group), params, seed)
        return group[1].size

    groups = evidence.arrangement.groups(asked, max(1, CHUNK // width))
    # torch has threads of its own
    for size in map(told, groups) if method == "score" else in_threads(told, groups):
        before, done = done, done + size
        shown = None
        if method == "score" and _PREVIEWS * done // total > _PREVIEWS * before // total:
            # slow enough to be watched: what is drawn so far, the rest as it was
            shown = replace(answer.anew().finish(method), assigned=None)
        yield Progress(stage, done, total, preview=shown)
    return answer.finish(method)
