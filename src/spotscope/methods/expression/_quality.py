"""How like real cells what was learned is: cells drawn from it beside cells it was not taught.

For every tier as many cells of the same types are drawn as were kept back, and compared:

    means         correlation of ln(1 + mean) over types and genes
    variances     median over types and genes of (variance drawn) / (variance kept back)
    correlations  correlation of gene-gene correlations, within types, of the highest genes
    told apart    area under the curve of a classifier that is shown both, on cells it was not
                  fitted to: 0.5 where they cannot be told apart, 1 where always

The classifier is a ridge discriminant on principal components of ln(1 + counts), their squares, and
the depth. Means are of all cells of the reference, the kept ones too; how cells differ is not.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.expression._pseudo import draw_pseudo_cells
from spotscope.model import Progress

if TYPE_CHECKING:
    import scipy.sparse as sp

    from spotscope.methods.expression._fitted import FittedExpression
    from spotscope.model import Task

__all__ = ["TierQuality", "compare_cells", "measure_quality", "quality_table"]

Floats = npt.NDArray[np.float64]

#: Kept cells that are needed at all, of a type to have a mean, and genes that are looked at.
_FEWEST, _OF_A_TYPE, _GENES, _PAIRED = 40, 10, 1000, 100
_COMPONENTS, _FOLDS = 20, 5
_SEEN = 0.2


@dataclass(frozen=True, slots=True)
class TierQuality:
    """One tier's pseudo-cells beside held-out cells; ``cells`` of each."""

    method: str
    cells: int
    means: float
    variances: float
    correlations: float
    told_apart: float

    def to_json(self) -> dict[str, str | int | float]:
        """Plain values."""
        return asdict(self)


def measure_quality(
    fitted: FittedExpression,
    counts: sp.csr_matrix,
    codes: npt.NDArray[np.integer],
    rng: np.random.Generator,
) -> Task[tuple[TierQuality, ...]]:
    """Compare every tier with cells that were kept back; nothing where there are too few.

    Parameters
    ----------
    fitted
        What was learned.
    counts, codes
        (cell, gene) and (cell,) of cells that were kept back.
    rng
        Draws cells.
    """
    if counts.shape[0] < _FEWEST:
        return ()
    found = []
    for done, method in enumerate(fitted.methods):
        yield Progress("comparing with cells kept back", done, len(fitted.methods))
        drawn = draw_pseudo_cells(fitted, codes, method, rng)
        found.append(compare_cells(method, counts.toarray(), drawn, codes, rng))
    return tuple(found)


def compare_cells(
    method: str,
    real: npt.NDArray[np.integer],
    drawn: npt.NDArray[np.integer],
    codes: npt.NDArray[np.integer],
    rng: np.random.Generator,
) -> TierQuality:
    """Compare cells with as many drawn ones of the same types.

    Parameters
    ----------
    method
        Name of who drew.
    real, drawn
        (cell, gene) counts.
    codes
        (cell,) types of both.
    rng
        Deals cells into folds.
    """
    high = np.sort(np.argsort(-real.mean(axis=0), kind="stable")[:_GENES])
    real, drawn = real[:, high].astype(float), drawn[:, high].astype(float)
    types = np.flatnonzero(np.bincount(codes) >= _OF_A_TYPE)
    groups = [codes == k for k in types] or [np.ones(len(codes), bool)]
    ours, theirs = (np.array([x[g].mean(axis=0) for g in groups]) for x in (drawn, real))
    wide, wanted = (np.array([x[g].var(axis=0) for g in groups]) for x in (drawn, real))
    seen = (theirs > _SEEN) & (wanted > 0)
    ratio = float(np.median(wide[seen] / wanted[seen])) if seen.any() else float("nan")
    logs = np.log1p(real), np.log1p(drawn)
    highest = np.argsort(-real.mean(axis=0), kind="stable")[:_PAIRED]
    return TierQuality(
        method,
        len(codes),
        _correlation(np.log1p(ours).ravel(), np.log1p(theirs).ravel()),
        ratio,
        _correlation(*(_pairs(x, codes, highest) for x in logs)),
        _area(*logs, rng),
    )


def quality_table(rows: tuple[TierQuality, ...]) -> str:
    """Markdown."""
    head = (
        f"drawn cells beside {rows[0].cells} kept back | means r | variances ratio | "
        "correlations r | told apart (0.5: not)"
    )
    lines = [f"| {head} |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.method} | {row.means:.3f} | {row.variances:.2f} | {row.correlations:.2f} | "
        f"{row.told_apart:.2f} |"
        for row in rows
    ]
    return "\n".join(lines)


def _correlation(a: Floats, b: Floats) -> float:
    if a.std() < 1e-12 or b.std() < 1e-12:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _pairs(
    logged: Floats, codes: npt.NDArray[np.integer], genes: npt.NDArray[np.integer]
) -> Floats:
    """(pair,) correlations of genes over cells, types' means taken out."""
    picker = np.eye(int(codes.max()) + 1)[codes]
    some = logged[:, genes]
    means = picker.T @ some / np.maximum(picker.sum(axis=0), 1)[:, None]
    left = some - picker @ means
    unit = left / np.maximum(np.linalg.norm(left, axis=0), 1e-12)
    return np.asarray((unit.T @ unit)[np.triu_indices(len(genes), 1)])


def _area(real: Floats, drawn: Floats, rng: np.random.Generator) -> float:
    """Cross-validated area under the curve of a discriminant between the two."""
    both = np.vstack([real, drawn])
    label = np.repeat([1.0, -1.0], [len(real), len(drawn)])
    centred = both - both.mean(axis=0)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    n = min(_COMPONENTS, len(both) - 1)
    parts = vectors[:, -n:] * np.sqrt(np.maximum(values[-n:], 0))
    features = np.column_stack([parts, parts**2, both.sum(axis=1), (both > 0).sum(axis=1)])
    features = (features - features.mean(axis=0)) / np.maximum(features.std(axis=0), 1e-9)
    features = np.column_stack([features, np.ones(len(features))])
    fold = rng.permutation(len(label)) % _FOLDS
    said = np.zeros(len(label))
    for k in range(_FOLDS):
        rest, here = features[fold != k], fold == k
        gram = rest.T @ rest + 0.01 * len(rest) * np.eye(rest.shape[1])
        said[here] = features[here] @ np.linalg.solve(gram, rest.T @ label[fold != k])
    order = np.argsort(said, kind="stable")
    rank = np.empty(len(said))
    rank[order] = np.arange(1, len(said) + 1)
    above = rank[label > 0].sum() - len(real) * (len(real) + 1) / 2
    return float(above / (len(real) * len(drawn)))
