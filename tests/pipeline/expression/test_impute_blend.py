"""The blend of all methods on cells drawn from two programs that overlap in place."""

import json

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from anndata import AnnData

import spotscope
from spotscope.model import ParamsError, Reference, run
from spotscope.pipeline import IMPUTERS, impute_step

N_GENES, HIDDEN = 40, 10
PARAMS = {"rank": 2, "rounds": 3}


def cells(n, rng):
    """Two types; within both a program that raises every fourth gene, and changes along x."""
    codes = np.arange(n) % 2
    yx = rng.uniform(0, 100, (n, 2))
    program = np.sin(yx[:, 1] / 15) + rng.normal(0, 0.3, n)
    log = np.full((n, N_GENES), 1.0)
    log[:, 1::4] += np.where(codes == 0, 1.0, 0.0)[:, None]
    log[:, 2::4] += np.where(codes == 1, 1.0, 0.0)[:, None]
    log[:, ::4] += 0.8 * program[:, None]
    counts = rng.poisson(np.exp(log + rng.normal(0, 0.2, (n, 1))))
    table = AnnData(
        sp.csr_matrix(counts),
        obs=pd.DataFrame(
            {"cell_type": np.array(["A", "B"])[codes]}, index=[f"c{i}" for i in range(n)]
        ),
        var=pd.DataFrame(index=[f"G{g}" for g in range(N_GENES)]),
    )
    table.obsm["spatial"] = yx[:, ::-1].copy()
    return table


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    reference, whole = cells(400, rng), cells(300, rng)
    return Reference.from_table(reference), whole[:, HIDDEN:].copy(), whole.X[:, :HIDDEN].toarray()


@pytest.fixture(scope="module")
def imputed(world):
    reference, panel, _ = world
    return spotscope.impute(panel, reference, **PARAMS)


def r(told, truth):
    return np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(told.T, truth.T, strict=True)])


def test_the_blend_is_level_with_the_best_of_its_members_or_better(world, imputed):
    reference, panel, truth = world
    genes = [f"G{g}" for g in range(HIDDEN)]
    alone = {}
    for method in IMPUTERS:
        if method not in ("blend", "score"):
            found = spotscope.impute(panel, reference, method=method, genes=genes, **PARAMS)
            alone[method] = r(found.layers["imputed"], truth)
    ours = r(imputed[:, genes].layers["imputed"], truth)
    assert ours > max(alone.values()) - 0.01
    assert ours > min(alone.values()) + 0.05


def test_intervals_hold_nine_counts_in_ten_of_hidden_genes(world, imputed):
    truth = world[2]
    low, high = (imputed.layers[f"imputed_{side}"][:, :HIDDEN] for side in ("low", "high"))
    assert 0.85 < ((truth >= low) & (truth <= high)).mean() < 0.95


def test_measured_genes_have_the_correlation_they_had_while_hidden(imputed):
    checked = imputed.var["r_cross_validated"]
    assert checked[:HIDDEN].isna().all()
    assert checked[HIDDEN:].notna().all()
    follows = checked[[f"G{g}" for g in range(12, N_GENES, 4)]]
    flat = checked[[f"G{g}" for g in range(11, N_GENES, 4)]]
    assert follows.min() > flat.max()
    assert imputed.var["r_in_reference"].between(-1, 1).all()


def test_the_record_says_what_methods_are_worth(imputed):
    notes = json.loads(imputed.uns["imputation_record"])["notes"]
    assert any("methods are worth" in note and "gaussian" in note for note in notes)


def test_cells_without_places_are_blended_without_neighbours(world):
    reference, panel, truth = world
    panel = panel.copy()
    del panel.obsm["spatial"]
    found = spotscope.impute(panel, reference, **PARAMS)
    assert "nearby" not in str(found.uns["imputation_record"])
    assert r(found.layers["imputed"][:, :HIDDEN], truth) > 0.2


def test_a_panel_of_few_genes_is_blended_evenly_and_says_so(world):
    reference, panel, _ = world
    found = spotscope.impute(panel[:, :4].copy(), reference, **PARAMS)
    assert "too few genes" in str(found.uns["imputation_record"])
    assert "imputed_low" not in found.layers


def test_the_same_seed_gives_the_same_answer(world, imputed):
    reference, panel, _ = world
    again = spotscope.impute(panel, reference, **PARAMS)
    np.testing.assert_array_equal(again.layers["imputed"], imputed.layers["imputed"])


def test_a_blend_can_be_stopped_at_any_report(world):
    reference, panel, _ = world
    task = impute_step(panel, reference)
    stages = []
    for progress in task:
        stages.append(progress.stage)
        assert progress.done <= progress.total
        if progress.stage == "weighing methods":
            break
    task.close()
    assert stages[-1] == "weighing methods"
    assert run(impute_step(panel, reference, method="mean")).n_obs == panel.n_obs


def test_thin_genes_are_told_by_the_others_and_by_what_is_left(world):
    reference, panel, _ = world
    thin = ["G12", "G16"]  # of the program
    rng = np.random.default_rng(4)
    dropped = panel.copy()
    columns = dropped.var_names.get_indexer(thin)
    counts = dropped.X.toarray()
    truth = counts[:, columns].copy()
    counts[:, columns] = rng.binomial(truth, 0.15)
    dropped.X = sp.csr_matrix(counts)
    given = {"method": "mean", "genes": thin}
    left_out = spotscope.impute(dropped[:, ~dropped.var_names.isin(thin)], reference, **given)
    both = spotscope.impute(dropped, reference, thin=thin, **given)
    told = both.layers["imputed"]
    assert r(told, truth) > max(r(left_out.layers["imputed"], truth), r(counts[:, columns], truth))
    assert "2 genes told by the others and by what is left" in both.uns["imputation_record"]
    with pytest.raises(ParamsError, match="found 1 that it lacks"):
        spotscope.impute(dropped, reference, thin=["none"], **given)
