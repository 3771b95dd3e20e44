"""Print what the analyses find on the demo sample, beside what is true of it.

    python docs/measure/analyses.py [SEEDS]

The demo's cells are drawn by type alone: where a cell lies says nothing of its genes. So genes that
mark a type must vary from place to place, genes of every cell need not, and within a type nothing
differs between two halves of the section: whatever passes there is false.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from anndata import AnnData
from scipy.stats import rankdata, spearmanr

import spotscope
from spotscope.evaluation import make_demo
from spotscope.evaluation.demo._genes import _EVERYWHERE, MARKERS
from spotscope.model import Region, Sample, Session, Spots
from spotscope.pipeline import StepCache, analyse
from spotscope.pipeline._demo import DEMO_FILES
from spotscope.pipeline.analyses._difference import ALL
from spotscope.pipeline.analyses._material import PLACE
from spotscope.pipeline.analyses._neighbours import contact_table

if TYPE_CHECKING:
    from spotscope.evaluation import DemoSample

REACH_UM = 30.0
PASSES = 0.05


def main(seeds: int) -> None:
    rows = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(seed, Path(folder)))
    table = pd.DataFrame(rows)
    print(table.to_string(index=False))
    print("\nmean ± sd over the seeds")
    for name in table.columns[1:]:
        print(f"  {name:<44} {table[name].mean():8.3f} ± {table[name].std():.3f}")


def measure(seed: int, folder: Path) -> dict[str, float]:
    """One demo sample, asked everything."""
    demo = make_demo(seed)
    demo.write(folder)
    session = spotscope.read(folder / DEMO_FILES["spots"], image=folder / DEMO_FILES["image"])
    session = spotscope.segment(session, cache=folder)
    typed = spotscope.type_cells(session, folder / DEMO_FILES["reference"], cache=folder)
    session = spotscope.decompose(typed.session, cache=folder).session
    found = analyse(
        session,
        ["neighbours", "ligands", "variable", "difference"],
        regions=halves(session),
        cache=StepCache(folder).root,
    )
    elsewhere = shuffled(session, seed)
    chance = analyse(elsewhere, ["ligands", "variable"])
    flashs = [analyse(s, ["variable"], variable="flashs") for s in (session, elsewhere)]
    return {
        "seed": seed,
        **neighbours(demo, found["neighbours"].table),
        **genes(session, found["variable"].table),
        "variable genes, q < 0.05": passing(found["variable"].table),
        "  places shuffled": passing(chance["variable"].table),
        "variable genes by FlashS, q < 0.05": passing(flashs[0]["variable"].table),
        "  places shuffled (FlashS)": passing(flashs[1]["variable"].table),
        "pairs of spots, q < 0.05": passing(found["ligands_spots"].table),
        "  of": len(found["ligands_spots"].table),
        "  places shuffled (pairs)": passing(chance["ligands_spots"].table),
        **differences(found["difference"].table),
    }


def halves(session: Session) -> tuple[Region, Region]:
    high, wide = session.sample.slide.extent_um
    left = np.array([[0, 0], [0, wide / 2], [high, wide / 2], [high, 0]])
    return Region("left", left), Region("right", left + np.array([0, wide / 2]))


def shuffled(session: Session, seed: int) -> Session:
    """The same spots, each at the place of another."""
    spots = session.sample.spots
    order = np.random.default_rng(seed).permutation(spots.n)
    return Session(Sample("shuffled", None, Spots(spots.table, spots.yx_um[order], spots.lattice)))


def neighbours(demo: DemoSample, table: pd.DataFrame) -> dict[str, float]:
    """Ranks of pairs of different types, by how much more they touch than chance has it."""
    types = pd.Categorical.from_codes(demo.cell_type, demo.types)
    obs = pd.DataFrame({"cell_type": types}, index=[str(i) for i in range(len(types))])
    empty = np.zeros((len(types), 0), np.float32)
    cells = AnnData(empty, obs=obs, obsm={PLACE: demo.nuclei.yx_um})
    truth = contact_table(cells, "cell_type", REACH_UM).set_index(["type_a", "type_b"])["ratio"]
    both = table.set_index(["type_a", "type_b"]).join(truth.rename("truth"), how="inner")
    apart = both[[a != b for a, b in both.index]]
    return {
        "neighbours: rank correlation, as typed": correlation(apart, "ratio"),
        "neighbours: rank correlation, ν = 0": correlation(apart, "ratio_unsmoothed"),
    }


def correlation(table: pd.DataFrame, column: str) -> float:
    known = table[[column, "truth"]].dropna()
    return float(spearmanr(known[column], known["truth"]).statistic)


def genes(session: Session, table: pd.DataFrame) -> dict[str, float]:
    """Chance that a gene of one type ranks above a gene of every cell."""
    counts = session.sample.spots.counts.toarray().astype(float)
    share = np.log1p(counts / counts.sum(axis=1, keepdims=True) * 1e4)
    spread = pd.Series(share.var(axis=0), session.sample.spots.table.var_names)
    score = table.set_index("gene")["score"]
    marks = {gene for group in MARKERS.values() for gene in group.split()}
    one = [gene for gene in score.index if gene in marks]
    every = [gene for gene in _EVERYWHERE.split() if gene in score.index]
    return {
        "variable: AUC of type genes, Moran's I": auc(score[one], score[every]),
        "variable: AUC of type genes, plain variance": auc(spread[one], spread[every]),
    }


def auc(high: pd.Series, low: pd.Series) -> float:
    ranks = rankdata(np.concatenate([high, low]))[: len(high)]
    return float((ranks.sum() - len(high) * (len(high) + 1) / 2) / (len(high) * len(low)))


def passing(table: pd.DataFrame) -> int:
    return int((table["q"] < PASSES).sum())


def differences(table: pd.DataFrame) -> dict[str, float]:
    """Genes that pass between the halves: in whole spots, and, all false, within a type."""
    within = table[table["cell_type"] != ALL]
    passed = within[within["q"] < PASSES]
    return {
        "halves: genes of whole spots, q < 0.05": passing(table[table["cell_type"] == ALL]),
        "halves: types compared": within["cell_type"].nunique(),
        "halves: genes × types": len(within),
        "halves: false within a type, q < 0.05": len(passed),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
