"""What is meant by the words in the gene search: a gene, several, or a named set. No Qt.

The score of several genes is their mean on a logarithmic scale,

    s = 1/G Σ_g log(1 + x_g),    sd(s) ≈ 1/G √(Σ_g (sd_g / (1 + x_g))²)

(errors taken as independent), so no gene drowns the others by being abundant. x_g are counts at
the median depth in spots, and expected counts in nuclei.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["GeneNames", "Query", "score_of_cells", "score_of_spots"]

Floats = npt.NDArray[np.floating[Any]]
_APART = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Query:
    """Genes that are asked for.

    Parameters
    ----------
    name
        Of the gene or the set; several genes are named one after the other.
    genes
        As the spots name them; empty where none is known.
    unknown
        Words that are no gene, such as one that is not typed to its end.
    """

    name: str = ""
    genes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GeneNames:
    """Names that can be searched for.

    Parameters
    ----------
    genes
        Gene by its name in upper case.
    sets
        Genes of named sets, by name.
    """

    genes: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, genes: Sequence[str], sets: Mapping[str, tuple[str, ...]]) -> GeneNames:
        """Names of these genes and sets."""
        return cls({str(gene).upper(): str(gene) for gene in genes}, dict(sets))

    def read(self, text: str) -> Query:
        """What is meant by some words: a gene of that name, else a set, else genes one by one."""
        text = text.strip()
        if gene := self.genes.get(text.upper()):
            return Query(gene, (gene,))
        by_name = {name.upper(): name for name in self.sets}
        if name := by_name.get(text.upper()):
            return self._several(name, self.sets[name])
        words = [word for word in _APART.split(text) if word]
        query = self._several("", words)
        return Query(" ".join(query.genes), query.genes, query.unknown)

    def begun(self, text: str) -> Query:
        """The first name, as completion lists them, that begins so; nothing where none does."""
        start = text.strip().upper()
        some = (name for name in self.suggestions() if name.upper().startswith(start))
        found = next(some, None) if start else None
        return Query() if found is None else self.read(found)

    def suggestions(self) -> list[str]:
        """All names, for completion."""
        return sorted([*self.sets, *self.genes.values()], key=str.upper)

    def _several(self, name: str, words: Sequence[str]) -> Query:
        known = {word: self.genes.get(word.upper()) for word in words}
        genes = dict.fromkeys(gene for gene in known.values() if gene)
        return Query(name, tuple(genes), tuple(word for word, gene in known.items() if not gene))


def score_of_spots(counts: npt.NDArray[np.int64], umis: npt.NDArray[Any]) -> Floats:
    """(spot,) e^s - 1 of counts at the median depth, as a number of counts.

    Parameters
    ----------
    counts
        (spot, gene).
    umis
        (spot,) all counts.
    """
    depth = np.median(umis[umis > 0]) if (umis > 0).any() else 1.0
    scaled = counts * (depth / np.maximum(umis, 1))[:, None]
    return np.asarray(np.expm1(np.log1p(scaled).mean(axis=1)))


def score_of_cells(mean: Floats, sd: Floats | None) -> tuple[Floats, Floats | None]:
    """(cell,) e^s - 1 and its standard deviation, from (cell, gene) expected counts and theirs."""
    known = np.maximum(mean, 0)
    value = np.expm1(np.log1p(known).mean(axis=1))
    if sd is None:
        return value, None
    spread = np.sqrt(((sd / (1 + known)) ** 2).sum(axis=1)) / mean.shape[1]
    return value, spread * (1 + value)
