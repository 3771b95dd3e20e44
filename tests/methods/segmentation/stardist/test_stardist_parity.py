"""Number for number what the stardist package says on TensorFlow, recorded by make_fixtures.py."""

from pathlib import Path

import numpy as np
import pytest

from spotscope.methods.segmentation.stardist import load_model
from spotscope.methods.segmentation.stardist._run import run_network
from spotscope.methods.segmentation.stardist._suppress import suppress

RECORDED = Path(__file__).parent / "recorded"
CASES = sorted(path.stem for path in RECORDED.glob("*.zip"))


@pytest.fixture(params=CASES)
def case(request):
    """A network in torch, and what TensorFlow made of an image with the same weights."""
    with np.load(RECORDED / f"{request.param}.npz") as recorded:
        return load_model(str(RECORDED / f"{request.param}.zip")), dict(recorded)


def test_a_dozen_networks_are_recorded():
    assert len(CASES) == 12


def test_probabilities_and_distances_are_those_of_tensorflow(case):
    model, recorded = case
    prob, dist, *_ = run_network(model.network, recorded["image"], precision="float32")
    np.testing.assert_allclose(prob, recorded["prob"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(dist, recorded["dist"], rtol=0, atol=1e-4)
    assert recorded["prob"].std() > 0.1  # the recorded answer is not flat
    assert recorded["dist"].std() > 0.5


def test_the_same_outlines_stay(case):
    model, recorded = case
    prob, dist, *_ = run_network(model.network, recorded["image"], precision="float32")
    points, scores, rays = suppress(prob, dist, model.config.grid, 0.55, 0.3, border=2)
    np.testing.assert_array_equal(points, recorded["points"])
    np.testing.assert_allclose(scores, recorded["scores"], rtol=0, atol=1e-4)
    np.testing.assert_allclose(rays, recorded["rays"], rtol=0, atol=1e-4)
    assert len(points) > 5


def test_classes_are_those_of_tensorflow():
    model = load_model(str(RECORDED / "classes.zip"))
    with np.load(RECORDED / "classes.npz") as recorded:
        classes = run_network(model.network, recorded["image"], precision="float32")[2]
        np.testing.assert_allclose(classes, recorded["classes"], rtol=0, atol=1e-4)
