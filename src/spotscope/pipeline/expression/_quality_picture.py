"""A picture of what was learned: drawn cells among cells kept back, and how training went.

Both kinds of cells, as ln(1 + counts) on the principal components of those kept back, are laid out
by one UMAP (McInnes et al. 2018), a panel a tier: where drawn cells lie beside the real ones, the
tier does not know the type. The last panel shows the network's loss, as a share of the closed
form's, on cells it learns from and on others.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.methods.expression import draw_pseudo_cells, fingerprint
from spotscope.model import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spotscope.methods.expression import FittedExpression
    from spotscope.model import Reference, Task

    Floats = npt.NDArray[np.float64]

__all__ = ["quality_picture"]

_MOST, _FEWEST, _COMPONENTS, _GENES = 800, 40, 20, 1000
_REAL, _DRAWN, _OTHER = "#9aa0a8", "#c2185b", "#1565c0"


def quality_picture(
    fitted: FittedExpression,
    reference: Reference,
    out: Path,
    *,
    seed: int = 0,
    embed: Callable[[Floats], Floats] | None = None,
) -> Task[str]:
    """Draw, and return what is missing in the picture and why; "" where nothing is.

    Parameters
    ----------
    fitted
        What was learned.
    reference
        That it was learned from.
    out
        PNG that is written; nothing is where nothing can be shown.
    seed
        Of which of the cells kept back are shown, and of those that are drawn.
    embed
        (cell, component) to (cell, 2); UMAP by default.
    """
    if find_spec("matplotlib") is None:
        return "no picture: matplotlib is not installed (pip install 'spotscope[figures]')"
    rng = np.random.default_rng(seed)
    some = np.sort(rng.permutation(fitted.kept)[:_MOST])
    missing, panels = "", {}
    if fingerprint(reference, fitted.params) != fitted.fingerprint:
        missing = f"no map of cells: {reference.name} is not the reference it was learned from"
    elif len(some) < _FEWEST:
        missing = f"no map of cells: {len(some)} were kept back, {_FEWEST} are needed"
    elif embed is None and find_spec("umap") is None:
        missing = "no map of cells: umap-learn is not installed (pip install 'spotscope[analysis]')"
    else:
        yield Progress("laying out cells", 0, 1)
        panels = _panels(fitted, reference, some, rng, embed or _umap)
    losses = None if fitted.score is None else fitted.score.losses
    if panels or losses is not None:
        _draw(panels, losses, out)
    yield Progress("laying out cells", 1, 1)
    return missing


def _panels(
    fitted: FittedExpression,
    reference: Reference,
    cells: npt.NDArray[np.intp],
    rng: np.random.Generator,
    embed: Callable[[Floats], Floats],
) -> dict[str, tuple[Floats, Floats]]:
    """By tier, (cell, 2) places of cells kept back and of drawn ones."""
    names = reference.table.var_names.get_indexer(list(fitted.gene_names))
    codes = reference.codes[cells].astype(np.int64)
    real = reference.table.X[cells][:, names].toarray()
    high = np.argsort(-real.mean(axis=0), kind="stable")[:_GENES]
    tables = [real, *(draw_pseudo_cells(fitted, codes, tier, rng) for tier in fitted.methods)]
    logged = [np.log1p(table[:, high].astype(float)) for table in tables]
    centre = logged[0].mean(axis=0)
    axes = np.linalg.svd(logged[0] - centre, full_matrices=False)[2][:_COMPONENTS]
    placed = embed(np.concatenate([(table - centre) @ axes.T for table in logged]))
    parts = np.split(placed, len(tables))
    return {tier: (parts[0], part) for tier, part in zip(fitted.methods, parts[1:], strict=True)}


def _umap(points: Floats) -> Floats:
    with warnings.catch_warnings():  # it warns of what it could do with other packages
        warnings.simplefilter("ignore")
        from umap import UMAP

        made = UMAP(n_neighbors=20, n_jobs=1, random_state=0)
        return np.asarray(made.fit_transform(points), float)


def _draw(panels: dict[str, tuple[Floats, Floats]], losses: Floats | None, out: Path) -> None:
    from matplotlib.figure import Figure

    n = len(panels) + (losses is not None)
    figure = Figure(figsize=(3.4 * n, 3.4), layout="constrained")
    axes: Any = figure.subplots(1, n, squeeze=False)[0]
    for axis, (tier, (real, drawn)) in zip(axes, panels.items(), strict=False):
        axis.scatter(*real.T, s=4, color=_REAL, label="kept back", linewidths=0)
        axis.scatter(*drawn.T, s=4, color=_DRAWN, label="drawn", linewidths=0, alpha=0.6)
        axis.set(title=tier, xticks=[], yticks=[], xlabel="UMAP")
        axis.legend(loc="best", fontsize=7, markerscale=2, frameon=False)
    if losses is not None:
        axis = axes[-1]
        axis.plot(losses[:, 0], losses[:, 1], color=_REAL, label="learned from")
        axis.plot(losses[:, 0], losses[:, 2], color=_DRAWN, label="kept back")
        axis.axhline(1.0, color=_OTHER, linewidth=0.8, linestyle=":", label="closed form")
        axis.set(title="training", xlabel="step", ylabel="loss over the closed form's")
        axis.legend(fontsize=7, frameon=False)
    figure.savefig(out, dpi=130)
