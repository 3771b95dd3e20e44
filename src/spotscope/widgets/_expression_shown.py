"""What is known of every nucleus' expression, as the window needs it: one gene at a time. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from napari.utils.colormaps import AVAILABLE_COLORMAPS, Colormap, ensure_colormap

from spotscope import layers
from spotscope.model import CellKey, ExpressionKey, ExpressionSource

if TYPE_CHECKING:
    from spotscope.methods.expression import CellExpression
    from spotscope.model import Cells

__all__ = ["ExpressionShown", "GeneOnCells", "GeneSource", "gene_colormap"]


class GeneSource(StrEnum):
    """Where the colours of a gene come from."""

    MEASURED = "measured"
    SPLIT = "split"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True, eq=False)
class GeneOnCells:
    """One gene on all nuclei.

    Parameters
    ----------
    codes
        (nucleus + 1,) colour code of every label.
    name
        As in the table.
    top
        Expected counts at the end of the colour scale.
    n
        Nuclei that have a value from a spot.
    explained
        Share of how cells of a type differ that the counts tell; None where it is not known.
    """

    codes: npt.NDArray[np.uint8]
    name: str
    top: float
    n: int
    explained: float | None


@dataclass(frozen=True, slots=True, eq=False)
class ExpressionShown:
    """Expression of a session's cells, or of as many as are known while it is inferred.

    Parameters
    ----------
    n
        Nuclei drawn.
    labels
        (row,) label of each cell.
    names
        Genes: place by name in upper case.
    genes
        (gene,) names.
    mean, sd
        (row, gene) expected counts and their standard deviation.
    split
        (row, gene) sparse or dense, or None.
    from_prior
        (row,) cells that no spot saw.
    explained
        (gene,), or None.
    method
        As the record says it.
    """

    n: int
    labels: npt.NDArray[np.int64]
    names: dict[str, int]
    genes: tuple[str, ...]
    mean: npt.NDArray[np.float32]
    sd: npt.NDArray[np.float32] | None
    split: Any
    from_prior: npt.NDArray[np.bool_]
    explained: npt.NDArray[np.floating[Any]] | None
    method: str

    @classmethod
    def of_cells(cls, cells: Cells, n: int) -> ExpressionShown:
        """What a session's cell table holds."""
        table = cells.table
        genes = tuple(map(str, table.var_names))
        methods = [name for name in table.obs[ExpressionKey.METHOD].cat.categories if name]
        return cls(
            n,
            table.obs[CellKey.LABEL_ID].to_numpy(np.int64),
            {gene.upper(): place for place, gene in enumerate(genes)},
            genes,
            table.layers[ExpressionKey.MEAN],
            table.layers[ExpressionKey.SD],
            table.layers[ExpressionKey.SPLIT],
            (table.obs[ExpressionKey.SOURCE] == ExpressionSource.PRIOR).to_numpy(bool),
            table.var[ExpressionKey.EXPLAINED].to_numpy(),
            " and ".join(methods),
        )

    @classmethod
    def of_preview(cls, found: CellExpression, cells: Cells, n: int) -> ExpressionShown:
        """An answer that is not yet in the table."""
        labels = cells.table.obs[CellKey.LABEL_ID].to_numpy(np.int64)[found.cells]
        return cls(
            n,
            labels,
            {gene.upper(): place for place, gene in enumerate(found.gene_names)},
            found.gene_names,
            found.mean,
            found.sd,
            found.mean if found.method == "split" else None,
            found.from_prior,
            None,
            found.method,
        )

    def gene(self, name: str, source: GeneSource) -> GeneOnCells | None:
        """One gene on all nuclei; None where it was not inferred."""
        place = self.names.get(name.upper())
        if place is None:
            return None
        sd = explained = None
        if source is GeneSource.SPLIT and self.split is not None:
            column = self.split[:, [place]]
            whole = column.toarray() if hasattr(column, "toarray") else column
            values = np.asarray(whole, np.float32).ravel()
            values = np.where(np.isnan(self.mean[:, place]), np.nan, values)
        else:
            values = self.mean[:, place]
            sd = None if self.sd is None else self.sd[:, place]
            if self.explained is not None:
                explained = float(self.explained[place])
        seen = np.isfinite(values) & ~self.from_prior
        top = layers.expression_top(values[seen] if seen.any() else values)
        codes = layers.expression_codes(
            self.n, self.labels, values, sd, from_prior=self.from_prior, top=top
        )
        return GeneOnCells(codes, self.genes[place], top, int(seen.sum()), explained)

    def telling_gene(self) -> str:
        """A gene worth seeing first: the one whose values differ most between the nuclei."""
        seen = np.isfinite(self.mean[:, 0]) & ~self.from_prior
        rows = np.flatnonzero(seen)[:: max(1, int(seen.sum()) // 2000)]
        if not rows.size:
            return self.genes[0]
        return self.genes[int(np.argmax(np.log1p(np.maximum(self.mean[rows], 0)).var(axis=0)))]


def gene_colormap(sample: str) -> Colormap:
    """Colours of the codes of inferred values: viridis, as on the spots, and fainter if unsure.

    The name is ours alone, for the reason given at ``cell_colormap``.
    """
    steps = ensure_colormap("viridis").map(np.linspace(0, 1, layers.LEVELS))
    name = f"{sample} · inferred"
    AVAILABLE_COLORMAPS.pop(name, None)
    return Colormap(**layers.as_colormap(layers.expression_colormap(steps), name))
