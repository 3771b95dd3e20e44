"""What a run says at its end."""

import io
import json

import pytest

from spotscope.model import SpotKey
from spotscope.pipeline.cli._console import Console
from spotscope.pipeline.cli._report import report


def test_shares_stand_beside_what_is_expected_of_the_spots(typed):
    out = io.StringIO()
    report(Console(as_json=True, out=out), typed.session)
    said = next(
        line for line in map(json.loads, out.getvalue().splitlines()) if "share_expected" in line
    )
    table = typed.session.sample.spots.table
    held = table.obs[SpotKey.N_CELLS].to_numpy()
    by_hand = {
        name: sum(n * p for n, p in zip(held, column, strict=True)) / held.sum()
        for name, column in table.obsm[SpotKey.PROPORTIONS].items()
    }
    assert said["share_expected"] == pytest.approx(by_hand)
    assert sum(said["share_expected"].values()) == pytest.approx(1.0, abs=1e-5)
    assert sum(said["share_in_spots"].values()) == pytest.approx(1.0)
    assert said["share_expected"] != pytest.approx(said["share_in_spots"], abs=1e-3)
