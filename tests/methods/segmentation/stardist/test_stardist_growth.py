"""Outlines of a model of ours may be taken larger than its network says; of others never."""

import json
import shutil

import numpy as np
import pytest

from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.methods.segmentation.stardist import load_model
from spotscope.methods.segmentation.stardist._model import Calibration
from spotscope.methods.segmentation.stardist._own import read_own, read_own_config, write_own
from spotscope.model import ReadError, run


@pytest.fixture
def rewritten(learned, tmp_path):
    """Write the network of the discs with another growth; returns the settings that name it."""

    def write(growth):
        folder = tmp_path / f"{growth:g}"
        folder.mkdir()
        shutil.copy(learned, folder / "model.safetensors")
        facts = json.loads(learned.with_suffix(".json").read_text())
        facts["calibration"] = {"slope": 1.0, "shift": 0.0, "growth": growth}
        (folder / "model.json").write_text(json.dumps(facts))
        return SegmentationParams(model=str(folder))

    return write


def candidates(one, params):
    fitted = run(segmentation.fit(one.slide, params))
    return run(segmentation.predict(fitted, one.slide, params))


def test_grown_outlines_are_those_of_the_network_with_longer_rays(some_discs, learned, rewritten):
    as_said = candidates(some_discs, SegmentationParams(model=str(learned)))
    larger = candidates(some_discs, rewritten(1.25))
    np.testing.assert_array_equal(larger.yx_um, as_said.yx_um)
    np.testing.assert_array_equal(larger.probability, as_said.probability)
    np.testing.assert_allclose(larger.radii_um, 1.25 * as_said.radii_um, rtol=1e-6)


def test_outlines_that_overlap_once_they_are_grown_are_suppressed_grown(some_discs, rewritten):
    plain, larger = rewritten(1.0), rewritten(1.6)
    few, many = (
        segmentation.select(candidates(some_discs, params), params) for params in (larger, plain)
    )
    assert few.n < many.n


def test_growth_comes_back_as_it_was_written(learned, tmp_path):
    path = tmp_path / "model.safetensors"
    curve, weights, tops = read_own(learned)
    assert curve == (1.0, 0.0, 1.0)
    write_own(path, read_own_config(learned), weights, (2.0, 0.5, 1.05), {}, tops)
    assert load_model(str(tmp_path)).calibration == Calibration(2.0, 0.5, 1.05)


def test_a_model_of_before_is_read_as_it_was(learned, tmp_path):
    shutil.copy(learned, tmp_path / "model.safetensors")
    facts = json.loads(learned.with_suffix(".json").read_text())
    facts["calibration"] = {"slope": 1.5, "shift": 0.25}
    (tmp_path / "model.json").write_text(json.dumps(facts))
    assert load_model(str(tmp_path)).calibration == Calibration(1.5, 0.25, 1.0)


def test_a_folder_of_others_is_what_its_network_says():
    assert Calibration.through(0.6).growth == 1


@pytest.mark.parametrize("growth", [0.4, 3.0, float("nan")])
def test_a_growth_that_is_none_is_one_sentence(rewritten, growth):
    with pytest.raises(ReadError, match="times as large as the network says"):
        load_model(rewritten(growth).model)
