"""Spots, cells and reference brought together, ready to be asked in pieces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.expression._describe import Cut
from spotscope.methods.expression._section import compare_section
from spotscope.model import MethodError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import scipy.sparse as sp
    from anndata import AnnData

    from spotscope.methods.expression._arrange import Arrangement
    from spotscope.methods.expression._fitted import FittedExpression
    from spotscope.methods.expression._params import ExpressionParams
    from spotscope.methods.expression._scene import Scene
    from spotscope.methods.expression._section import Section
    from spotscope.model import Membership

__all__ = ["Evidence", "gather", "wanted_genes"]

F32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What is known of a section.

    Parameters
    ----------
    fitted
        The reference, with the section's means.
    codes
        (cell,) types; -1 where unknown.
    arrangement
        Which cells make up which spot.
    counts
        (spot, shared gene) CSR; rows of spots that are not asked of are empty.
    shared
        (shared gene,) its number among the reference's genes.
    scene
        Depths, effects and noise; effects of the reference's genes, 1 where not shared.
    capture
        (spot,) share of a cell's counts, at the reference's depth, that the spot sees.
    wanted
        (gene,) the reference's genes that are asked for.
    column
        (gene,) their column in ``counts``, or -1.
    note
        Genes left out.
    alike
        Correlation of the latents of cells in one spot.
    support
        (cell,) probability of each type, where nuclei are averaged over the cells they may be.
    """

    fitted: FittedExpression
    codes: npt.NDArray[np.integer]
    arrangement: Arrangement
    counts: sp.csr_matrix
    shared: Ints
    scene: Scene
    capture: Floats
    wanted: Ints
    column: Ints
    note: str
    alike: float
    support: Floats | None = None

    def log_rates(self, spots: Ints, cells: Ints, genes: Ints) -> F32:
        """(spot, cell, gene) ln of the mean rate of each cell's type, as the spot sees it."""
        scale = np.log(self.arrangement.seen[cells]).astype(np.float32)
        return self.log_rates_of_types(spots, self.codes[cells], genes) + scale[..., None]

    def log_rates_of_types(self, spots: Ints, codes: npt.NDArray[np.integer], genes: Ints) -> F32:
        """(spot, type, gene) ln of the mean rate of a whole cell, for types (spot, type)."""
        means, effects = self.fitted.means[:, genes], self.scene.effects[genes]
        with np.errstate(divide="ignore"):
            per_type = np.log(means * effects).astype(np.float32)
        scale = np.log(self.scene.depth[spots]).astype(np.float32)
        return per_type[codes] + scale[:, None, None]

    def counts_of(self, spots: Ints) -> F32:
        """(spot, shared gene) dense."""
        return self.counts[spots].toarray().astype(np.float32)

    def cut(self, spots: Ints, cells: Ints, counts: F32, psi: F32, variance: F32) -> Cut:
        """Return the question about the wanted genes of some spots.

        Parameters
        ----------
        spots, cells
            (b,) and (b, m).
        counts
            (b, shared gene).
        psi, variance
            (type, wanted gene) a gene's own, and all, relative variance between cells.
        """
        codes = self.codes[cells]
        own = psi[codes]
        return Cut(
            counts=np.where(self.column >= 0, counts[:, self.column], 0),
            observed=self.column >= 0,
            prior=np.exp(self.log_rates(spots, cells, self.wanted)),
            prior_variance=own if variance is psi else variance[codes],
            psi=own,
            seen=self.arrangement.seen[cells].astype(np.float32),
            capture=self.capture[spots].astype(np.float32),
            noise=self.scene.noise,
        )


def gather(
    fitted: FittedExpression,
    table: AnnData,
    codes: npt.NDArray[np.integer],
    membership: Membership,
    params: ExpressionParams,
    genes: Sequence[str] | None,
    platform: Mapping[str, float] | npt.ArrayLike | None,
    support: npt.ArrayLike | None = None,
    *,
    section: Section | None = None,
    spots: Ints | None = None,
    own_means: bool = True,
) -> Evidence:
    """Bring section, reference and question together.

    Parameters are those of ``predict``; only ``spots``, all by default, are to be asked of.

    Raises
    ------
    MethodError
        If no gene is shared, a gene asked for is unknown, or ``section`` is another's.
    """
    if section is None:
        section = compare_section(
            fitted, table, codes, membership, params, platform, own_means=own_means
        )
    section.check(table.n_obs, len(codes))
    capture = np.minimum(section.scene.depth, 1.0)
    if params.capture != "auto":
        capture = np.full_like(capture, params.capture)
    wanted = wanted_genes(fitted, genes)
    place = np.full(len(fitted.gene_names), -1, np.int64)
    place[section.shared] = np.arange(len(section.shared))
    return Evidence(
        replace(fitted, means=section.means),
        codes,
        section.arrangement,
        section.counts(table, spots),
        section.shared,
        section.scene,
        capture,
        wanted,
        place[wanted],
        section.space.summary(lost="their counts are given to no cell"),
        params.alike,
        None if support is None or params.who == "labelled" else np.asarray(support, float),
    )


def wanted_genes(fitted: FittedExpression, genes: Sequence[str] | None) -> Ints:
    """(gene,) numbers of the genes asked for, in the order asked.

    Raises
    ------
    MethodError
        If the reference lacks one.
    """
    if genes is None:
        return np.arange(len(fitted.gene_names))
    place = {name: i for i, name in enumerate(fitted.gene_names)}
    missing = [gene for gene in genes if gene not in place]
    if missing:
        raise MethodError(
            f"Expected genes of the reference, found {len(missing)} that it lacks (such as "
            f"{missing[0]!r}); name genes as the reference does."
        )
    return np.array([place[gene] for gene in genes], np.int64)
