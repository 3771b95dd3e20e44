"""Types that are held, and ν of regions, through every way a session is settled anew."""

from __future__ import annotations

import numpy as np
import pytest

from spotscope import pipeline
from spotscope.model import Edit, EditKind, EditLog, MethodError, Region, run
from spotscope.pipeline.cell_typing._hold import nu_of_cells


def some_label(typed, name, source="spot"):
    """A nucleus that has another type."""
    obs = typed.session.cells.table.obs
    others = np.flatnonzero((obs["cell_type"] != name) & (obs["cell_type_source"] == source))
    return int(obs["label_id"].iloc[others[3]])


def type_of(session, label):
    row = session.nuclei.rows_of(np.array([label]))[0]
    return str(session.cells.table.obs["cell_type"].iloc[row])


def test_a_held_type_is_kept_at_every_nu_and_let_go_again(typed):
    name = typed.session.cells.types[0]
    label, between = some_label(typed, name), some_label(typed, name, "neighbours")
    held = pipeline.hold(typed.session, {label: name, between: name})
    for nu in (0.0, 30.0):
        again = pipeline.retype(held, typed.fitted, nu).session
        assert type_of(again, label) == type_of(again, between) == name
        row = again.nuclei.rows_of(np.array([label]))[0]
        assert again.cells.table.obs["cell_type_support"].iloc[row] == 1.0
    freed = pipeline.hold(again, {label: None, between: None})
    assert not pipeline.held_of(freed)
    plain = pipeline.retype(typed.session, typed.fitted, 0.0).session
    freed = pipeline.retype(freed, typed.fitted, 0.0).session
    np.testing.assert_array_equal(freed.cells.type_codes, plain.cells.type_codes)


def test_what_is_held_survives_a_save_and_an_edit(typed, tmp_path):
    name = typed.session.cells.types[0]
    label = some_label(typed, name)
    held = pipeline.hold(typed.session, {label: name})
    held = pipeline.retype(held, typed.fitted, 2.0).session
    run(pipeline.save_session(held, tmp_path / "out"))
    opened = run(pipeline.open_session(tmp_path / "out"))
    assert pipeline.held_of(opened).types == {label: name}
    # a nucleus of the same spot is deleted: the spot is solved anew
    obs = opened.cells.table.obs
    spot = obs["spot_id"][obs["label_id"] == label].iloc[0]
    other = np.flatnonzero((obs["spot_id"] == spot) & (obs["label_id"] != label))[0]
    at = tuple(float(v) for v in opened.nuclei.yx_um[other])
    log = EditLog((Edit(EditKind.DELETE, (at,)),))
    edited = run(pipeline.edit_step(opened, log, typed.fitted)).session
    assert edited.cells.n == opened.cells.n - 1
    assert type_of(edited, label) == name


def test_a_region_has_a_nu_of_its_own(typed):
    session, fitted = typed.session, typed.fitted
    x = float(session.nuclei.yx_um[:, 1].mean())
    half = Region("left", np.array([[-1e4, -1e4], [-1e4, x], [1e4, x], [1e4, -1e4]]))
    held = pipeline.hold(session, regions=[(half, 60.0)])
    both = pipeline.retype(held, fitted, 0.0).session.cells.type_codes
    rough = pipeline.retype(session, fitted, 0.0).session.cells.type_codes
    spots = np.asarray(session.cells.table.obs["cell_type_source"] == "spot")
    far = spots & (session.nuclei.yx_um[:, 1] > x + 150)
    inside = spots & (session.nuclei.yx_um[:, 1] < x)
    np.testing.assert_array_equal(both[far], rough[far])
    assert (both[inside] != rough[inside]).any()
    assert pipeline.held_of(held).regions[0][1] == 60.0


def test_of_regions_that_meet_the_later_counts():
    square = np.array([[0, 0], [0, 2], [2, 2], [2, 0]], float)
    one, two = Region("a", square), Region("b", square + 1)
    held = pipeline.Held(regions=((one, 3.0), (two, 7.0)))
    found = nu_of_cells(held, np.array([[0.5, 0.5], [1.5, 1.5], [9.0, 9.0]]))
    np.testing.assert_array_equal(found, [3.0, 7.0, np.nan])


def test_what_cannot_be_held_says_so(typed):
    with pytest.raises(MethodError, match="found label 99999999"):
        pipeline.hold(typed.session, {99_999_999: typed.session.cells.types[0]})
    label = int(typed.session.nuclei.label_id[0])
    with pytest.raises(MethodError, match="found 'Neuron'"):
        pipeline.hold(typed.session, {label: "Neuron"})
