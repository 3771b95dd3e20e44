"""Fixtures of cell typing."""

from __future__ import annotations

import pytest
from typing_toys import Tissue, make_tissue


@pytest.fixture(scope="session")
def tissue() -> Tissue:
    return make_tissue()


@pytest.fixture(scope="session")
def fitted(tissue):
    from spotscope.methods.cell_typing import CellTypingParams, fit
    from spotscope.model import run

    return run(
        fit(
            tissue.spots,
            tissue.reference,
            tissue.membership,
            tissue.yx_um,
            CellTypingParams(),
            rng=0,
        )
    )
