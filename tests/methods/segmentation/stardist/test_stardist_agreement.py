"""Outlines of a model of ours may be what pixels agree on; of others what the network says."""

import json
import shutil

import dask.array as da
import numpy as np
import pytest

from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.methods.segmentation.stardist import AGREEMENT, load_model, write_model
from spotscope.methods.segmentation.stardist._learn import Learned
from spotscope.model import ReadError, Slide, run


@pytest.fixture
def rewritten(learned, tmp_path):
    """Write the network of the discs with another agreement; returns the settings that name it."""

    def write(agreement):
        folder = tmp_path / str(agreement)
        folder.mkdir()
        shutil.copy(learned, folder / "model.safetensors")
        facts = json.loads(learned.with_suffix(".json").read_text())
        facts["agreement"] = agreement
        (folder / "model.json").write_text(json.dumps(facts))
        return SegmentationParams(model=str(folder))

    return write


def candidates(one, params):
    fitted = run(segmentation.fit(one.slide, params))
    return run(segmentation.predict(fitted, one.slide, params))


def test_who_is_found_and_how_surely_stays_and_outlines_grow_with_the_share(
    some_discs, learned, rewritten
):
    as_said = candidates(some_discs, SegmentationParams(model=str(learned)))
    half, most = (candidates(some_discs, rewritten(share)) for share in (0.5, 0.9))
    for found in (half, most):
        np.testing.assert_array_equal(found.yx_um, as_said.yx_um)
        np.testing.assert_array_equal(found.probability, as_said.probability)
        assert (found.radii_um != as_said.radii_um).any()
    assert (most.radii_um >= half.radii_um).all()
    assert most.area_um2().mean() > 1.02 * half.area_um2().mean()


def test_however_the_slide_is_cut_outlines_are_the_same(some_discs, rewritten):
    params = rewritten(0.7)
    # twice as wide: four tiles of 256 px
    image = np.tile(some_discs.image, (2, 2, 1))
    slide = Slide((da.from_array(image, chunks=(128, 128, 3)),), 0.5)
    fitted = run(segmentation.fit(slide, params))
    one, cut = (
        run(segmentation.predict(fitted, slide, params.model_copy(update={"tile_px": size})))
        for size in (1024, 256)
    )
    first, second = (segmentation.select(found, params) for found in (one, cut))
    assert first.n == second.n
    same = (first.yx_um == second.yx_um).all(axis=1)
    assert same.mean() > 0.9
    # in bfloat16 sums depend on the tile's shape
    np.testing.assert_allclose(first.radii_um[same], second.radii_um[same], atol=0.2)


def test_networks_of_colours_are_written_with_it_and_those_of_light_without(
    learned, learned_light, tmp_path
):
    for path, agreement in ((learned, AGREEMENT), (learned_light, 0)):
        model = load_model(str(path))
        assert model.agreement == 0  # written before there was any
        weights = {name: value.numpy() for name, value in model.network.state_dict().items()}
        folder = tmp_path / path.stem
        write_model(folder, Learned(model.config, weights), (1.0, 0.0), {"mpp": 0.5})
        assert load_model(str(folder)).agreement == agreement


def test_the_shipped_network_for_h_and_e_asks_around_and_that_for_light_does_not():
    assert load_model("he").agreement == AGREEMENT
    assert load_model("fluo").agreement == 0


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_share_that_is_none_is_one_sentence(rewritten, share):
    with pytest.raises(ReadError, match="agrees on"):
        load_model(rewritten(share).model)
