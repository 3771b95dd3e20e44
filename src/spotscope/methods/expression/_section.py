"""A section beside its reference: what every question about it needs, and no question changes.

Which genes both have, which cells make up which spot, and how deep, how evenly and with how much
noise the section was measured (``_scene``). All spots are looked at for it, so it takes longer than
the answer for a few of them; of other spots, genes or tiers it is the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.expression._arrange import arrange
from spotscope.methods.expression._scene import Scene, set_scene
from spotscope.methods.expression._section_means import section_means
from spotscope.model import GeneSpace, MethodError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import scipy.sparse as sp
    from anndata import AnnData

    from spotscope.methods.expression._arrange import Arrangement
    from spotscope.methods.expression._fitted import FittedExpression
    from spotscope.methods.expression._params import ExpressionParams
    from spotscope.model import Membership

__all__ = ["Section", "compare_section", "gene_table"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """Made by :func:`compare_section`.

    Parameters
    ----------
    arrangement
        Which cells make up which spot.
    space
        Genes that section and reference share.
    shared
        (shared gene,) its number among the reference's genes.
    scene
        Depths, effects and noise; effects of the reference's genes, 1 where not shared.
    means
        (type, gene) mean cells of the reference, as far as it knows them, and else the section's.
    """

    arrangement: Arrangement
    space: GeneSpace
    shared: Ints
    scene: Scene
    means: Floats

    def check(self, n_spots: int, n_cells: int) -> None:
        """See that it is of these spots and nuclei.

        Raises
        ------
        MethodError
            If it is of others.
        """
        spots, cells = len(self.arrangement.start) - 1, len(self.arrangement.home)
        if (spots, cells) != (n_spots, n_cells):
            raise MethodError(
                f"Expected the comparison of a section with {n_spots:,} spots and {n_cells:,} "
                f"nuclei, found one of {spots:,} and {cells:,}; compare the section again."
            )

    def counts(self, table: AnnData, spots: Ints | None = None) -> sp.csr_matrix:
        """(spot, shared gene) counts of the spots wanted; rows of others are empty."""
        import scipy.sparse as sp

        if spots is None:
            whole = (table.X @ self.space.left).tocsr()
        else:
            some = (table.X[spots] @ self.space.left).tocsr()
            start = np.zeros(table.n_obs + 1, some.indptr.dtype)
            start[spots + 1] = np.diff(some.indptr)
            shape = (table.n_obs, some.shape[1])
            whole = sp.csr_matrix((some.data, some.indices, np.cumsum(start)), shape=shape)
        whole.sort_indices()
        return whole


def compare_section(
    fitted: FittedExpression,
    table: AnnData,
    codes: npt.NDArray[np.integer],
    membership: Membership,
    params: ExpressionParams,
    platform: Mapping[str, float] | npt.ArrayLike | None = None,
    *,
    own_means: bool = True,
) -> Section:
    """Match genes, arrange cells, and compare depths and genes with the reference.

    Parameters
    ----------
    fitted
        Learned from the reference.
    table
        (spot, gene) raw counts.
    codes
        (cell,) types, an index into ``fitted.type_names``; -1 where unknown.
    membership
        Which cell lies in which spot.
    params
        Of which ``overdispersion`` and ``alike`` count here.
    platform
        Effects of the spots' platform by gene name, or (gene,); estimated by default.
    own_means
        Whether spots have a say in their types' means, or the reference alone.

    Raises
    ------
    MethodError
        If no gene is shared, or effects are given of other genes.
    """
    space = GeneSpace.shared(table, gene_table(fitted))
    # a gene named twice in the reference was learned once, so `right` has a one in each column
    shared = space.right.tocsc().indices.astype(np.int64)
    counts = (table.X @ space.left).tocsr()
    counts.sort_indices()
    arrangement = arrange(membership, codes)
    effects = None if platform is None else _given_effects(fitted, platform)
    weights = arrangement.type_weights(codes, len(fitted.type_names))
    scene = set_scene(
        counts,
        weights,
        fitted.means[:, shared],
        fitted.dispersion[:, shared],
        fitted.cells,
        effects=None if effects is None else effects[shared],
        noise=None if params.overdispersion == "auto" else params.overdispersion,
    )
    if effects is None:
        effects = np.ones(len(fitted.gene_names))
        effects[shared] = scene.effects
    section = Section(
        arrangement, space, shared, Scene(scene.depth, effects, scene.noise), fitted.means
    )
    if not own_means:
        return section
    means = fitted.means.copy()
    means[:, shared] *= section_means(
        counts,
        weights,
        _squares(arrangement, codes, weights, params.alike),
        scene.depth,
        fitted.means[:, shared] * scene.effects,
        fitted.dispersion[:, shared],
        fitted.doubt()[:, shared],
        scene.noise,
    )
    return replace(section, means=means)


def _squares(
    arrangement: Arrangement,
    codes: npt.NDArray[np.integer],
    weights: sp.csr_matrix,
    alike: float,
) -> sp.csr_matrix:
    """(spot, type) variance of a sum of cells, in that of one: neighbours differ alike."""
    own = arrangement.type_weights(codes, weights.shape[1], 2)
    return ((1 - alike) * own + alike * weights.multiply(weights)).tocsr()


def gene_table(fitted: FittedExpression) -> AnnData:
    """Table without cells that has the reference's genes, to be matched with others."""
    import pandas as pd
    from anndata import AnnData

    var = pd.DataFrame(index=pd.Index(list(fitted.gene_names)))
    if fitted.gene_ids:
        var["gene_ids"] = list(fitted.gene_ids)
    return AnnData(var=var)


def _given_effects(
    fitted: FittedExpression, platform: Mapping[str, float] | npt.ArrayLike
) -> Floats:
    if hasattr(platform, "get"):
        return np.array([float(platform.get(name, 1.0)) for name in fitted.gene_names])
    found = np.asarray(platform, float)
    if found.shape != (len(fitted.gene_names),):
        raise MethodError(
            f"Expected an effect for each of the reference's {len(fitted.gene_names):,} genes, "
            f"found an array of shape {found.shape}; give a mapping from gene names instead."
        )
    return found
