"""Why a spot has its types: chances and genes, against the equations in plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spotscope.methods.cell_typing import why


@pytest.fixture(scope="module")
def answer(fitted):
    return fitted.solve(2.0)


def spot_of_many(fitted):
    return int(np.argmax(np.bincount(fitted.state.owner[fitted.state.owner >= 0])))


def test_chances_sum_to_one_and_the_label_has_what_is_reported(fitted, answer):
    for spot in range(0, len(fitted.state.weights), 7):
        told = why(fitted, answer.codes, answer.support, 2.0, spot)
        assert set(told.cells) == set(np.flatnonzero(fitted.state.owner == spot))
        if not len(told.cells):
            continue
        np.testing.assert_allclose(told.chance.sum(axis=1), 1, atol=1e-5)
        assert (told.chance >= -1e-6).all()
        rows = np.arange(len(told.cells))
        np.testing.assert_allclose(
            told.chance[rows, answer.codes[told.cells]], answer.support[told.cells], atol=1e-5
        )


def test_genes_speak_as_the_equation_says(fitted, answer):
    spot = spot_of_many(fitted)
    told = why(fitted, answer.codes, answer.support, 2.0, spot)
    state = fitted.state
    held = np.bincount(answer.codes[told.cells], minlength=len(state.types))
    a, b = state.types.index(told.leading), state.types.index(told.rival)
    assert held[a] == held.max()
    assert a != b
    swapped = held.copy()
    swapped[a] -= 1
    swapped[b] += 1
    counts = state.mixtures.counts[spot].toarray().ravel()

    def expected(cells):
        mixed = [
            sum(n * s * float(p) for n, s, p in zip(cells, state.size, column, strict=True))
            for column in np.maximum(state.mixtures.profiles, 0).T
        ]
        mixed = [value + 1e-3 * sum(mixed) / len(mixed) for value in mixed]
        return [counts.sum() * value / sum(mixed) for value in mixed]

    one, two = expected(held), expected(swapped)
    nats = [y * math.log(m / n) - (m - n) for y, m, n in zip(counts, one, two, strict=True)]
    loud = sorted(map(abs, nats), reverse=True)[: len(told.genes)]
    np.testing.assert_allclose([abs(gene.nats) for gene in told.genes], loud, rtol=1e-4)
    for gene in told.genes:
        at = state.genes.index(gene.name)
        assert gene.observed == counts[at]
        assert gene.expected == pytest.approx(one[at], rel=1e-4)
        assert gene.nats == pytest.approx(nats[at], rel=1e-4, abs=1e-6)


def test_a_spot_without_cells_has_nothing_to_say(fitted, answer):
    owner = fitted.state.owner
    empty = [s for s in range(len(fitted.state.weights)) if not (owner == s).any()]
    told = why(fitted, answer.codes, answer.support, 2.0, empty[0] if empty else 10**6)
    assert told.chance.shape == (0, len(fitted.state.types))
    assert told.genes == ()
