"""What is said of a spot's types: in the order of what their bars show."""

from dataclasses import replace

import pytest

import spotscope
from spotscope.model import SpotKey
from spotscope.pipeline.expression._decompose_inputs import membership_of_cells
from spotscope.widgets.spots._spot_facts import spot_facts


@pytest.fixture(scope="module")
def typed(demo, demo_files, tmp_path_factory):
    """The demo's spots without their image, typed."""
    cache = tmp_path_factory.mktemp("steps")
    return spotscope.type_cells(spotscope.read(demo_files["spots"]), demo.reference, cache=cache)


@pytest.mark.parametrize("known", [True, False])
def test_types_stand_in_the_order_of_their_bars(typed, known):
    """Shares of the counts where they are known, else numbers of nuclei."""
    session = typed.session
    spots = session.sample.spots
    if not known:
        table = spots.table.copy()
        del table.obsm[SpotKey.WEIGHTS]
        spots = replace(spots, table=table)
        session = replace(session, sample=replace(session.sample, spots=spots))
    owner = membership_of_cells(session).owner
    rows = [spot_facts(session, n, owner).by_type for n in range(spots.n)]
    assert max(map(len, rows)) >= 3
    for row in rows:
        shown = [share if known else count for _, count, share in row]
        assert shown == sorted(shown, reverse=True)
