"""Toy worlds with answers worked out by hand: what was planted must be found, and nothing else."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from anndata import AnnData
from scipy.stats import false_discovery_control, norm

from spotscope.model import MethodError, run, update
from spotscope.pipeline import AnalyseParams, missing_packages
from spotscope.pipeline.analyses._answer import pair_name
from spotscope.pipeline.analyses._difference import ALL, difference
from spotscope.pipeline.analyses._ligands import ligands_of_cells
from spotscope.pipeline.analyses._ligands_spots import ligands_of_spots, shuffled_r
from spotscope.pipeline.analyses._material import PLACE, Material
from spotscope.pipeline.analyses._moran import shuffled_i
from spotscope.pipeline.analyses._neighbours import neighbours
from spotscope.pipeline.analyses._null import against_shuffled
from spotscope.pipeline.analyses._variable import variable

pytestmark = [
    pytest.mark.skipif(
        bool(missing_packages()),
        reason=f"needs {', '.join(missing_packages())}: pip install 'spotscope[analysis]'",
    ),
    # they speak to programmers while they load and run; the program that calls them hushes them too
    pytest.mark.filterwarnings("ignore"),
]

PITCH = 100.0
#: Pairs that liana's consensus list has.
LIGANDS, RECEPTORS = ("CXCL12", "CSF1", "GAS6", "HGF"), ("CXCR4", "CSF1R", "AXL", "MET")


def asked(analysis, material, seed=0, **params):
    answers = run(analysis(material, update(AnalyseParams(), **params), seed))
    assert len(answers) == 1
    return answers[0]


def grid(side, step):
    y, x = np.mgrid[:side, :side]
    return np.stack([y.ravel(), x.ravel()], axis=1) * float(step)


def spots_of(counts, genes, yx, side=None):
    table = AnnData(
        sp.csr_matrix(np.asarray(counts, np.int32)),
        obs=pd.DataFrame(index=[f"spot{i}" for i in range(len(yx))]),
        var=pd.DataFrame(index=list(genes)),
        obsm={PLACE: yx},
    )
    table.obs["side"] = [""] * len(yx) if side is None else side
    return table


def cells_of(types, yx, counts=None, genes=(), home=None, unsmoothed=None):
    n = len(types)
    obs = pd.DataFrame(index=[f"cell{i}" for i in range(n)])
    obs["cell_type"] = pd.Categorical(types)
    obs["in_spot"] = True
    obs["unsmoothed"] = pd.Categorical([""] * n if unsmoothed is None else unsmoothed)
    obs["seen"] = counts is not None
    obs["home"] = -1 if home is None else home
    values = np.zeros((n, 0)) if counts is None else counts
    return AnnData(
        sp.csr_matrix(np.asarray(values, np.float32)),
        obs=obs,
        var=pd.DataFrame(index=list(genes)),
        obsm={PLACE: yx},
    )


EMPTY = spots_of(np.ones((1, 1)), ["G"], np.zeros((1, 2)))


def two_types(kind):
    """64 cells on a grid of 10 µm, two types of 32 cells each.

    ::

        checkerboard   B R B R        apart   B B R R
                       R B R B                B B R R

    Within 12 µm they touch along the grid: 2 · 8 · 7 = 112 contacts. On the checkerboard all are
    between the types; apart 8 are, and 2 · (8 · 3 + 4 · 7) = 104 are not. Of labels drawn anew
    112 · 2 · 32 · 32 / (64 · 63) = 56.89 are between the types, and 112 · 32 · 31 / (64 · 63) =
    27.56 within each.
    """
    yx = grid(8, 10)
    row, column = (yx / 10).astype(int).T
    blue = (row + column) % 2 == 0 if kind == "checkerboard" else column < 4
    return yx, np.where(blue, "Blue", "Red")


def between(answer):
    return answer.table.set_index(["type_a", "type_b"])


@pytest.mark.parametrize(("kind", "mixed", "alike"), [("checkerboard", 112, 0), ("apart", 8, 52)])
def test_contacts_are_those_of_the_drawing(kind, mixed, alike):
    yx, types = two_types(kind)
    answer = asked(neighbours, Material(EMPTY, cells_of(types, yx), PITCH), reach_um=12)
    rows = between(answer)
    assert rows.loc[("Blue", "Red"), "contacts"] == mixed
    assert rows.loc[("Blue", "Blue"), "contacts"] == alike
    assert rows.loc[("Red", "Red"), "contacts"] == alike
    assert rows.loc[("Blue", "Red"), "expected"] == pytest.approx(112 * 2048 / 4032)
    assert rows.loc[("Blue", "Blue"), "ratio"] == pytest.approx(alike / (112 * 992 / 4032))
    sign = 1 if kind == "checkerboard" else -1
    assert sign * rows.loc[("Blue", "Red"), "z"] > 3
    assert sign * rows.loc[("Blue", "Blue"), "z"] < -3
    assert set(answer.table["values"]) == {"inferred"}
    assert "inferred" in answer.title


def test_types_without_smoothing_stand_beside():
    """Smoothed types lie apart; those of ν = 0 are the checkerboard's: both are told."""
    yx, apart = two_types("apart")
    cells = cells_of(apart, yx, unsmoothed=two_types("checkerboard")[1])
    rows = between(asked(neighbours, Material(EMPTY, cells, PITCH), reach_um=12))
    assert rows.loc[("Blue", "Blue"), "ratio"] > 1.5
    assert rows.loc[("Blue", "Blue"), "ratio_unsmoothed"] == 0
    assert rows.loc[("Blue", "Red"), "ratio_unsmoothed"] == pytest.approx(4032 / 2048)


def test_shuffled_types_have_no_neighbours():
    yx, types = two_types("apart")
    shuffled = np.random.default_rng(1).permutation(types)
    rows = between(asked(neighbours, Material(EMPTY, cells_of(shuffled, yx), PITCH), reach_um=12))
    assert rows["z"].abs().max() < 3


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (None, "found none; run the cell typing"),
        (cells_of(["Blue"] * 9, grid(3, 10)), "of two types at least"),
        (cells_of(["Blue", "Red"] * 3, np.zeros((6, 2)) + np.arange(6)[:, None]), "on a line"),
        (cells_of(["Blue", "Red"] * 8, grid(4, 1000)), "raise the reach"),
    ],
)
def test_cells_that_cannot_be_asked_are_refused(cells, told):
    with pytest.raises(MethodError, match=told):
        asked(neighbours, Material(EMPTY, cells, PITCH))


def three_types(rng):
    """Columns of Sender, Receiver and Far cells, 10 µm apart; Far lies 500 µm off.

    Every cell has 20 counts of each of eight genes, drawn; Sender has 200 of CXCL12, Receiver 200
    of CXCR4, so that only Sender → Receiver of that pair is planted. Far has 200 of both.
    """
    yx = grid(12, 10)
    column = (yx[:, 1] / 10).astype(int)
    types = np.where(column % 2 == 0, "Sender", "Receiver")
    far = yx + np.array([0.0, 500.0])
    types = np.concatenate([types, np.full(len(far), "Far")])
    genes = (*LIGANDS, *RECEPTORS, "ACTB")
    mean = np.full((len(types), len(genes)), 20.0)
    mean[:, -1] = 2000
    mean[np.isin(types, ("Sender", "Far")), genes.index("CXCL12")] = 200
    mean[np.isin(types, ("Receiver", "Far")), genes.index("CXCR4")] = 200
    return cells_of(types, np.concatenate([yx, far]), rng.poisson(mean), genes)


def test_a_pair_planted_between_neighbours_ranks_first():
    cells = three_types(np.random.default_rng(0))
    answer = asked(ligands_of_cells, Material(EMPTY, cells, PITCH), reach_um=15)
    table = answer.table
    apart = table[table["source"] != table["target"]]
    first = apart.iloc[0]
    assert tuple(first[["source", "target"]]) == ("Sender", "Receiver")
    assert tuple(first[["ligand", "receptor"]]) == ("CXCL12", "CXCR4")
    assert first["p_cellphonedb"] == pytest.approx(1 / 201)
    # types that do not touch are not asked, however much they have of both
    assert not ((table["source"] == "Far") & (table["target"] == "Receiver")).any()
    assert set(table["values"]) == {"inferred"}
    assert (apart["contacts"] >= 20).all()


def test_cells_without_counts_are_told_what_to_do():
    yx, types = two_types("apart")
    with pytest.raises(MethodError, match="spotscope decompose"):
        asked(ligands_of_cells, Material(EMPTY, cells_of(types, yx), PITCH))


def planted_spots(rng):
    """12 × 12 spots; in the first 6 × 6, CXCL12 is in every other spot, CXCR4 in those between.

    All else is drawn without regard to place: 20 counts, 10 of each other ligand and receptor.
    """
    yx = grid(12, PITCH)
    row, column = (yx / PITCH).astype(int).T
    genes = (*LIGANDS, *RECEPTORS, "ACTB")
    mean = np.full((len(yx), len(genes)), 10.0)
    mean[:, -1] = 1000
    corner, even = (row < 6) & (column < 6), (row + column) % 2 == 0
    mean[corner & even, genes.index("CXCL12")] = 80
    mean[corner & ~even, genes.index("CXCR4")] = 80
    return rng.poisson(mean), genes, yx, corner


def test_a_pair_planted_between_spots_ranks_first_and_shines_where_it_is():
    counts, genes, yx, corner = planted_spots(np.random.default_rng(2))
    answer = asked(ligands_of_spots, Material(spots_of(counts, genes, yx), None, PITCH))
    table, scores = answer.table, answer.per_spot
    assert tuple(table.loc[0, ["ligand", "receptor"]]) == ("CXCL12", "CXCR4")
    assert table.loc[0, "p"] == pytest.approx(1 / 201)
    others = table[(table["ligand"] != "CXCL12") & (table["receptor"] != "CXCR4")]
    assert len(others) >= 2
    assert (others["q"] > 0.05).all()
    assert (answer.table["q"] >= 0).all()
    assert list(scores.columns) == list(map(pair_name, table["ligand"], table["receptor"]))
    planted = scores["CXCL12 → CXCR4"].to_numpy()
    assert planted[corner].mean() > 10 * planted[~corner].mean()
    assert set(table["values"]) == {"measured"}


def test_the_same_counts_at_shuffled_places_are_no_pair():
    counts, genes, yx, _ = planted_spots(np.random.default_rng(2))
    rng = np.random.default_rng(3)
    material = Material(spots_of(counts[rng.permutation(len(yx))], genes, yx), None, PITCH)
    table = asked(ligands_of_spots, material).table
    assert (table["p"] > 0.02).all()


def test_r_and_its_null_are_those_of_every_order_of_the_places():
    """Four spots have 24 orders: their mean and deviation are worked out one by one."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 4, 3))
    x, y = ((v - v.mean(axis=0)) / np.sqrt(((v - v.mean(axis=0)) ** 2).sum(axis=0)) for v in (x, y))
    w = rng.uniform(size=(4, 4))
    share = w * 4 / w.sum()
    orders = [list(order) for order in itertools.permutations(range(4))]
    null = np.array([((share @ x[o]) * y[o]).sum(axis=0) for o in orders])
    seen = ((share @ x) * y).sum(axis=0)
    found = against_shuffled(seen, run(shuffled_r(x, y, sp.csr_matrix(w), 20_000, rng)))
    np.testing.assert_allclose(found.p, (null >= seen - 1e-9).mean(axis=0), atol=0.02)
    z = (seen - null.mean(axis=0)) / null.std(axis=0)
    expected = false_discovery_control(norm.sf(z))
    np.testing.assert_allclose(found.q, expected, atol=0.02)


def test_shuffled_places_are_every_order_of_them():
    """Four spots in a ring, two genes: the mean of I over all 24 orders is -1 / 3, always."""
    ring = sp.csr_matrix(np.array([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]))
    x = np.array([[0.0, 1.0], [0.0, 5.0], [1.0, 2.0], [1.0, 2.0]])
    found = np.array(list(shuffled_i(x, ring, 6000, 0)))
    # of the first gene: the two ones lie side by side (I = 0) in 2 of 3 orders, else apart (-1)
    assert set(found[:, 0].round(9)) == {0.0, -1.0}
    np.testing.assert_allclose(found.mean(axis=0), -1 / 3, atol=0.02)


def test_shuffles_taken_for_what_was_seen_hardly_pass():
    rng = np.random.default_rng(0)
    null = rng.normal(3, 2, (200, 40))
    found = against_shuffled(np.append(null[0, :39], 30.0), null)
    assert found.false < 0.3
    assert found.q[-1] < 1e-10
    assert (found.q[:-1] > 0.05).all()
    assert found.p[-1] == 1 / 201


def test_r_of_pairs_is_lianas(monkeypatch):
    """What is shuffled is what liana calls R: also for the scarcest part of a complex."""
    counts, genes, yx, _ = planted_spots(np.random.default_rng(2))
    names = {"HGF": "TGFB1", "MET": "TGFBR1", "AXL": "TGFBR2"}
    spots = spots_of(counts, [names.get(gene, gene) for gene in genes], yx)
    held = []

    def keep(ligands, receptors, weights, permutations, rng):
        share = weights * (weights.shape[0] / weights.sum())
        held.append(np.einsum("sp,sp->p", share @ ligands, receptors))
        return (yield from shuffled_r(ligands, receptors, weights, permutations, rng))

    monkeypatch.setattr("spotscope.pipeline.analyses._ligands_spots.shuffled_r", keep)
    table = asked(ligands_of_spots, Material(spots, None, PITCH)).table
    assert "TGFBR1_TGFBR2" in set(table["receptor"])
    np.testing.assert_allclose(held[0], table["morans_r"], atol=1e-4)


def test_a_list_that_liana_does_not_have_is_named():
    counts, genes, yx, _ = planted_spots(np.random.default_rng(2))
    material = Material(spots_of(counts, genes, yx), None, PITCH)
    with pytest.raises(MethodError, match="consensus.*found 'concensus'"):
        asked(ligands_of_spots, material, resource="concensus")


def test_genes_that_are_no_ligands_are_told():
    counts, _, yx, _ = planted_spots(np.random.default_rng(2))
    material = Material(spots_of(counts, [f"GENE{i}" for i in range(9)], yx), None, PITCH)
    with pytest.raises(MethodError, match="take another list"):
        asked(ligands_of_spots, material)


def slope(rng, side=9):
    """Square spots: SLOPE rises along x, FLAT and ACTB do not; ONCE is in one spot."""
    yx = grid(side, PITCH)
    along = yx[:, 1] / PITCH
    once = (np.arange(len(yx)) == 3).astype(int)
    mean = np.stack([10 + 10 * along, np.full(len(yx), 40), np.full(len(yx), 20_000)], axis=1)
    return np.column_stack([rng.poisson(mean), once]), ("SLOPE", "FLAT", "ACTB", "ONCE"), yx


def morans_i(counts, yx):
    """Moran's I as its formula says, spots beside each other joined, rows summing to 1."""
    x = np.log1p(counts / counts.sum(axis=1, keepdims=True) * 1e4)
    far = np.hypot(*(yx[:, None] - yx[None]).transpose(2, 0, 1))
    w = ((far > 0) & (far < 1.2 * PITCH)).astype(float)
    w /= w.sum(axis=1, keepdims=True)
    x = x - x.mean(axis=0)
    return len(x) / w.sum() * (x * (w @ x)).sum(axis=0) / (x**2).sum(axis=0)


def test_a_planted_gradient_varies_most():
    counts, genes, yx = slope(np.random.default_rng(0))
    answer = asked(variable, Material(spots_of(counts, genes, yx), None, PITCH))
    table = answer.table.set_index("gene")
    assert table.index[0] == "SLOPE"
    assert "ONCE" not in table.index
    truth = dict(zip(genes, morans_i(counts[:, :3], yx), strict=False))
    for gene in ("SLOPE", "FLAT"):  # ACTB hardly differs: 32 bits are too few for it
        assert table.loc[gene, "score"] == pytest.approx(truth[gene], abs=1e-4)
    assert table.loc["SLOPE", "q"] < 1e-6
    assert table.loc["FLAT", "q"] > 0.05
    assert table.loc["SLOPE", "counts"] == counts[:, 0].sum()
    assert set(table["values"]) == {"measured"}


def test_genes_asked_some_at_a_time_are_the_same(monkeypatch):
    counts, genes, yx = slope(np.random.default_rng(0))
    material = Material(spots_of(counts, genes, yx), None, PITCH)
    whole = asked(variable, material).table
    monkeypatch.setattr("spotscope.pipeline.analyses._moran._CHUNK", 1)
    pd.testing.assert_frame_equal(asked(variable, material).table, whole)


def test_flashs_finds_the_gradient_too():
    counts, genes, yx = slope(np.random.default_rng(0), side=20)
    material = Material(spots_of(counts, genes, yx), None, PITCH)
    table = asked(variable, material, variable="flashs").table
    assert table.loc[0, "gene"] == "SLOPE"
    assert table.loc[0, "q"] < 1e-6
    assert table.set_index("gene").loc["FLAT", "q"] > 0.05
    assert set(table["method"]) == {"FlashS"}


def test_few_spots_are_not_asked():
    counts, genes, yx = slope(np.random.default_rng(0), side=3)
    with pytest.raises(MethodError, match="10 spots or more, found 9"):
        asked(variable, Material(spots_of(counts, genes, yx), None, PITCH))


def two_regions(rng):
    """10 × 10 spots, left half a, right half b; in each a Blue and a Red cell.

    ``MORE`` is four times as much in Blue cells of a (40 to 10 counts of 1,000), ``SAME`` nowhere.
    Whole spots have (40 + 10) to (10 + 10) counts of MORE.
    """
    yx = grid(10, PITCH)
    side = np.where(yx[:, 1] < 5 * PITCH, "a", "b")
    genes = ("MORE", "SAME", *(f"G{i}" for i in range(20)))
    mean = np.full((200, len(genes)), 10.0)
    mean[:, 2:] = 49
    types = np.tile(["Blue", "Red"], 100)
    home = np.repeat(np.arange(100), 2)
    mean[(types == "Blue") & (side[home] == "a"), 0] = 40
    counts = rng.poisson(mean)
    spots = spots_of(counts[0::2] + counts[1::2], genes, yx, side)
    cells = cells_of(types, yx[home], counts, genes, home)
    return Material(spots, cells, PITCH, ("left", "right"))


def test_a_gene_that_differs_in_one_type_is_found_in_that_type_alone():
    answer = asked(difference, two_regions(np.random.default_rng(0)))
    table = answer.table.set_index(["cell_type", "gene"])
    found = table[table["q"] < 1e-6]
    assert list(found.index) == [(ALL, "MORE"), ("Blue", "MORE")]
    blue, whole = table.loc[("Blue", "MORE")], table.loc[(ALL, "MORE")]
    # 40 of 1,030 against 10 of 1,000, and 50 of 2,030 against 20 of 2,000
    assert blue["low_95"] < 40 / 1030 / (10 / 1000) < blue["high_95"]
    assert whole["low_95"] < 50 / 2030 / (20 / 2000) < whole["high_95"]
    assert blue["ratio_in_spots"] == pytest.approx(whole["ratio"], rel=1e-6)
    assert table.loc[("Red", "MORE"), "q"] > 0.05
    assert (whole["spots_a"], blue["spots_a"], blue["cells_a"]) == (50, 50, 50)
    assert table.loc[ALL, "values"].unique() == ["measured"]
    assert table.loc["Blue", "values"].unique() == ["inferred"]


def test_shuffled_sides_and_halves_of_one_region_pass_nothing():
    controls = asked(difference, two_regions(np.random.default_rng(0))).figures["controls"]
    assert set(controls) == {ALL, "Blue", "Red"}
    for found in controls.values():
        assert len(found["shuffled"]) == 3
        assert len(found["cut"]) == 6
        assert max(found["shuffled"] + found["cut"]) <= 1


def test_cells_of_one_spot_are_one_unit():
    """The same cells five times over are no more evidence than once."""
    once = two_regions(np.random.default_rng(0))
    cells = once.cells
    rows = np.repeat(np.arange(cells.n_obs), 5)
    often = cells[rows].copy()
    often.obs_names = [f"cell{i}" for i in range(len(rows))]
    p = [
        asked(difference, Material(once.spots, c, PITCH, once.sides))
        .table.query("cell_type == 'Blue' and gene == 'MORE'")["p"]
        .item()
        for c in (cells, often)
    ]
    assert p[1] == pytest.approx(p[0], rel=1e-3)


def test_a_gradient_within_a_region_is_told_from_a_difference_between_two():
    """A gene that rises along x passes between the halves, and between halves of one half."""
    counts, genes, yx = slope(np.random.default_rng(0), side=20)
    side = np.where(yx[:, 1] < 10 * PITCH, "a", "b")
    answer = asked(difference, Material(spots_of(counts, genes, yx, side), None, PITCH, ("l", "r")))
    assert answer.table.loc[0, "gene"] == "SLOPE"
    assert np.median(answer.figures["controls"][ALL]["cut"]) >= 1
    assert any("no more than place alone gives" in note for note in answer.notes)


def test_regions_with_few_spots_are_refused():
    material = two_regions(np.random.default_rng(0))
    with pytest.raises(MethodError, match="draw larger regions"):
        asked(difference, material, fewest_spots=51)
    with pytest.raises(MethodError, match="--regions A B"):
        asked(difference, Material(material.spots, material.cells, PITCH))
