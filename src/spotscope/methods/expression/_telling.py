"""Which genes are told of every nucleus, where a whole transcriptome would not fit in memory.

A gene that is nearly the same in all cells of the section is as well read from its type's mean.
With p the section's mix of types, m and d mean and relative variance between cells of a type,

    D_g = [Σ_k p_k (m_kg - m̄_g)² + Σ_k p_k d_kg m_kg²] / m̄_g,    m̄_g = Σ_k p_k m_kg

is how much of the cells' variance is theirs, for each unit that chance alone would make (index of
dispersion less one): a marker of a rare type stands high, a gene of all cells low. Genes that are
not told are evidence all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.expression._moments import type_dispersion, type_means, type_sums
from spotscope.model import MethodError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy.typing as npt

    from spotscope.methods.expression._fitted import FittedExpression
    from spotscope.methods.expression._params import ExpressionParams
    from spotscope.model import Reference

__all__ = ["how_many_genes", "telling_genes", "telling_genes_of"]

#: Values of cells by genes that 'auto' tells: each array of them is 0.24 GB, and a run has nine.
_VALUES = 60_000_000
_FEWEST = 200


def how_many_genes(params: ExpressionParams, n_cells: int, n_genes: int) -> int:
    """Genes that are told of so many cells, of so many that could be.

    Parameters
    ----------
    params
        ``most_genes`` of it; ``also_genes`` may come to these.
    n_cells
        All of the section, so that every region is told the same genes.
    n_genes
        That reference and spots share.
    """
    if params.most_genes == "auto":
        return min(max(_VALUES // max(n_cells, 1), _FEWEST), n_genes)
    return min(params.most_genes, n_genes)


def telling_genes(
    fitted: FittedExpression,
    codes: npt.NDArray[np.integer],
    genes: Sequence[str],
    most: int,
    also: Collection[str] = (),
) -> tuple[str, ...]:
    """Names of the genes in which the section's cells differ most, in the order of ``genes``.

    Parameters
    ----------
    fitted
        Learned from the reference.
    codes
        (cell,) types of all cells of the section; -1 where unknown.
    genes
        Names to choose among, as ``fitted`` has them.
    most
        So many at most.
    also
        Told besides, in upper or lower case; they are not counted.

    Raises
    ------
    MethodError
        If one of ``also`` is not among ``genes``.
    """
    known = {gene.upper(): i for i, gene in enumerate(genes)}
    if lacking := [name for name in also if name.upper() not in known]:
        raise MethodError(
            f"Expected genes that spots and reference share, found {', '.join(lacking[:3])}; name "
            "others under 'Also these genes' (--also-genes), or leave it empty."
        )
    if most >= len(genes):
        return tuple(genes)
    place = {name: i for i, name in enumerate(fitted.gene_names)}
    column = np.array([place[gene] for gene in genes])
    kind = codes[codes >= 0]
    mix = np.bincount(kind, minlength=len(fitted.type_names)) / max(len(kind), 1)
    chosen = _most_telling(fitted.means[:, column], fitted.dispersion[:, column], mix, most)
    chosen[[known[name.upper()] for name in also]] = True
    return tuple(gene for gene, taken in zip(genes, chosen, strict=True) if taken)


def telling_genes_of(reference: Reference, most: int) -> tuple[str, ...]:
    """Names of the genes in which a reference's own cells differ most, in its order.

    Parameters
    ----------
    reference
        Single cells; of genes of one name the first counts.
    most
        So many at most.
    """
    names = reference.table.var_names.astype(str)
    cells, counts = reference.cells_per_type(), reference.table.X.tocsr()
    sums, squares = type_sums(counts, reference.codes, reference.n_types)
    means = type_means(sums, cells)
    spread = type_dispersion(sums, squares, means, cells)
    first = np.flatnonzero(~names.duplicated())
    mix = cells / max(cells.sum(), 1)
    chosen = _most_telling(means[:, first], spread[:, first], mix, most)
    return tuple(names[first[chosen]])


def _most_telling(
    mean: npt.NDArray[np.floating],
    spread: npt.NDArray[np.floating],
    mix: npt.NDArray[np.floating],
    most: int,
) -> npt.NDArray[np.bool_]:
    """(gene,) whether D is among the ``most`` highest."""
    middle = mix @ mean
    variance = mix @ ((mean - middle) ** 2 + spread * mean**2)
    worth = np.divide(variance, middle, out=np.zeros(len(middle)), where=middle > 0)
    chosen = np.zeros(len(worth), bool)
    chosen[np.argsort(-worth, kind="stable")[:most]] = True
    return chosen
