"""What is known of every nucleus' expression, as the window needs it: one gene at a time. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from napari.utils.colormaps import AVAILABLE_COLORMAPS, Colormap, ensure_colormap

from spotscope import layers
from spotscope.model import CellKey, ExpressionKey, ExpressionSource, Progress
from spotscope.widgets.explore._gene_query import score_of_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.methods.expression import CellExpression
    from spotscope.model import Cells, Task

__all__ = ["ExpressionShown", "GeneOnCells", "GeneSource", "gene_colormap"]

#: Values that are added up while the hand waits; more of them are added up on a thread.
AT_ONCE = 400_000


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
    hidden_r
        How well it is told while it is hidden; None where it is not known.
    """

    codes: npt.NDArray[np.uint8]
    name: str
    top: float
    n: int
    explained: float | None
    hidden_r: float | None = None


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
    hidden_r
        (gene,) how well each is told while it is hidden, NaN where not known; or None.
    scores
        Of several genes, kept while they are asked for.
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
    hidden_r: npt.NDArray[np.floating[Any]] | None = None
    scores: dict[tuple[tuple[int, ...], GeneSource], Any] = field(default_factory=dict)

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
            # earlier sessions have none
            table.var[ExpressionKey.HIDDEN_R].to_numpy()
            if ExpressionKey.HIDDEN_R in table.var
            else None,
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
        explained = None
        if source is GeneSource.INFERRED and self.explained is not None:
            explained = float(self.explained[place])
        values, sd = self._values([place], source)
        one = None if sd is None else sd[:, 0]
        found = self._coded(self.genes[place], values[:, 0], one, explained)
        return replace(found, hidden_r=self.told_hidden().get(self.genes[place]))

    def told_hidden(self) -> dict[str, float]:
        """By gene, how well it is told while it is hidden; of those of which it is known."""
        if self.hidden_r is None:
            return {}
        pairs = zip(self.genes, self.hidden_r.tolist(), strict=True)
        return {gene: r for gene, r in pairs if r == r}

    def known(self, genes: Sequence[str]) -> tuple[int, ...]:
        """Places of those of some genes that were inferred."""
        found = (self.names.get(gene.upper()) for gene in genes)
        return tuple(place for place in found if place is not None)

    def is_quick(self, genes: Sequence[str], source: GeneSource) -> bool:
        """Whether :meth:`score` answers while a hand types."""
        places = self.known(genes)
        return (places, source) in self.scores or len(places) * len(self.labels) <= AT_ONCE

    def score(self, name: str, genes: Sequence[str], source: GeneSource) -> GeneOnCells | None:
        """The mean of several genes on all nuclei; None where none of them was inferred."""
        places = self.known(genes)
        if not places:
            return None
        if (places, source) not in self.scores:
            self.scores.clear()
            self.scores[places, source] = score_of_cells(*self._values(list(places), source))
        values, sd = self.scores[places, source]
        found = self._coded(name, values, sd, None)
        if self.hidden_r is None or not np.isfinite(self.hidden_r[list(places)]).any():
            return found
        return replace(found, hidden_r=float(np.nanmedian(self.hidden_r[list(places)])))

    def score_task(self, genes: Sequence[str], source: GeneSource) -> Task[None]:
        """Prepare :meth:`score`, on a thread."""
        yield Progress("adding up genes", 0, 1)
        self.score("", genes, source)

    def _values(
        self, places: list[int], source: GeneSource
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None]:
        """(row, gene) counts of a source, NaN where nothing is known, and their spread."""
        mean = self.mean[:, places]
        if source is GeneSource.SPLIT and self.split is not None:
            columns = self.split[:, places]
            whole = columns.toarray() if hasattr(columns, "toarray") else columns
            return np.where(np.isnan(mean), np.nan, np.asarray(whole, np.float32)), None
        return mean, None if self.sd is None else self.sd[:, places]

    def _coded(
        self,
        name: str,
        values: npt.NDArray[Any],
        sd: npt.NDArray[Any] | None,
        explained: float | None,
    ) -> GeneOnCells:
        seen = np.isfinite(values) & ~self.from_prior
        top = layers.expression_top(values[seen] if seen.any() else values)
        codes = layers.expression_codes(
            self.n, self.labels, values, sd, from_prior=self.from_prior, top=top
        )
        return GeneOnCells(codes, name, top, int(seen.sum()), explained)

    def telling_genes(self, most: int = 1) -> tuple[str, ...]:
        """Genes worth seeing first: those whose values differ most between the nuclei."""
        seen = np.isfinite(self.mean[:, 0]) & ~self.from_prior
        rows = np.flatnonzero(seen)[:: max(1, int(seen.sum()) // 2000)]
        if not rows.size:
            return self.genes[:most]
        spread = np.log1p(np.maximum(self.mean[rows], 0)).var(axis=0)
        return tuple(self.genes[place] for place in np.argsort(-spread, kind="stable")[:most])


def gene_colormap(sample: str) -> Colormap:
    """Colours of the codes of inferred values: viridis, as on the spots, and fainter if unsure.

    The name is ours alone, for the reason given at ``cell_colormap``.
    """
    steps = ensure_colormap("viridis").map(np.linspace(0, 1, layers.LEVELS))
    name = f"{sample} · inferred"
    AVAILABLE_COLORMAPS.pop(name, None)
    return Colormap(**layers.as_colormap(layers.expression_colormap(steps), name))
