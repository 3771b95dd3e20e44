"""Looks of nuclei: learned from spots of known mix, believed only where they foretell."""

import numpy as np
import pytest

from spotscope.methods.cell_typing import CellTypingParams, fit
from spotscope.methods.cell_typing._between import Voters
from spotscope.methods.cell_typing._looks import learn_looks
from spotscope.model import MethodError, run

#: Mean of two features for three types.
MEANS = np.array([[0.0, 0.0], [2.5, 0.0], [0.0, 2.5]])


def section(seed=0, n_spots=200, mixed=False):
    """Spots of four nuclei, two types in each; the mix is known, which is which is not."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(n_spots), 4).astype(np.int32)
    first = rng.integers(0, 3, n_spots)
    second = (first + 1) % 3 if mixed else rng.integers(0, 3, n_spots)
    truth = np.stack([first, first, second, second], axis=1).ravel()
    shares = np.zeros((n_spots, 3))
    np.add.at(shares, (owner, truth), 0.25)
    features = rng.normal(MEANS[truth], 1.0)
    return features, owner, shares, truth


def sorted_out(looks, owner, shares, truth):
    """Share of nuclei told rightly, the best of their spot's mix by the looks."""
    found = (looks.nats + np.log(shares[owner] + 1e-9)).argmax(axis=1)
    return (found == truth).mean()


@pytest.mark.parametrize("mixed", [False, True])
def test_which_nucleus_is_which_is_learned_without_knowing_any(mixed):
    features, owner, shares, truth = section(mixed=mixed)
    looks = learn_looks(features, owner, shares, shares.mean(axis=0))
    assert looks.trust == 1.0
    assert looks.gain[0] > 2 * looks.gain[1]
    chance = np.log(shares[owner] + 1e-9).argmax(axis=1)
    assert sorted_out(looks, owner, shares, truth) > 0.8 > (chance == truth).mean() + 0.05


def test_features_that_tell_nothing_are_not_used():
    features, owner, shares, _ = section()
    np.random.default_rng(1).shuffle(features)
    looks = learn_looks(features, owner, shares, shares.mean(axis=0))
    assert looks.trust == 0
    assert not looks.nats.any()


def test_a_rising_transform_of_a_feature_changes_nothing():
    features, owner, shares, _ = section()
    plain = learn_looks(features, owner, shares, shares.mean(axis=0))
    bent = learn_looks(np.exp(features), owner, shares, shares.mean(axis=0))
    assert bent.nats == pytest.approx(plain.nats, abs=1e-5)


def test_a_nucleus_without_numbers_says_nothing_and_a_constant_is_dropped():
    features, owner, shares, _ = section()
    features = np.column_stack([features, np.full(len(features), 7.0)])
    features[5, 0] = np.nan
    looks = learn_looks(features, owner, shares, shares.mean(axis=0))
    assert not looks.nats[5].any()
    assert np.abs(looks.nats).max(axis=1)[np.arange(len(owner)) != 5].min() > 0
    without = learn_looks(features[:, 2:], owner, shares, shares.mean(axis=0))
    assert without.trust == 0


def test_nuclei_between_spots_are_judged_too():
    features, owner, shares, _ = section()
    outside = np.full(50, -1, np.int32)
    rng = np.random.default_rng(2)
    more = rng.integers(0, 3, 50)
    looks = learn_looks(
        np.concatenate([features, rng.normal(MEANS[more], 1.0)]),
        np.concatenate([owner, outside]),
        shares,
        shares.mean(axis=0),
    )
    assert (looks.nats[-50:].argmax(axis=1) == more).mean() > 0.6


def test_votes_are_multiplied_by_what_looks_say():
    """Two voters for type 0, one for type 1: looks worth ln 3 turn the vote."""
    voters = Voters(np.array([0, 3]), np.array([0, 1, 2]), np.ones(3))
    codes = np.array([0, 0, 1], np.int16)
    assert voters.vote(codes, 2)[0].tolist() == [0]
    looks = np.array([[0.0, np.log(3.0)]], np.float32)
    won, share = voters.vote(codes, 2, looks)
    assert won.tolist() == [1]
    assert share[0] == pytest.approx(3 / 5)


@pytest.mark.parametrize("evidence", ["counts", "moments"])
def test_cells_are_told_apart_inside_their_spots(tissue, evidence):
    rng = np.random.default_rng(0)
    inside = tissue.membership.owner >= 0
    features = np.full((len(inside), 2), np.nan)
    features[inside] = rng.normal(2.0 * np.eye(6)[tissue.codes][:, [0, 4]], 0.5)
    params = CellTypingParams(evidence=evidence)
    args = (tissue.spots, tissue.reference, tissue.membership, tissue.yx_um)
    plain = run(fit(*args, params, rng=0)).solve(0.5)
    fitted = run(fit(*args, params, features=features, rng=0))
    helped = fitted.solve(0.5)
    wrong = [(found.codes[inside] != tissue.codes).mean() for found in (plain, helped)]
    assert wrong[1] < 0.8 * wrong[0]
    assert any("looks" in note for note in fitted.notes)
    off = params.model_copy(update={"looks": "off"})
    unmoved = run(fit(*args, off, features=features, rng=0)).solve(0.5)
    assert (unmoved.codes == plain.codes).all()


def test_looks_are_kept_with_the_fit(tissue, tmp_path):
    from spotscope.methods.cell_typing import load_fitted

    rng = np.random.default_rng(0)
    inside = tissue.membership.owner >= 0
    features = rng.normal(0, 1, (len(inside), 1))
    features[inside, 0] += 3.0 * (tissue.codes == 4)
    args = (tissue.spots, tissue.reference, tissue.membership, tissue.yx_um)
    fitted = run(fit(*args, CellTypingParams(), features=features, rng=0))
    assert len(fitted.state.looks)
    fitted.save(tmp_path / "fit")
    one, two = fitted.solve(1.0), load_fitted(tmp_path / "fit").solve(1.0)
    assert (one.codes == two.codes).all()
    assert (one.support == two.support).all()


def test_features_of_other_nuclei_are_refused(tissue):
    args = (tissue.spots, tissue.reference, tissue.membership, tissue.yx_um)
    with pytest.raises(MethodError, match="a row of features for each"):
        run(fit(*args, CellTypingParams(), features=np.zeros((3, 2)), rng=0))
