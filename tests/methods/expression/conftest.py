"""Fixtures of expression."""

from __future__ import annotations

import numpy as np
import pytest
from expression_toys import GAUSSIAN, draw_cells, reference_of

from spotscope.methods.expression import fit
from spotscope.model import run


@pytest.fixture(scope="session")
def toy_reference():
    counts, codes, _ = draw_cells(240, np.random.default_rng(0))
    return reference_of(counts, codes)


@pytest.fixture(scope="session")
def toy_fit(toy_reference):
    return run(fit(toy_reference, GAUSSIAN, rng=0))
