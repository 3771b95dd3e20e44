"""What differs between two regions, in all spots and type by type.

The unit is the spot: a type's counts in a spot are summed over its cells, as cells of one spot
share one measurement and are no replicates of each other. Tested is whether one side's units rank
higher (Wilcoxon, by scanpy, on ln(1 + counts per 10,000)); the effect is the ratio of the pooled
rates with the interval of :func:`spotscope.pipeline.ask_region`.

Spots beside each other are alike, so the test says too much. How much is shown beside it: how many
genes pass when the sides are shuffled, and when one region alone is cut in two by a straight line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.model import MethodError, Progress
from spotscope.pipeline._region_genes import gene_rates
from spotscope.pipeline.analyses._answer import Answer
from spotscope.pipeline.analyses._material import PLACE
from spotscope.pipeline.analyses._null import Q
from spotscope.pipeline.analyses._params import Values
from spotscope.pipeline.analyses._variable import normalised

if TYPE_CHECKING:
    import pandas as pd

    from spotscope.model import Task
    from spotscope.pipeline.analyses._material import Material
    from spotscope.pipeline.analyses._params import AnalyseParams

__all__ = ["ALL", "difference"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

REFERENCES = (
    "Wolf FA et al. SCANPY: large-scale single-cell gene expression data analysis. "
    "Genome Biol 2018.",
    "Squair JW et al. Confronting false discoveries in single-cell differential expression. "
    "Nat Commun 2021.",
)
#: In the place of a type: whole spots.
ALL = "all"
#: A unit of fewer counts says nothing.
_FEWEST_COUNTS = 20
#: So often are sides shuffled, and each region cut.
_CONTROLS = 3


class _Units(NamedTuple):
    """(unit, gene) counts, the side of each (True: the first region), its place, and cells."""

    counts: sp.csr_matrix
    first: Mask
    yx_um: Floats
    cells: npt.NDArray[np.int64]


def difference(material: Material, params: AnalyseParams, seed: int) -> Task[tuple[Answer, ...]]:
    """Compare the spots of two regions, and the cells of each type in them.

    Raises
    ------
    MethodError
        If no two regions are given, or too few spots lie in them.
    """
    if len(material.sides) != 2:
        raise MethodError(
            "Expected two regions to compare, or one to compare with the rest, found none; "
            "name them (--regions A B)."
        )
    rng = np.random.default_rng(seed)
    groups = _groups(material)
    parts, notes = [], [_SAID]
    controls: dict[str, Any] = {}
    left_out = []
    for done, (name, units) in enumerate(groups.items()):
        yield Progress("differences", done, len(groups))
        here, there = int(units.first.sum()), int((~units.first).sum())
        if min(here, there) < params.fewest_spots:
            left_out.append(f"{name} ({here} and {there} spots)")
            continue
        table = _compare(units, material, name)
        parts.append(table)
        controls[name] = yield from _control(
            units, rng, params.fewest_spots, Progress("differences", done, len(groups))
        )
        passed = int((table["q"] < Q).sum())
        notes.append(_told(name, passed, controls[name], material.sides))
    if not parts:
        raise MethodError(
            f"Expected {params.fewest_spots} spots in each of {material.sides[0]!r} and "
            f"{material.sides[1]!r}, found {', '.join(left_out)}; draw larger regions."
        )
    if left_out:
        notes.append(f"too few spots to compare: {', '.join(left_out)}")
    if len(groups) == 1:
        notes.append("types are compared once spots have come apart (spotscope decompose)")
    yield Progress("differences", len(groups), len(groups))
    import pandas as pd

    whole = pd.concat(parts, ignore_index=True)
    title = (
        f"What differs between {material.sides[0]} and {material.sides[1]} · "
        "whole spots measured, types inferred"
    )
    figures = {"controls": controls}
    return (Answer("difference", title, whole, tuple(notes), REFERENCES, figures=figures),)


_SAID = (
    "a unit is a spot, or the cells of one type in a spot, taken together: cells of a spot are not "
    "independent; counts of types are the spots' counts shared out by inferred types, so that what "
    "one type has more of can be given to another: compare with 'ratio_in_spots'"
)


def _groups(material: Material) -> dict[str, _Units]:
    """Units of whole spots, and of each type."""
    spots, cells = material.spots, material.cells
    side = spots.obs["side"].astype(str).to_numpy()
    inside, yx = side != "", np.asarray(spots.obsm[PLACE], float)
    counts = sp.csr_matrix(spots.X)
    none = np.zeros(int(inside.sum()), np.int64)
    groups = {ALL: _enough(_Units(counts[inside], side[inside] == "a", yx[inside], none))}
    if cells is None or cells.n_vars == 0:
        return groups
    home = cells.obs["home"].to_numpy(np.int64)
    for name in cells.obs["cell_type"].cat.categories:
        rows = np.flatnonzero(
            (cells.obs["cell_type"] == name) & cells.obs["seen"].to_numpy(bool) & (home >= 0)
        )
        join = sp.csr_matrix(
            (np.ones(len(rows), np.float32), (home[rows], rows)), (spots.n_obs, cells.n_obs)
        )
        held = np.asarray(join.sum(axis=1)).ravel().astype(np.int64)
        kept = inside & (held > 0)
        summed = sp.csr_matrix((join @ cells.X)[kept])
        groups[str(name)] = _enough(_Units(summed, side[kept] == "a", yx[kept], held[kept]))
    return groups


def _enough(units: _Units) -> _Units:
    """The units with counts enough to say something."""
    kept = np.asarray(units.counts.sum(axis=1)).ravel() >= _FEWEST_COUNTS
    return _Units(units.counts[kept], units.first[kept], units.yx_um[kept], units.cells[kept])


def _compare(units: _Units, material: Material, name: str) -> pd.DataFrame:
    """One row a gene, clearest first."""
    import pandas as pd

    table = material.spots if name == ALL else material.cells
    assert table is not None
    genes = table.var_names.astype(str)
    p, q = _test(units)
    here, there = (gene_rates(units.counts[s]) for s in (units.first, ~units.first))
    log_ratio = np.log(here.rate / there.rate)
    error = 1.96 * np.sqrt(here.error**2 + there.error**2)
    found = pd.DataFrame(
        {
            "gene": genes,
            "cell_type": name,
            "region_a": material.sides[0],
            "region_b": material.sides[1],
            "per_10k_a": here.rate * 1e4,
            "per_10k_b": there.rate * 1e4,
            "ratio": np.exp(log_ratio),
            "low_95": np.exp(log_ratio - error),
            "high_95": np.exp(log_ratio + error),
            "ratio_in_spots": _in_spots(material, genes),
            "p": p,
            "q": q,
            "spots_a": int(units.first.sum()),
            "spots_b": int((~units.first).sum()),
            "cells_a": int(units.cells[units.first].sum()),
            "cells_b": int(units.cells[~units.first].sum()),
            "values": str(Values.MEASURED if name == ALL else Values.INFERRED),
        }
    )
    found = found[(here.counts + there.counts) > 0]
    return found.sort_values(["q", "p"], kind="stable", ignore_index=True)


def _in_spots(material: Material, genes: Any) -> Floats:
    """(gene,) ratio of the same genes in whole spots, whatever cells they hold."""
    side = material.spots.obs["side"].astype(str).to_numpy()
    place = material.spots.var_names.get_indexer(genes)
    known = place >= 0
    counts = sp.csr_matrix(material.spots.X)[:, place[known]]
    ratio = np.full(len(place), np.nan)
    ratio[known] = gene_rates(counts[side == "a"]).rate / gene_rates(counts[side == "b"]).rate
    return ratio


def _test(units: _Units) -> tuple[Floats, Floats]:
    """(gene,) p of the rank sum test, and q over the genes."""
    import pandas as pd
    import scanpy
    from anndata import AnnData

    side = pd.Categorical(np.where(units.first, "a", "b"), categories=["a", "b"])
    index = pd.Index([str(i) for i in range(len(side))])
    table = normalised(AnnData(units.counts, obs=pd.DataFrame({"side": side}, index=index)))
    scanpy.tl.rank_genes_groups(
        table, "side", groups=["a"], reference="b", method="wilcoxon", tie_correct=True
    )
    found = scanpy.get.rank_genes_groups_df(table, "a").set_index("names").loc[table.var_names]
    return found["pvals"].fillna(1.0).to_numpy(float), found["pvals_adj"].fillna(1.0).to_numpy(
        float
    )


def _control(
    units: _Units, rng: np.random.Generator, fewest: int, so_far: Progress
) -> Task[dict[str, Any]]:
    """How many genes pass where there is nothing to find, and where there is only place."""
    shuffled, cut = [], []
    for _ in range(_CONTROLS):
        yield so_far
        shuffled.append(_passing(units, rng.permutation(units.first)))
    for side in (units.first, ~units.first):
        part = _Units(units.counts[side], units.first[side], units.yx_um[side], units.cells[side])
        if len(part.yx_um) < 2 * fewest:
            continue
        for _ in range(_CONTROLS):
            yield so_far
            angle = rng.uniform(0, np.pi)
            along = part.yx_um @ np.array([np.sin(angle), np.cos(angle)])
            half = np.argsort(np.argsort(along, kind="stable"), kind="stable") < len(along) // 2
            cut.append(_passing(part, half))
    return {"shuffled": shuffled, "cut": cut}


def _passing(units: _Units, first: Mask) -> int:
    return int((_test(units._replace(first=first))[1] < Q).sum())


def _told(name: str, passed: int, control: dict[str, Any], sides: tuple[str, ...]) -> str:
    said = f"{name}: {passed:,} genes at a false discovery rate below {Q:.0%}; with the sides "
    said += f"shuffled {np.median(control['shuffled']):,.0f} (median)"
    if control["cut"]:
        said += f", between halves of one region {np.median(control['cut']):,.0f}"
        if np.median(control["cut"]) * 2 >= max(passed, 1):
            said += ": no more than place alone gives"
    return said
