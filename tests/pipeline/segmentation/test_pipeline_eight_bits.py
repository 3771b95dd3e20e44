"""Whether eight bits do is judged on tiles: they do where largest values are right, else not."""

import numpy as np
import pytest

from spotscope.io import AnnotatedTile
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import Progress, run
from spotscope.pipeline.segmentation._eight_bits import loses_little, measured_tops

pytest.importorskip("torch")
AT = Progress("trying", 0, 1)


@pytest.fixture(scope="module")
def tile():
    """64 dark discs of 6 to 13 µm in pink, at 0.5 µm; of many sizes, as one alone is chance."""
    rng, at = np.random.default_rng(0), np.arange(256)
    yx = np.stack(np.meshgrid(*[np.arange(16, 256, 32)] * 2), -1).reshape(-1, 2)
    yx = yx + rng.uniform(-2, 2, yx.shape)
    away = np.hypot(at[:, None, None] - yx[:, 0], at[None, :, None] - yx[:, 1])
    away -= rng.uniform(6, 13, len(yx))
    inside = away.min(axis=2) < 0
    pink = np.clip(away.min(axis=2)[..., None] + 0.5, 0, 1)
    pixels = pink * np.array((226, 176, 204)) + (1 - pink) * np.array((84, 60, 140))
    pixels += rng.normal(0, 4, pixels.shape)
    labels = np.where(inside, away.argmin(axis=2) + 1, 0).astype(np.int32)
    return AnnotatedTile("discs", np.clip(pixels, 0, 255).astype(np.uint8), labels, 0.5)


@pytest.fixture
def rewritten(tmp_path):
    """Write the network for H&E with other largest values; returns the settings that name it."""
    from spotscope.methods.segmentation.stardist._model import _WEIGHTS
    from spotscope.methods.segmentation.stardist._own import read_own, read_own_config, write_own

    def write(change):
        curve, weights, tops = read_own(_WEIGHTS / "he.safetensors")
        path = tmp_path / "other.safetensors"
        config = read_own_config(_WEIGHTS / "he.safetensors")
        write_own(path, config, weights, curve, {}, change(tops))
        return SegmentationParams(model=str(path))

    return write


def needs_whole_numbers():
    from spotscope.methods.segmentation.stardist._eight_bits import multiplies_whole

    if not multiplies_whole():
        pytest.skip("this processor cuts sums of eight-bit products off")


def test_what_the_network_ships_with_loses_little(tile):
    needs_whole_numbers()
    assert run(loses_little([tile], SegmentationParams(model="he"), AT))


def test_values_that_are_cut_off_lose_much(tile, rewritten):
    needs_whole_numbers()

    def halved(tops):
        return {name: top if name == "image" else top / 20 for name, top in tops.items()}

    assert not run(loses_little([tile], rewritten(halved), AT))


def test_what_cannot_be_judged_is_not_used(tile, rewritten):
    assert not run(loses_little([tile], rewritten(lambda tops: {}), AT))
    assert not run(loses_little([], SegmentationParams(model="he"), AT))


def test_largest_values_are_measured_as_tiles_are_shown(tile, rewritten):
    params = rewritten(lambda tops: {})
    tops = run(measured_tops([tile], params, AT))
    low, high = tops["image"]
    assert -0.5 < low < 0.2 < 0.9 < high < 1.5  # between stain and bed, and a little noise
    assert len(tops["conv2d"]) == 32
    assert {"features", "middle_0", "up_level_0_no_2"} <= {*tops}
