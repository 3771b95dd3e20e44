"""Types that an older version kept: typed again for what it said, and gone on from all the same."""

import json
from dataclasses import replace

import numpy as np
import pytest

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.model import Session, run
from spotscope.pipeline import StepCache, load_fitted_of
from spotscope.pipeline._cache import CODE_VERSION
from spotscope.pipeline.cell_typing._step import typing_step

OLD = "Nearer than the baseline, as it was told before"


@pytest.fixture
def world(typed, demo_files, tmp_path):
    import spotscope

    session = replace(typed.session, cells=None, records={})
    reference = run(spotscope.pipeline.read_reference(demo_files["reference"]))
    cache = StepCache(tmp_path / "steps")

    def type_it():
        return run(typing_step(session, reference, CellTypingParams(looks="off"), cache=cache))

    return cache, type_it


@pytest.fixture
def kept(world, monkeypatch):
    """A session typed by the version before, with its sentence."""
    cache, type_it = world
    with monkeypatch.context() as patch:
        patch.setitem(CODE_VERSION, "type", 1)
        type_it()
        (path,) = cache.root.glob("type-*/record.json")
        record = json.loads(path.read_text("utf-8"))
        record["figures"]["against_baseline"]["sentence"] = OLD
        path.write_text(json.dumps(record), encoding="utf-8")
        cache.note_files(path.parent)
        return type_it().session


def sentence(session: Session) -> str:
    return session.records["type"].figures["against_baseline"]["sentence"]


def test_an_old_sentence_is_not_told_again(world, kept):
    assert sentence(kept) == OLD
    again = world[1]().session
    assert sentence(again) != OLD
    assert sentence(world[1]().session) == sentence(again)


def test_a_session_goes_on_from_the_fit_it_was_made_of(world, kept):
    fitted = load_fitted_of(kept, world[0])
    nu = kept.records["type"].params["nu_used"]
    codes = fitted.solve(nu).codes
    np.testing.assert_array_equal(codes, kept.cells.type_codes)
