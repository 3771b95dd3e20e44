"""A network of one channel: any channel of a fluorescence image, or a dark colour picture."""

import dask.array as da
import numpy as np
import pytest

from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.methods.segmentation.stardist._augment import relight
from spotscope.model import MethodError, Slide, run


def slide_of(pixels, name="dapi"):
    return Slide((da.from_array(pixels, chunks=(128, 128, pixels.shape[2])),), 0.5, name=name)


def nuclei(pixels, model, channel=0):
    params = SegmentationParams(model=str(model), channel=channel)
    slide = slide_of(pixels)
    fitted = run(segmentation.fit(slide, params))
    return segmentation.select(run(segmentation.predict(fitted, slide, params)), params)


def found_share(nuclei, truth):
    """Of the true centres, how many have a nucleus within 2.5 µm."""
    away = np.linalg.norm(nuclei.yx_um[:, None] - truth[None], axis=2)
    return (away.min(axis=0) < 2.5).mean()


def test_nuclei_are_found_in_the_channel_they_shine_in(some_discs, some_light, learned_light):
    noise = np.random.default_rng(0).integers(0, 4000, some_light.shape).astype(np.uint16)
    channels = np.stack([noise, noise.T, some_light, noise[::-1]], axis=-1)
    found = nuclei(channels, learned_light, channel=2)
    assert found_share(found, some_discs.yx_um) > 0.9
    assert found.n < 1.1 * len(some_discs.yx_um)


def test_a_colour_picture_of_fluorescence_is_read_by_its_light(
    some_discs, some_light, learned_light
):
    picture = np.zeros((*some_light.shape, 3), np.uint8)
    picture[..., 2] = some_light // 8  # DAPI exported in blue
    found = nuclei(picture, learned_light)
    alone = nuclei(picture[..., 2:], learned_light)
    assert found_share(found, some_discs.yx_um) > 0.9
    np.testing.assert_array_equal(found.yx_um, alone.yx_um)


def test_a_bright_field_is_refused_in_one_sentence(some_discs, learned_light):
    params = SegmentationParams(model=str(learned_light))
    problems = segmentation.check(some_discs.slide, params)
    assert any("found a bright field in discs; use 'he'" in str(one) for one in problems)
    with pytest.raises(MethodError, match="found a bright field"):
        run(segmentation.fit(some_discs.slide, params))


def test_a_channel_that_is_not_there_is_refused(some_light, learned_light):
    params = SegmentationParams(model=str(learned_light), channel=1)
    slide = slide_of(some_light[..., None])
    assert segmentation.check(slide, params)[0].fatal
    with pytest.raises(MethodError, match="Expected one channel"):
        run(segmentation.fit(slide, params))


def test_other_light_keeps_nuclei_brighter_than_the_ground():
    signal = np.zeros((64, 64, 1), np.float32)
    signal[20:44, 20:44] = 1.0
    changed = 0
    for seed in range(20):
        other = relight(signal, np.random.default_rng(seed))
        assert other.shape == signal.shape
        assert other.dtype == np.float32
        assert other[24:40, 24:40].mean() > other[:12].mean() + 0.3
        changed += not np.allclose(other, signal, atol=0.05)
    assert changed > 15


@pytest.mark.parametrize("model", ["he", "watershed", "fluo"])
def test_three_channels_of_light_are_no_colours_of_a_stain(some_light, model):
    slide = slide_of(np.stack([some_light] * 3, axis=-1), "three")
    fatal = [p for p in segmentation.check(slide, SegmentationParams(model=model)) if p.fatal]
    assert bool(fatal) == (model == "he")
    if model == "he":
        assert "found 3 channel(s) of light of 16 bits in three; " in str(fatal[0])
        assert "export it with 8 bits a colour, or use 'fluo'" in str(fatal[0])
