"""Some genes of many are told: which, with what values, and what stays of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import spotscope
from spotscope import pipeline
from spotscope.methods.expression import ExpressionParams
from spotscope.model import ExpressionKey, MethodError, Region, Sample

LAYERS = [ExpressionKey.ASSIGNED, ExpressionKey.MEAN, ExpressionKey.SD, ExpressionKey.SPLIT]
CHOSEN = {"method": "gaussian", "rank": 3, "rounds": 2}


@pytest.fixture(scope="module")
def every(typed, steps_cache):
    """All genes of all spots."""
    return spotscope.decompose(typed.session, cache=steps_cache, **CHOSEN).session


@pytest.fixture(scope="module")
def some(typed, steps_cache):
    """Ten genes of all spots."""
    return spotscope.decompose(typed.session, cache=steps_cache, most_genes=10, **CHOSEN).session


def genes_of(session):
    return tuple(map(str, session.cells.table.var_names))


def dense(layer):
    return layer.toarray() if hasattr(layer, "toarray") else np.asarray(layer)


def half(sample: Sample, *, left: bool) -> Region:
    yx = sample.spots.yx_um
    middle, low, high = np.median(yx[:, 1]) + 1, yx.min() - 100, yx.max() + 100
    first, last = (low, middle) if left else (middle, high)
    return Region("half", np.array([[low, first], [low, last], [high, last], [high, first]]))


def test_genes_that_are_not_told_are_evidence_all_the_same(every, some):
    """Ten genes have the values that they have among all."""
    assert len(genes_of(some)) == 10
    assert set(genes_of(some)) < set(genes_of(every))
    column = every.cells.table.var_names.get_indexer(genes_of(some))
    for key in LAYERS:
        whole = dense(every.cells.table.layers[key])[:, column]
        np.testing.assert_allclose(dense(some.cells.table.layers[key]), whole, rtol=2e-4, atol=1e-4)


def test_the_record_says_how_many_of_how_many(every, some):
    record = some.records["decompose"]
    n = len(genes_of(every))
    assert record.figures["genes_shared"] == n
    assert any(note.startswith(f"10 of {n:,} shared genes are told") for note in record.notes)
    assert not any("shared genes are told" in n for n in every.records["decompose"].notes)


def test_a_gene_that_is_named_comes_to_those_that_tell_most(typed, every, some, steps_cache):
    left_out = next(gene for gene in genes_of(every) if gene not in genes_of(some))
    asked = {"most_genes": 10, "also_genes": left_out.lower(), **CHOSEN}
    more = spotscope.decompose(typed.session, cache=steps_cache, **asked).session
    assert set(genes_of(more)) == {*genes_of(some), left_out}
    with pytest.raises(MethodError, match="--also-genes"):
        spotscope.decompose(typed.session, cache=steps_cache, also_genes="nowhere", **CHOSEN)


def test_a_region_is_told_the_genes_that_are_told_already(typed, some, steps_cache):
    """One half after the other: the first stays, of whatever types the second is."""
    asked = {"cache": steps_cache, "most_genes": 10, **CHOSEN}
    sample = typed.session.sample
    first = spotscope.decompose(typed.session, regions=[half(sample, left=True)], **asked)
    second = spotscope.decompose(first.session, regions=[half(sample, left=False)], **asked)
    known = [
        np.isfinite(session.cells.table.layers[ExpressionKey.MEAN][:, 0])
        for session in (first.session, second.session)
    ]
    assert genes_of(first.session) == genes_of(second.session) == genes_of(some)
    assert known[1][known[0]].all()
    assert known[1].sum() > known[0].sum() > 0


def test_a_region_keeps_to_the_genes_of_the_table_though_others_would_be_chosen_now(
    typed, every, some, steps_cache
):
    """As after a correction, which moves the section's mix of types."""
    others = [gene for gene in genes_of(every) if gene not in genes_of(some)][:10]
    assert len(others) == 10
    renamed = some.cells.table.copy()
    renamed.var_names = others
    session = replace(some, cells=replace(some.cells, table=renamed))
    asked = {"cache": steps_cache, "most_genes": 10, **CHOSEN}
    region = half(typed.session.sample, left=True)
    kept = spotscope.decompose(session, regions=[region], **asked).session
    assert genes_of(kept) == tuple(others)
    anew = spotscope.decompose(session, **asked).session
    assert genes_of(anew) == genes_of(some)


def test_what_it_costs_follows_what_is_told(typed, demo):
    few, all_of_them = (
        pipeline.decompose_cost(typed.session, demo.reference, ExpressionParams(**asked))
        for asked in ({"most_genes": 10}, {})
    )
    assert few.genes == 10
    assert few.genes < all_of_them.genes
    assert few.memory < all_of_them.memory
    assert few.seconds < all_of_them.seconds


def test_more_than_the_machine_has_is_refused_before_it_runs(typed, demo, steps_cache, monkeypatch):
    """Nine arrays of 4 bytes: ten genes fit where all do not."""
    room = 9 * 4 * typed.session.cells.n * 20
    monkeypatch.setattr("spotscope.io.available_bytes", lambda: room)
    asked = {"cache": steps_cache, "seed": 5, **CHOSEN}
    with pytest.raises(MethodError, match=r"take .* GiB; tell fewer genes \(--most-genes N\)"):
        spotscope.decompose(typed.session, demo.reference, **asked)
    assert len(genes_of(spotscope.decompose(typed.session, most_genes=10, **asked).session)) == 10
